package sipmsg

// Message is a *Request or a *Response.
type Message interface {
	// Append appends the message as it goes on the wire.
	Append(dst []byte) []byte
	// AppendHead is Append without the body, which has to follow.
	AppendHead(dst []byte) []byte
	// Head returns the header, which may be changed.
	Head() *Header
	// Content returns the body.
	Content() []byte
}

// Request is a SIP request (RFC 3261 §7.1).
type Request struct {
	Method Method
	URI    URI
	Header Header
	// Body is written as is; Content-Length follows from it.
	Body []byte
}

// Head returns the header.
func (r *Request) Head() *Header { return &r.Header }

// Content returns the body.
func (r *Request) Content() []byte { return r.Body }

// Clone returns a copy with its own header; the body is shared.
func (r *Request) Clone() *Request {
	c := *r
	c.Header = r.Header.Clone()
	return &c
}

// Response is a SIP response (RFC 3261 §7.2).
type Response struct {
	Status int // 100 to 699
	Reason string
	Header Header
	// Body is written as is; Content-Length follows from it.
	Body []byte
}

// Head returns the header.
func (r *Response) Head() *Header { return &r.Header }

// Content returns the body.
func (r *Response) Content() []byte { return r.Body }

// Clone returns a copy with its own header; the body is shared.
func (r *Response) Clone() *Response {
	c := *r
	c.Header = r.Header.Clone()
	return &c
}
