package msrpwire

// Head is a message without its body: start line and header fields. The head of
// a Decoder consists of views of octets, see Decoder.Head; a Head to be written
// may point anywhere.
type Head struct {
	TID     []byte // transaction identifier
	Method  Method // "" for a response
	Status  int    // three digits; 0 for a request
	Comment []byte // of a response; may be empty

	ToPath   Path
	FromPath Path

	MessageID     []byte // nil if absent
	ByteRange     Range
	SuccessReport bool
	FailureReport FailureReport
	ReportStatus  ReportStatus
	UseNickname   []byte // as it stands in the field, see ParseNickname; nil if absent

	// Fields are all the others in the order they came: extension and MIME
	// fields, those of RFC 4976, our own. Content-Type is not among them.
	Fields []Field

	ContentType []byte // with its parameters; nil if absent
	HasBody     bool   // an empty body is a body [MSRP-FRM-11]

	present fieldSet
}

// Field is a header field that Head has no place for.
type Field struct{ Name, Value []byte }

// IsRequest reports whether the message is a request.
func (h *Head) IsRequest() bool { return h.Method != "" }

// Field returns the value of the first of Fields with that name, compared
// without regard to case; nil if there is none.
func (h *Head) Field(name string) []byte {
	for _, f := range h.Fields {
		if len(f.Name) == len(name) && foldEqual(f.Name, name) {
			return f.Value
		}
	}
	return nil
}

func foldEqual(a []byte, b string) bool {
	for i := range a {
		if lowerASCII(a[i]) != lowerASCII(b[i]) {
			return false
		}
	}
	return true
}

// HasReportFields reports whether a decoded head had a Success-Report or
// Failure-Report field, of whatever value (RFC 7701 §7.1 has neither).
func (h *Head) HasReportFields() bool {
	return h.present&(1<<fieldSuccessReport|1<<fieldFailureReport) != 0
}

// WantsResponse reports whether a request is to be answered when the outcome is
// status: a SEND as its Failure-Report says, NICKNAME and AUTH always, a REPORT
// and a response never, another method unless Failure-Report is no. Without a
// From-Path nothing can be answered (RFC 4975 §7.2).
// [MSRP-RSP-02] [MSRP-RSP-03] [MSRP-RSP-04]
func (h *Head) WantsResponse(status int) bool {
	if !h.IsRequest() || len(h.FromPath) == 0 || status == 0 {
		return false
	}
	switch h.Method {
	case REPORT:
		return false
	case NICKNAME, AUTH:
		return true
	case SEND:
		return h.FailureReport == FailureYes || h.FailureReport == FailurePartial && status != StatusOK
	default:
		return h.FailureReport != FailureNo
	}
}

// MediaType returns type and subtype of a Content-Type value as they stand,
// without the parameters; nil if they are not two tokens with "/" between.
func MediaType(contentType []byte) []byte {
	i, slash := 0, -1
	for ; i < len(contentType); i++ {
		c := contentType[i]
		if c == '/' && slash < 0 {
			slash = i
		} else if classes[c]&classToken == 0 {
			break
		}
	}
	if rest := trimBlanks(contentType[i:]); len(rest) > 0 && rest[0] != ';' {
		return nil
	}
	if slash <= 0 || slash == i-1 {
		return nil
	}
	return contentType[:i:i]
}

// detach copies every view into buf, which is returned grown.
func (h *Head) detach(buf []byte) []byte {
	size := len(h.TID) + len(h.Comment) + len(h.ToPath) + len(h.FromPath) + len(h.MessageID) +
		len(h.ReportStatus.Comment) + len(h.UseNickname) + len(h.ContentType)
	for _, f := range h.Fields {
		size += len(f.Name) + len(f.Value)
	}
	if cap(buf) < size {
		buf = make([]byte, 0, size)
	}
	buf = buf[:0]
	move := func(view *[]byte) {
		if *view != nil {
			from := len(buf)
			buf = append(buf, *view...)
			*view = buf[from:len(buf):len(buf)]
		}
	}
	move(&h.TID)
	move(&h.Comment)
	move((*[]byte)(&h.ToPath))
	move((*[]byte)(&h.FromPath))
	move(&h.MessageID)
	move(&h.ReportStatus.Comment)
	move(&h.UseNickname)
	move(&h.ContentType)
	for i := range h.Fields {
		move(&h.Fields[i].Name)
		move(&h.Fields[i].Value)
	}
	return buf
}
