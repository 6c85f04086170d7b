package sip_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

func TestErrorIsByStatus(t *testing.T) {
	err := fmt.Errorf("join: %w", &sip.Error{Status: 486, Reason: "Full"})
	if !errors.Is(err, &sip.Error{Status: 486}) || errors.Is(err, &sip.Error{Status: 404}) {
		t.Error("not told apart by status")
	}
	if got := err.Error(); got != "join: sip: 486 Full" {
		t.Errorf("text %q", got)
	}
}

func TestErrorResponse(t *testing.T) {
	req := &sipmsg.Request{Method: sipmsg.REFER, Header: sipmsg.Header{Fields: []sipmsg.Field{
		{Name: "Via", Value: "SIP/2.0/UDP h;branch=z9hG4bK1"}, {Name: "Subject", Value: "x"}, {Name: "CSeq", Value: "1 REFER"},
	}}}
	e := &sip.Error{
		Status: 503, RetryAfter: 1500 * time.Millisecond, Warning: `399 h "busy"`,
		Header: []sipmsg.Field{{Name: "Allow", Value: "INVITE"}},
	}
	want := "SIP/2.0 503 Service Unavailable\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nCSeq: 1 REFER\r\n" +
		"Retry-After: 2\r\nWarning: 399 h \"busy\"\r\nAllow: INVITE\r\nContent-Length: 0\r\n\r\n"
	if diff := cmp.Diff(want, string(e.Response(req).Append(nil))); diff != "" {
		t.Error(diff)
	}
}

func TestFromSyntax(t *testing.T) {
	e := sip.FromSyntax(&sipmsg.SyntaxError{Field: "To", Problem: "missing", Status: 400})
	if e.Status != 400 || e.Error() != "sip: 400 Bad Request (To: missing)" {
		t.Errorf("%v", e)
	}
}
