package msrpwire

import "bytes"

// How much memory for a head is kept from one message to the next: octets of a
// head that had to be copied, and places for header fields.
const ownMax, fieldsMax = 4096, 16

// headReader is the state of one attempt to read a head. A head that is not
// complete is read again from its start, but only when another line is there.
type headReader struct {
	d     *Decoder
	b     []byte
	pos   int    // start of the next line
	block int    // start of the header block
	lines int    // header lines so far
	wrong *Error // the first thing that is wrong with it
	ctrl  bool   // a line holds a control character
	known bool   // the paths are those of the message before
	long  bool   // a path has too many URIs
}

// nextHead reads the head of a message.
func (d *Decoder) nextHead(b []byte) (Event, int, *Error) {
	skipped, e := d.skipBlank(b)
	b = b[skipped:]
	if e != nil || len(b) == 0 || string(b) == "\r" {
		return NeedMore, skipped, e
	}
	if d.seen > 0 && d.seen <= len(b) && len(b) < d.retry && !bytes.Contains(b[d.seen-1:], []byte(crlf)) {
		d.seen = len(b)
		return NeedMore, skipped, nil
	}
	r := headReader{d: d, b: b}
	ev, n, e := r.read()
	if ev == NeedMore && e == nil {
		d.seen = len(b)
		return NeedMore, skipped, nil
	}
	return ev, skipped + n, e
}

// skipBlank drops bare CRLFs in front of a message. [MSRP-FRM-03]
func (d *Decoder) skipBlank(b []byte) (int, *Error) {
	n := 0
	for n+1 < len(b) && b[n] == '\r' && b[n+1] == '\n' {
		n += len(crlf)
		if d.blank++; d.blank > d.limits.BlankLines {
			return n, unreadable("Too many empty lines")
		}
	}
	return n, nil
}

// unreadable is an error after which nothing can be answered and the stream is of
// no more use. [MSRP-FRM-03]
func unreadable(comment string) *Error { return &Error{Comment: comment, Fatal: true} }

// read reads start line and header lines. Without enough octets the event is
// NeedMore and nothing is consumed.
func (r *headReader) read() (Event, int, *Error) {
	d := r.d
	h := &d.head
	fields := h.Fields[:0]
	if cap(fields) > fieldsMax {
		fields = nil
	}
	*h = Head{}
	h.Fields = fields
	if d.owned = false; cap(d.own) > ownMax {
		d.own = nil
	}
	if done, e := r.startLine(); !done || e != nil {
		return NeedMore, 0, e
	}
	r.block = r.pos
	r.knownPaths()
	for {
		end, clean := scanLine(r.b, r.pos, d.limits.HeaderLine)
		if end == lineIncomplete {
			d.retry = r.pos + d.limits.HeaderLine + 1
			return NeedMore, 0, nil
		}
		if end == lineTooLong {
			return NeedMore, 0, r.overLimit("Header line too long")
		}
		line := r.b[r.pos:end]
		if len(line) == 0 {
			r.pos = end + len(crlf)
			h.HasBody = h.IsRequest() && h.present&(1<<fieldContentType) != 0
			return r.done()
		}
		if line[0] == '-' {
			if _, found := d.endLine(r.b[r.pos:]); found == endMatch {
				return r.done()
			}
		}
		r.pos = end + len(crlf)
		if r.lines++; r.lines > d.limits.HeaderLines {
			return NeedMore, 0, r.overLimit("Too many header lines")
		}
		if r.pos-r.block > d.limits.HeaderBlock {
			return NeedMore, 0, r.overLimit("Header too long")
		}
		r.line(line, clean)
	}
}

// startLine reads the start line (RFC 4975 §9). [MSRP-FRM-01]
func (r *headReader) startLine() (bool, *Error) {
	const protocol = "MSRP "
	b, d := r.b, r.d
	if n := min(len(b), len(protocol)); string(b[:n]) != protocol[:n] {
		return false, unreadable("Not MSRP")
	}
	end, clean := scanLine(b, 0, d.limits.StartLine)
	switch {
	case end == lineTooLong:
		return false, unreadable("Start line too long")
	case end == lineIncomplete:
		d.retry = 0
		if len(b) >= len(protocol) {
			d.retry = d.limits.StartLine + 1
		}
		return false, nil
	case !clean:
		return false, unreadable("Control character in start line")
	}
	line := b[len(protocol):end]
	n := identLen(line)
	if n == 0 || n == len(line) || line[n] != ' ' || !r.kind(line[n+1:]) {
		return false, unreadable("Malformed start line")
	}
	d.head.TID = line[:n:n]
	copy(d.marker[:], crlf+endLineHyphens)
	d.markerLen = markerTID + copy(d.marker[markerTID:], line[:n])
	r.pos = end + len(crlf)
	return true, nil
}

// kind reads what follows the transaction identifier: exactly three digits make
// it a response, a method makes it a request.
func (r *headReader) kind(s []byte) (ok bool) {
	h := &r.d.head
	if len(s) >= 3 && (len(s) == 3 || s[3] == ' ') {
		if h.Status, ok = threeDigits(s[:3]); ok {
			if len(s) > 4 {
				h.Comment = s[4:]
			}
			return h.Status > 0
		}
		h.Status = 0
	}
	h.Method, ok = parseMethod(s)
	return ok
}

// done ends the head at r.pos: behind the empty line, or at the end-line.
func (r *headReader) done() (Event, int, *Error) {
	d, h := r.d, &r.d.head
	d.seen, d.blank, d.octets = 0, 0, 0
	d.state, d.started = stateBody, false
	if !h.IsRequest() {
		d.state = stateSkip // a response has no body; what is there is dropped [MSRP-FRM-27]
	}
	r.check()
	if r.wrong == nil {
		d.paths.remember(r)
		return GotHead, r.pos, nil
	}
	// RFC 4975 §7.2 needs a From-Path to answer. [MSRP-FRM-04] [MSRP-FRM-26]
	if len(h.FromPath) == 0 || r.ctrl && len(h.ToPath) == 0 {
		r.wrong.Fatal = true
	}
	return NeedMore, r.pos, r.wrong
}

// check looks at the head as a whole.
func (r *headReader) check() {
	h := &r.d.head
	switch {
	case r.long:
		r.wrong = r.overLimit("Too many URIs")
	case len(h.ToPath) == 0 || len(h.FromPath) == 0:
		r.reject("To-Path or From-Path missing")
	case !h.IsRequest():
	case h.HasBody && MediaType(h.ContentType) == nil:
		r.reject("Malformed Content-Type")
	case h.Method == SEND && len(h.MessageID) == 0 && h.ByteRange.Start > 1:
		r.reject("Chunk without Message-ID") // [MSRP-FRM-21]
	}
}

func (r *headReader) reject(comment string) {
	if r.wrong == nil {
		r.wrong = badRequest(comment)
	}
}

// overLimit is an error that ends the connection; it can be answered if both
// paths are known. [MSRP-FRM-23]
func (r *headReader) overLimit(comment string) *Error {
	e := &Error{Status: StatusBadRequest, Comment: comment, Fatal: true}
	if h := &r.d.head; len(h.ToPath) == 0 || len(h.FromPath) == 0 {
		e.Status = 0
	}
	return e
}
