package msrp

import (
	"errors"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// TestRejectedType: after a 415 nothing of that kind is sent to the peer again,
// whatever wraps it; the rest goes on.
func TestRejectedType(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	image := Message{ContentType: "message/cpim", Kind: "image/PNG; x=y", Body: []byte("first")}
	queue(t, s, image, 1)
	p.answer(p.next(), msrpwire.StatusUnsupportedMedia)
	var e *Error
	if o := wait(t, h.sent, "outcome"); !errors.As(o.err, &e) || e.Status != msrpwire.StatusUnsupportedMedia {
		t.Errorf("outcome %+v", o)
	}
	image.Kind, image.Body = "image/png", pattern(5000)
	if err := s.Send(image, 2); !errors.Is(err, ErrRefusedType) {
		t.Errorf("second image: %v", err)
	}
	image.Kind, image.Body = "text/plain", []byte("text")
	queue(t, s, image, 3)
	f := p.next()
	if string(f.body) != "text" {
		t.Errorf("got %q", f.body)
	}
	p.answer(f, msrpwire.StatusForbidden) // says nothing about the type
	if o := wait(t, h.sent, "outcome"); o.ref != 3 || o.err == nil {
		t.Errorf("outcome %+v", o)
	}
	queue(t, s, image, 4)
	p.answer(p.next(), 200)
	// Of a chunked message, too.
	image.Kind, image.Body = "video/mp4", pattern(5000)
	queue(t, s, image, 5)
	p.answer(p.next(), msrpwire.StatusUnsupportedMedia)
	for ref := uint64(0); ref != 5; {
		ref = wait(t, h.sent, "outcome").ref
	}
	if err := s.Send(image, 6); !errors.Is(err, ErrRefusedType) {
		t.Errorf("second video: %v", err)
	}
	conform.Covers(t, "MSRP-RSP-09")
}
