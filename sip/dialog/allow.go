package dialog

import (
	"slices"
	"strings"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// methods is every method that some RFC defines, in the order of our Allow.
func methods() []sipmsg.Method {
	return []sipmsg.Method{
		sipmsg.INVITE, sipmsg.ACK, sipmsg.CANCEL, sipmsg.OPTIONS, sipmsg.BYE,
		sipmsg.PRACK, sipmsg.UPDATE, sipmsg.REFER, sipmsg.SUBSCRIBE, sipmsg.NOTIFY,
		sipmsg.MESSAGE, sipmsg.INFO, sipmsg.PUBLISH, sipmsg.REGISTER,
	}
}

// Allow returns the value of our Allow header field: what was registered with
// [Layer.Handle] and [Layer.Serves].
func (l *Layer) Allow() string {
	var names []string
	for _, m := range methods() {
		if l.served[m] {
			names = append(names, string(m))
		}
	}
	return strings.Join(names, ", ")
}

// Supported returns the value of our Supported header field; "" without extensions.
func (l *Layer) Supported() string { return l.extensions }

// supported adds Supported to the fields of a request of ours, unless it is there: an
// extension like the session timer wants it in each (RFC 4028 §7.1). [TMR-01]
func (l *Layer) supported(fields []sipmsg.Field) []sipmsg.Field {
	named := func(f sipmsg.Field) bool { return f.Name == "Supported" }
	if l.extensions == "" || slices.ContainsFunc(fields, named) {
		return fields
	}
	return append(fields, sipmsg.Field{Name: "Supported", Value: l.extensions})
}

// supports reports whether we understand an option tag.
func (l *Layer) supports(tag string) bool {
	return slices.ContainsFunc(l.cfg.Extensions, func(x string) bool { return strings.EqualFold(x, tag) })
}

// Unsupported returns 420 with the extensions that the request requires and we do not
// have (RFC 3261 §8.2.2.3), nil if there are none.
func (l *Layer) Unsupported(req *sipmsg.Request) *sip.Error {
	if !req.Header.Has("Require") {
		return nil
	}
	var unknown []string
	for _, tag := range req.Header.Tokens("Require") {
		if !l.supports(tag) {
			unknown = append(unknown, tag)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return &sip.Error{Status: 420, Header: []sipmsg.Field{
		{Name: "Unsupported", Value: strings.Join(unknown, ", ")},
	}}
}
