package msrpwire

// Response returns the head of a response to h. To-Path is the leftmost URI of
// the request's From-Path if the request is a SEND and the whole From-Path
// otherwise; From-Path is the URI the request was addressed to (RFC 4975 §7.2).
// An empty comment becomes the usual one. The views are those of h.
// [MSRP-PTH-03] [MSRP-PTH-04] [MSRP-RSP-05]
func (h *Head) Response(status int, comment string) Head {
	if comment == "" {
		comment = StatusComment(status)
	}
	return Head{
		TID: h.TID, Status: status, Comment: []byte(comment),
		ToPath: h.responsePath(), FromPath: h.ToPath.First(),
	}
}

func (h *Head) responsePath() Path {
	if h.Method == SEND {
		return h.FromPath.First()
	}
	return h.FromPath
}

// AppendResponse appends a whole response to the request h, end-line included:
// Response without header fields of its own. A comment with a control character
// is left out. [MSRP-FRM-26]
func AppendResponse(dst []byte, h *Head, status int, comment string) []byte {
	if comment == "" {
		comment = StatusComment(status)
	} else if hasControl(comment) {
		comment = ""
	}
	dst = appendStatusLine(dst, h.TID, status, comment)
	dst = AppendPaths(dst, h.responsePath(), h.ToPath.First())
	return AppendEnd(dst, h.TID, Last, false)
}
