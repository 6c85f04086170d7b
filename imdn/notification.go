package imdn

import (
	"errors"
	"fmt"
	"strings"
)

// Media type and namespace of notifications (RFC 5438 §11).
const (
	MediaType = "message/imdn+xml"
	namespace = "urn:ietf:params:xml:ns:imdn"
)

// Disposition is what a notification is about.
type Disposition string

// Dispositions of RFC 5438 §11.1.6 to §11.1.8.
const (
	OfDelivery   Disposition = "delivery"
	OfDisplay    Disposition = "display"
	OfProcessing Disposition = "processing"
)

// Status is what became of the message.
type Status string

// Statuses. Forbidden and Error go with every disposition: Forbidden says that the
// recipient does not tell, Error that it cannot.
const (
	Delivered Status = "delivered" // of delivery
	Failed    Status = "failed"    // of delivery
	Displayed Status = "displayed" // of display
	Processed Status = "processed" // of processing
	Stored    Status = "stored"    // of processing
	Forbidden Status = "forbidden"
	Error     Status = "error"
)

// goesWith reports whether a status is one of those of a disposition.
func (s Status) goesWith(d Disposition) bool {
	switch s {
	case Delivered, Failed:
		return d == OfDelivery
	case Displayed:
		return d == OfDisplay
	case Processed, Stored:
		return d == OfProcessing
	case Forbidden, Error:
		return d == OfDelivery || d == OfDisplay || d == OfProcessing
	}
	return false
}

// Notification is a disposition notification (RFC 5438 §11.1).
type Notification struct {
	MessageID string // imdn.Message-ID of the message
	DateTime  string // of the message, as it was written there
	// Recipient is who tells, Original whom the message was for first; optional.
	Recipient, Original string
	Subject             string // of the message; optional
	Disposition         Disposition
	Status              Status
}

// Errors of notifications.
var (
	// ErrUnreadable is wrapped by the errors of Parse and ParseComposing.
	ErrUnreadable = errors.New("imdn: not readable")
	// ErrUnwritable is the error of Append.
	ErrUnwritable = errors.New("imdn: cannot be written")
)

// Parse reads a notification. Elements of other namespaces are passed over. The
// error wraps [ErrUnreadable]: b is over 16 KiB, no well-formed XML in UTF-8, has a
// document type declaration, is no notification, or has no message-id or no status
// that goes with its disposition.
func Parse(b []byte) (Notification, error) {
	var n Notification
	err := walk(b, "imdn", []string{namespace}, func(path, text string) {
		text = strings.TrimSpace(text)
		switch path {
		case "message-id":
			n.MessageID = text
		case "datetime":
			n.DateTime = text
		case "recipient-uri":
			n.Recipient = text
		case "original-recipient-uri":
			n.Original = text
		case "subject":
			n.Subject = text
		default:
			n.become(path)
		}
	})
	switch {
	case err != nil:
		return Notification{}, err
	case n.MessageID == "":
		return Notification{}, fmt.Errorf("%w: no message-id", ErrUnreadable)
	case n.Status == "":
		return Notification{}, fmt.Errorf("%w: no status", ErrUnreadable)
	}
	return n, nil
}

// become takes the status from the path of its element; the first one counts.
func (n *Notification) become(path string) {
	outer, status, ok := strings.Cut(path, "-notification/status/")
	if d, s := Disposition(outer), Status(status); ok && n.Status == "" && s.goesWith(d) {
		n.Disposition, n.Status = d, s
	}
}

// Append appends the document. Without message-id or date, with a status that does
// not go with the disposition, or with what XML cannot hold, dst is returned as it
// was with [ErrUnwritable]. [IMDN-02]
func (n *Notification) Append(dst []byte) ([]byte, error) {
	if n.MessageID == "" || n.DateTime == "" || !n.Status.goesWith(n.Disposition) {
		return dst, ErrUnwritable
	}
	w := writer{b: dst}
	w.raw(`<?xml version="1.0" encoding="UTF-8"?>`, "\r\n", `<imdn xmlns="`, namespace, `">`)
	w.element("message-id", n.MessageID)
	w.element("datetime", n.DateTime)
	w.optional("recipient-uri", n.Recipient)
	w.optional("original-recipient-uri", n.Original)
	w.optional("subject", n.Subject)
	d := string(n.Disposition) + "-notification"
	w.raw("<", d, "><status><", string(n.Status), "/></status></", d, "></imdn>")
	if w.bad {
		return dst, ErrUnwritable
	}
	return w.b, nil
}
