package msrpwire

import "bytes"

// scanBody finds the next piece of the body (GotBody), or the end-line at the
// start of b (GotEnd), or nothing usable (NeedMore).
//
// RFC 4975 §7.1: the body ends at CRLF, seven hyphens, the transaction
// identifier, a flag and CRLF, complete, and nowhere else. [MSRP-FRM-13]
func (d *Decoder) scanBody(b []byte) (Event, int) {
	if !d.started {
		// An end-line directly behind the empty line ends an empty body.
		switch n, found := d.endLine(b); found {
		case endMatch:
			return GotEnd, n
		case endPartial:
			return NeedMore, 0
		default:
			d.started = len(b) > 0
		}
	}
	for from := 0; ; {
		i := d.indexMarker(b, from)
		if i < 0 {
			return piece(d.cut(b, from))
		}
		n, found := d.endLine(b[i+len(crlf):])
		switch {
		case found == endMatch && i == 0:
			return GotEnd, len(crlf) + n
		case found != endNone:
			return piece(i)
		}
		from = i + 1
	}
}

func piece(n int) (Event, int) {
	if n == 0 {
		return NeedMore, 0
	}
	return GotBody, n
}

// indexMarker returns the offset behind from of CRLF, seven hyphens and the
// transaction identifier, -1 if they are not in b. An identifier starts with a
// letter or digit, so what is looked for is a run of exactly seven hyphens; it is
// met by looking at every seventh octet.
func (d *Decoder) indexMarker(b []byte, from int) int {
	const run = len(endLineHyphens)
	tid := d.marker[markerTID:d.markerLen]
	for i := from + markerTID - 1; i < len(b); i += run {
		if b[i] != '-' {
			continue
		}
		start, end := i, i+1
		for start > from && b[start-1] == '-' {
			start--
		}
		for end < len(b) && b[end] == '-' {
			end++
		}
		if end-start == run && start-from >= len(crlf) && b[start-1] == '\n' && b[start-2] == '\r' &&
			bytes.HasPrefix(b[end:], tid) {
			return start - len(crlf)
		}
		i = end
	}
	return -1
}

// cut returns the offset behind from at which a marker may begin that is not
// complete yet, len(b) if there is none.
func (d *Decoder) cut(b []byte, from int) int {
	for i := max(from, len(b)-d.markerLen+1); i < len(b); i++ {
		j := bytes.IndexByte(b[i:], '\r')
		if j < 0 {
			break
		}
		i += j
		if bytes.HasPrefix(d.marker[:d.markerLen], b[i:]) {
			return i
		}
	}
	return len(b)
}

// Results of endLine.
const (
	endNone = iota
	endPartial
	endMatch
)

// endLine looks for the end-line of this message at the start of b; n is its
// length with the CRLF. endPartial means that b is too short to tell.
func (d *Decoder) endLine(b []byte) (n, found int) {
	want := d.marker[len(crlf):d.markerLen]
	if len(b) < len(want) {
		if bytes.HasPrefix(want, b) {
			return 0, endPartial
		}
		return 0, endNone
	}
	if !bytes.HasPrefix(b, want) {
		return 0, endNone
	}
	rest := b[len(want):]
	switch {
	case len(rest) > 0 && !Flag(rest[0]).valid(),
		len(rest) > 1 && rest[1] != '\r',
		len(rest) > 2 && rest[2] != '\n':
		return 0, endNone
	case len(rest) < 3:
		return 0, endPartial
	}
	d.flag = Flag(rest[0])
	return len(want) + 3, endMatch
}
