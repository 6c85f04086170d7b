package cpim

import "bytes"

// Limits bound the header block of an object: everything in front of the
// content. A zero field means its default. [CPIM-12] [SW-PUB-11]
type Limits struct {
	Header int // octets up to the start of the content; default 8,192
	Lines  int // header lines, folded ones counted each; default 64
}

func (l Limits) withDefaults() Limits {
	if l.Header <= 0 {
		l.Header = 8192
	}
	if l.Lines <= 0 {
		l.Lines = 64
	}
	return l
}

// Scanner finds the end of the header block of an object that arrives in
// pieces, looking at each octet once. The zero value with the wanted Limits is
// ready.
type Scanner struct {
	Limits Limits

	pos    int  // start of the first unfinished line
	looked int  // octets known to hold no further line end
	lines  int  // header lines so far
	first  int  // end of the first block with its empty line, 0 while in it
	merged bool // the first block holds the MIME fields too
	end    int  // start of the content, 0 until known
}

// Scan looks at b, all octets of the object that are there so far, and reports
// whether the header block is complete. The error is an *Error with status 400.
func (s *Scanner) Scan(b []byte) (complete bool, err error) {
	l := s.Limits.withDefaults()
	for s.end == 0 {
		from := max(s.pos, s.looked)
		i := bytes.IndexByte(b[min(from, len(b)):], '\n')
		if i < 0 {
			s.looked = len(b)
			if len(b) > l.Header {
				return false, malformed("Header too long")
			}
			return false, nil
		}
		line := chop(b[s.pos : from+i])
		s.pos = from + i + 1
		if s.pos > l.Header {
			return false, malformed("Header too long")
		}
		if len(line) == 0 {
			s.emptyLine()
			continue
		}
		if s.lines++; s.lines > l.Lines {
			return false, malformed("Too many header lines")
		}
		if s.first == 0 && isContentType(line) {
			s.merged = true
		}
	}
	return true, nil
}

// emptyLine ends a block: the first, or the second behind which the content
// starts. In the merged form there is only one. [CPIM-02]
func (s *Scanner) emptyLine() {
	if s.first == 0 {
		s.first = s.pos
		if !s.merged {
			return
		}
	}
	s.end = s.pos
}

// chop cuts the CR of a CRLF off. [CPIM-03]
func chop(line []byte) []byte {
	if n := len(line); n > 0 && line[n-1] == '\r' {
		return line[:n-1]
	}
	return line
}

// isContentType reports whether the name of the line is Content-Type.
func isContentType(line []byte) bool {
	const name = "content-type"
	return len(line) > len(name) && line[len(name)] == ':' && equalFold(line[:len(name)], name)
}

// equalFold compares with an ASCII-only case mapping; lower must be lower case.
func equalFold(s []byte, lower string) bool {
	if len(s) != len(lower) {
		return false
	}
	for i, c := range s {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
