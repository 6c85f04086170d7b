package dialog_test

import (
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

func TestRequestsOutsideDialogs(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, method, tag string
		status            int
		allow             string
	}{
		{name: "served", method: "OPTIONS", status: 200},
		{name: "stale tag", method: "BYE", tag: "stale", status: 481},
		{name: "BYE", method: "BYE", status: 481},
		{name: "PRACK", method: "PRACK", status: 481},
		{name: "UPDATE", method: "UPDATE", status: 481},
		{name: "NOTIFY", method: "NOTIFY", status: 481},
		{name: "MESSAGE", method: "MESSAGE", status: 405, allow: "INVITE, ACK, OPTIONS, BYE"},
		{name: "PUBLISH", method: "PUBLISH", status: 405, allow: "INVITE, ACK, OPTIONS, BYE"},
		{name: "unknown", method: "FOO", status: 501},
		{name: "unknown, stale tag", method: "FOO", tag: "stale", status: 501},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conform.Covers(t, "FOC-DSP-09", "FOC-LVE-02", "COM-13")
			play(t, func(x *scene) {
				x.peer.Send(request(tt.method, "x", "1", tt.tag))
				resp := x.peer.Response(tt.status)
				if got := resp.Header.Value("Allow"); got != tt.allow {
					x.t.Errorf("Allow %q, want %q", got, tt.allow)
				}
			})
		})
	}
}

func TestMaxForwardsZeroIsServed(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-10")
	play(t, func(x *scene) {
		x.establish("Max-Forwards: 0")
		x.send("BYE")
		bye := x.peer.Request("BYE")
		if got := bye.Header.Value("Max-Forwards"); got != "70" {
			x.t.Errorf("Max-Forwards %s in ours", got)
		}
		x.peer.Answer(bye, 200, "", "", "")
	})
}

func TestRequestsInsideDialogs(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-DSP-09", "COM-13")
	play(t, func(x *scene) {
		tag := x.establish()
		steps := []struct {
			method, cseq string
			status       int
			fields       []string
		}{
			{method: "INFO", cseq: "11", status: 405},
			{method: "MESSAGE", cseq: "15", status: 405}, // a gap
			{method: "OPTIONS", cseq: "14", status: 500}, // lower
			{method: "OPTIONS", cseq: "15", status: 500}, // again
			{method: "OPTIONS", cseq: "16", status: 200},
			{method: "UPDATE", cseq: "17", status: 405},
			{method: "PRACK", cseq: "18", status: 481},
			{method: "NOTIFY", cseq: "19", status: 481},
			{method: "FOO", cseq: "20", status: 501},
			{method: "OPTIONS", cseq: "21", status: 420, fields: []string{"Require: timer, 100rel, x"}},
			{method: "OPTIONS", cseq: "22", status: 200, fields: []string{"Require: timer"}},
			{method: "BYE", cseq: "23", status: 200},
			{method: "BYE", cseq: "24", status: 481},
		}
		for _, s := range steps {
			x.peer.Send(request(s.method, "s"+s.cseq, s.cseq, tag, s.fields...))
			resp := x.peer.Response(s.status)
			if got := resp.Header.Value("Unsupported"); s.status == 420 && got != "100rel, x" {
				x.t.Errorf("Unsupported %q", got)
			}
		}
		x.stack.Dialogs(x.t, 0)
	})
}

// TestUpdateWithoutSession: what is served in sessions is no unknown method elsewhere.
func TestUpdateWithoutSession(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-13")
	play(t, func(x *scene) {
		x.stack.Dialog.Serves(sipmsg.UPDATE)
		tag := x.establish()
		x.peer.Send(request("UPDATE", "u1", "11", tag))
		x.peer.Response(481)
		x.peer.Send(request("BYE", "b1", "12", tag))
		x.peer.Response(200)
	})
}

func TestStrayAck(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-20")
	play(t, func(x *scene) {
		x.peer.Send(request("ACK", "k1", "1", ""))
		x.peer.Send(request("ACK", "k2", "1", "stale"))
		x.peer.Send("SIP/2.0 200 OK\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKnone\n" +
			"From: <sip:conf@10.0.0.1>;tag=f\nTo: <sip:a@10.0.0.2>;tag=t\nCall-ID: x\nCSeq: 1 INVITE\n" +
			"Contact: <sip:a@10.0.0.2>\n\n")
		x.peer.Quiet(60e9)
		x.stack.Dialogs(x.t, 0)
	})
}

func TestBadContact(t *testing.T) {
	t.Parallel()
	for _, contact := range []string{"Contact: *", "Contact: <mailto:a@x>", "Contact: <sip:a@x>, <sip:b@x>"} {
		play(t, func(x *scene) {
			x.peer.Send(request("INVITE", "i", "1", "", contact))
			x.peer.Response(400)
			x.stack.Dialogs(x.t, 0)
		})
	}
}

// TestTargetWithoutHeaders: header fields of a Contact URI have no place in a
// Request-URI (RFC 3261 §19.1.1); the rest is kept.
func TestTargetWithoutHeaders(t *testing.T) {
	t.Parallel()
	play(t, func(x *scene) {
		x.establish("Contact: <sip:alice@10.0.0.2;x=y?Subject=hello>")
		x.send(sipmsg.BYE)
		if got := x.peer.Request(sipmsg.BYE).URI.String(); got != "sip:alice@10.0.0.2;x=y" {
			x.t.Errorf("Request-URI %s", got)
		}
	})
}
