package msrpwire

import "bytes"

// pathCache remembers the two path lines of the last well-formed head: on one
// connection they hardly ever change, and parsing URIs is most of the work.
type pathCache struct {
	lines    []byte // "To-Path: ...CRLFFrom-Path: ...CRLF"
	to, from [2]int // the values in it
	checked  bool   // they are those of a request, so the URIs are well-formed
}

// knownPaths takes the path lines from the cache if they are the next octets.
func (r *headReader) knownPaths() {
	c := &r.d.paths
	if len(c.lines) == 0 || !bytes.HasPrefix(r.b[r.pos:], c.lines) || !c.checked && r.d.head.IsRequest() {
		return
	}
	h := &r.d.head
	lines := r.b[r.pos:]
	h.ToPath = lines[c.to[0]:c.to[1]:c.to[1]]
	h.FromPath = lines[c.from[0]:c.from[1]:c.from[1]]
	h.present = 1<<fieldToPath | 1<<fieldFromPath
	r.lines, r.known = 2, true
	r.pos += len(c.lines)
}

// remember keeps the path lines of a head that was read. Those of a response
// never take the place of those of a request: behind a relay they differ.
func (c *pathCache) remember(r *headReader) {
	request := r.d.head.IsRequest()
	if r.known || c.checked && !request {
		return
	}
	c.checked = request
	lines := r.b[r.block:]
	to := bytes.Index(lines, []byte(crlf))
	from := to + len(crlf) + bytes.Index(lines[to+len(crlf):], []byte(crlf))
	c.lines = append(c.lines[:0], lines[:from+len(crlf)]...)
	h := &r.d.head
	c.to = within(lines[:to], h.ToPath, 0)
	c.from = within(lines[to+len(crlf):from], h.FromPath, to+len(crlf))
}

// within returns where value stands in line, which starts at offset base. The
// value ends where the line does but for blanks.
func within(line, value []byte, base int) [2]int {
	i := base + bytes.LastIndex(line, value)
	return [2]int{i, i + len(value)}
}
