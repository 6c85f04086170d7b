package invite

import (
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Answer is what a 2xx (or a provisional response) says: to an INVITE with an offer
// its body is the answer, to one without it is the offer (RFC 3261 §13.2.1).
type Answer struct {
	// ContentType of Body; with a body and no type it is application/sdp.
	ContentType string
	// Body is shared, not copied: the caller does not change it afterwards.
	Body []byte
	// Contact is our Contact value; empty keeps that of the dialog or, for a new
	// one, takes the address that the INVITE came in on.
	Contact string
	// Fields are added as they are.
	Fields []sipmsg.Field
}

func (a *Answer) contentType() string {
	if a.ContentType == "" {
		return sdpType
	}
	return a.ContentType
}

const sdpType = "application/sdp"

// response makes the response that says the answer.
func (a *Answer) response(req *sipmsg.Request, status int, more []sipmsg.Field) *sipmsg.Response {
	resp := sipmsg.NewResponse(req, status, "")
	fields := resp.Header.Fields
	if a.Contact != "" {
		fields = append(fields, sipmsg.Field{Name: "Contact", Value: a.Contact})
	}
	fields = append(fields, a.Fields...)
	fields = append(fields, more...)
	if len(a.Body) > 0 {
		fields = append(fields, sipmsg.Field{Name: "Content-Type", Value: a.contentType()})
		resp.Body = a.Body
	}
	resp.Header.Fields = fields
	return resp
}
