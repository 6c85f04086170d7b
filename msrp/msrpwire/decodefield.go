package msrpwire

import "bytes"

// line reads one header line (RFC 4975 §9), of which clean says whether it is
// free of control characters.
func (r *headReader) line(line []byte, clean bool) {
	if !clean {
		r.ctrl = true
		r.reject("Control character in header") // [MSRP-FRM-26]
		return
	}
	if isBlank(line[0]) {
		r.reject("Folded header line") // [MSRP-FRM-05]
		return
	}
	colon := bytes.IndexByte(line, ':')
	if colon < 0 {
		r.reject("Malformed header line")
		return
	}
	r.field(line[:colon:colon], trimBlanks(line[colon+1:]))
}

// field stores a header field. Of one that may occur once only the first
// counts. [MSRP-FRM-07]
func (r *headReader) field(name, value []byte) {
	h := &r.d.head
	id := identifyField(name)
	if id == fieldOther {
		if !isFieldName(name) {
			r.reject("Malformed header line")
			return
		}
		// RFC 4975 §12: unknown fields change nothing. [MSRP-FRM-08]
		h.Fields = append(h.Fields, Field{Name: name, Value: value})
		return
	}
	if h.present&(1<<id) != 0 {
		r.reject("Repeated " + string(name))
		return
	}
	h.present |= 1 << id
	// RFC 4975 §7.1: To-Path is the first field, From-Path the second.
	// [MSRP-FRM-04]
	if (id == fieldToPath) != (r.lines == 1) || (id == fieldFromPath) != (r.lines == 2) {
		r.reject("To-Path and From-Path must come first")
	}
	if !r.store(id, value) {
		r.reject("Malformed " + string(name))
	}
}

// store parses a value into its place and reports whether it is well-formed.
func (r *headReader) store(id fieldID, value []byte) (ok bool) {
	h := &r.d.head
	ok = true
	switch id {
	case fieldToPath:
		h.ToPath = value
		return r.path(h.ToPath)
	case fieldFromPath:
		h.FromPath = value
		return r.path(h.FromPath)
	case fieldMessageID:
		h.MessageID = value
		return isIdent(value)
	case fieldByteRange:
		h.ByteRange, ok = ParseRange(value)
	case fieldSuccessReport:
		h.SuccessReport = equalFold(value, "yes")
		return h.SuccessReport || equalFold(value, "no")
	case fieldFailureReport:
		h.FailureReport, ok = parseFailureReport(value)
	case fieldStatus:
		h.ReportStatus, ok = parseReportStatus(value)
	case fieldUseNickname:
		h.UseNickname = value
	case fieldContentType:
		h.ContentType = value
	default:
	}
	return ok
}

// path checks a path. Those of a response are not looked into: nothing is done
// with them, as it is matched by its transaction identifier.
func (r *headReader) path(p Path) bool {
	if p.Len() > r.d.limits.PathURIs {
		r.long = true
		return true
	}
	return !r.d.head.IsRequest() || p.valid()
}
