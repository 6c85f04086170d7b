package sipmsg

import "bytes"

// ParseStream reads the first message of b, which came over TCP or TLS, and
// returns the number of octets it took.
//
// Line ends before a message are handed out by themselves: m and err are nil and
// n is their length. With ErrIncomplete n is 0: call again with more octets. The
// error is otherwise a *SyntaxError; n then covers the whole faulty message,
// unless it is Fatal, and m is as with ParseDatagram.
//
// A reader that calls again and again with a growing buffer should use a Stream,
// which does not look twice at the same octets.
func ParseStream(b []byte, lim Limits) (m Message, n int, err error) {
	s := Stream{Limits: lim}
	return s.Next(b)
}

// Stream takes messages off a growing buffer and remembers how far it has looked.
// The zero value is ready to use. It is not safe for concurrent use.
type Stream struct {
	// Limits must not change while a message is half read.
	Limits Limits

	scanned int  // octets known to hold no end of the header
	head    head // header read, body to come
	start   int  // where the body begins; 0 while the header is looked for
}

// Next returns the first message of b as ParseStream does. After ErrIncomplete
// the next call has to bring the same octets and more behind them; after any
// other result n octets are done and b has to start behind them.
func (s *Stream) Next(b []byte) (m Message, n int, err error) {
	if s.start == 0 {
		if n = lineEnds(b); n > 0 {
			s.reset()
			return nil, n, nil
		}
		if err = s.readHead(b); err != nil {
			return nil, 0, err
		}
	}
	if s.head.err != nil && s.head.err.Fatal {
		m, err = s.head.finish(nil)
		n = min(s.start, len(b))
		s.reset()
		return m, n, err
	}
	n = s.start + s.head.length
	if len(b) < n {
		return nil, 0, ErrIncomplete
	}
	m, err = s.head.finish(b[s.start:n])
	s.reset()
	return m, n, err
}

// Midway reports whether part of a message has been seen, so that the rest of it
// is owed.
func (s *Stream) Midway() bool { return s.start > 0 || s.scanned > 0 }

func (s *Stream) reset() { s.scanned, s.head, s.start = 0, head{}, 0 }

// readHead looks for the end of the header and reads it. The header is judged by
// its first lim.HeaderBlock octets only, so that the cut of the stream into reads
// never matters.
func (s *Stream) readHead(b []byte) error {
	lim := s.Limits.withDefaults()
	window := b[:min(len(b), lim.HeaderBlock)]
	from := max(0, s.scanned-3)
	end := bytes.Index(window[from:], []byte("\r\n\r\n"))
	if end < 0 {
		s.scanned = len(window)
		if len(b) < lim.HeaderBlock || len(b) == 0 {
			return ErrIncomplete
		}
		s.head = parseHead(string(window[:bytes.LastIndexByte(window, '\n')+1]), lim)
		s.start = len(window)
		s.head.err = &SyntaxError{Field: "header", Problem: "too long", Status: 400, Fatal: true}
		return nil
	}
	end += from
	s.head = parseHead(string(window[:end+2]), lim)
	s.start = end + 4
	switch h := &s.head; {
	case h.err != nil && h.err.Fatal:
	case h.length < 0:
		// RFC 3261 §18.3: Content-Length is mandatory on streams. [COM-03]
		h.err = malformed("Content-Length", "missing on a stream")
		h.err.Fatal = true
	case h.length > lim.Body:
		h.err = &SyntaxError{Field: "body", Problem: "too long", Status: 413, Fatal: true}
	}
	return nil
}
