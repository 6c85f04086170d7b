package imdn

import "strings"

// Names of the CPIM header fields of RFC 5438 §6, in cpim.NamespaceIMDN.
const (
	MessageIDField   = "Message-ID"
	RequestField     = "Disposition-Notification"
	OriginalToField  = "Original-To"
	RecordRouteField = "IMDN-Record-Route"
	RouteField       = "IMDN-Route"
)

// Request is a set of dispositions that the sender of a message wants to hear of
// (RFC 5438 §7.1.1.3). [IMDN-01]
type Request uint8

// What a sender may ask for.
const (
	PositiveDelivery Request = 1 << iota
	NegativeDelivery
	Display
	Processing // never served by recipients (RFC 5438 §7.2.1)
)

// requestNames are the tokens of the header field, in the order of the bits.
func requestNames() [4]string {
	return [...]string{"positive-delivery", "negative-delivery", "display", "processing"}
}

// ParseRequest reads the value of a Disposition-Notification field. Values that are
// not known are passed over, and so are parameters.
func ParseRequest(value string) Request {
	var r Request
	for item := range strings.SplitSeq(value, ",") {
		item, _, _ = strings.Cut(item, ";")
		item = strings.TrimSpace(item)
		for i, name := range requestNames() {
			if strings.EqualFold(item, name) {
				r |= 1 << i
			}
		}
	}
	return r
}

// Has reports whether r asks for all of what.
func (r Request) Has(what Request) bool { return what != 0 && r&what == what }

// String returns the value of the header field, "" if nothing is asked for.
func (r Request) String() string {
	var all []string
	for i, name := range requestNames() {
		if r.Has(1 << i) {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}
