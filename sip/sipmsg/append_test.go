package sipmsg_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip/sipmsg"
)

func TestAppend(t *testing.T) {
	req := &sipmsg.Request{
		Method: sipmsg.MESSAGE,
		URI:    sipmsg.URI{Scheme: "sip", User: "bob", Host: "2001:db8::1", Port: 5062},
		Header: sipmsg.Header{Fields: []sipmsg.Field{{Name: "Call-ID", Value: "1"}, {Name: "Content-Length", Value: "99"}}},
		Body:   []byte("hello"),
	}
	want := "MESSAGE sip:bob@[2001:db8::1]:5062 SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 5\r\n\r\nhello"
	if diff := cmp.Diff(">"+want, string(req.Append([]byte(">")))); diff != "" {
		t.Error(diff)
	}
	resp := &sipmsg.Response{Status: 200, Reason: "Fine"}
	if diff := cmp.Diff("SIP/2.0 200 Fine\r\nContent-Length: 0\r\n\r\n", string(resp.Append(nil))); diff != "" {
		t.Error(diff)
	}
}

// Whatever the values are, the message has the lines it was given and no others.
func TestAppendAddsNoLine(t *testing.T) {
	evil := "x\r\nInjected: yes\r\n\r\nINVITE\n\r"
	fields := []sipmsg.Field{{Name: "Subject", Value: evil}, {Name: evil, Value: "1"}, {Name: "", Value: "1"}, {Name: "A b", Value: "1"}}
	messages := []sipmsg.Message{
		&sipmsg.Request{Method: sipmsg.Method(evil), URI: sipmsg.URI{Scheme: "sip", User: evil, Host: evil}, Header: sipmsg.Header{Fields: fields}},
		&sipmsg.Response{Status: 99, Reason: evil, Header: sipmsg.Header{Fields: fields}},
		&sipmsg.Response{Status: 7000, Reason: evil, Header: sipmsg.Header{Fields: fields}},
	}
	for _, m := range messages {
		wire := string(m.Append(nil))
		lines := strings.Split(wire, "\r\n")
		if len(lines) != 5 || !strings.HasPrefix(lines[1], "Subject: x  Injected: yes") || lines[2] != "Content-Length: 0" || lines[3]+lines[4] != "" {
			t.Errorf("%q", wire)
		}
		if strings.Count(wire, "\n") != 4 || strings.Count(wire, "\r") != 4 {
			t.Errorf("CR or LF alone in %q", wire)
		}
	}
}

func TestNewResponse(t *testing.T) {
	req := must(sipmsg.ParseDatagram([]byte(change("Via:", "Record-Route: <sip:p1;lr>, <sip:p2;lr>\r\nTimestamp: 54\r\nVia: SIP/2.0/UDP p\r\nVia:")), sipmsg.Limits{})).(*sipmsg.Request) //nolint:forcetypeassert // a request
	core := "Via: SIP/2.0/UDP p|Via: SIP/2.0/UDP h;branch=z9hG4bK1|From: <sip:a@h>;tag=1|To: <sip:b@h>|Call-ID: 1|CSeq: 1 INVITE|"
	routed := "Record-Route: <sip:p1;lr>, <sip:p2;lr>|" + core
	for _, tt := range []struct {
		method sipmsg.Method
		status int
		want   string
	}{
		{sipmsg.INVITE, 100, "Timestamp: 54|" + core},
		{sipmsg.INVITE, 180, routed},
		{sipmsg.INVITE, 200, routed},
		{sipmsg.INVITE, 404, core},
		{sipmsg.SUBSCRIBE, 200, routed},
		{sipmsg.BYE, 200, core},
	} {
		req.Method = tt.method
		resp := sipmsg.NewResponse(req, tt.status, "")
		if got := text(&resp.Header); got != tt.want {
			t.Errorf("%s %d: %s, want %s", tt.method, tt.status, got, tt.want)
		}
		if resp.Reason != sipmsg.ReasonPhrase(tt.status) {
			t.Errorf("reason %q", resp.Reason)
		}
	}
	if got := sipmsg.NewResponse(req, 488, "No").Reason; got != "No" {
		t.Errorf("reason %q", got)
	}
}

func TestReasonPhrase(t *testing.T) {
	for status, want := range map[int]string{
		180: "Ringing", 199: "Early Dialog Terminated", 488: "Not Acceptable Here", 489: "Bad Event",
		122: "Session Progress", 299: "OK", 399: "Redirection", 499: "Request Failure", 599: "Server Failure", 699: "Global Failure",
	} {
		if got := sipmsg.ReasonPhrase(status); got != want {
			t.Errorf("%d: %q", status, got)
		}
	}
}

func TestParserKeepsNothingOfTheInput(t *testing.T) {
	wire := []byte(change("Contact", "l: 5\r\nContact") + "hello")
	m := must(sipmsg.ParseDatagram(wire, sipmsg.Limits{}))
	before := m.Append(nil)
	for i := range wire {
		wire[i] = 'x'
	}
	if !bytes.Equal(before, m.Append(nil)) {
		t.Error("the message changed with the read buffer")
	}
}
