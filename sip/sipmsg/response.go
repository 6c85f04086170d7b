package sipmsg

// NewResponse starts the response to req: Via, From, To, Call-ID and CSeq are
// copied as they are, and Record-Route too for a provisional response above 100
// or a 2xx to a method that makes a dialog (RFC 3261 §8.2.6, §12.1.1). No To tag
// is added. An empty reason means the standard phrase.
func NewResponse(req *Request, status int, reason string) *Response {
	if reason == "" {
		reason = ReasonPhrase(status)
	}
	dialog := makesDialog(req.Method) && status > 100 && status < 300
	fields := make([]Field, 0, len(req.Header.Fields)+4)
	for _, f := range req.Header.Fields {
		switch f.Name {
		case "Via", "From", "To", "Call-ID", "CSeq":
			fields = append(fields, f)
		case "Record-Route":
			if dialog {
				fields = append(fields, f)
			}
		case "Timestamp":
			if status == 100 {
				fields = append(fields, f)
			}
		}
	}
	return &Response{Status: status, Reason: reason, Header: Header{Fields: fields}}
}

func makesDialog(m Method) bool {
	switch m {
	case INVITE, SUBSCRIBE, REFER, NOTIFY:
		return true
	}
	return false
}
