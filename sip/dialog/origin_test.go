package dialog_test

import (
	"bytes"
	"log/slog"
	"strconv"
	"testing"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// TestForksAreBounded has a callee answer from ever new branches.
func TestForksAreBounded(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	l := dialog.New(dialog.Config{MaxForks: 2, Log: slog.New(slog.NewTextHandler(&log, nil))})
	bob := sipmsg.URI{Scheme: "sip", User: "bob", Host: "b.test"}
	o := l.Originate(dialog.Outgoing{Method: sipmsg.INVITE, URI: bob, From: sipmsg.Address{URI: bob}})
	answer := func(status, branch int) *dialog.Dialog {
		resp := &sipmsg.Response{Status: status}
		resp.Header.Add("To", "<sip:bob@b.test>;tag=b"+strconv.Itoa(branch))
		resp.Header.Add("From", "<sip:bob@b.test>;tag=f")
		resp.Header.Add("Call-ID", o.CallID())
		resp.Header.Add("Contact", "<sip:bob@192.0.2.2>")
		return o.Dialog(resp, transport.Source{})
	}
	formed := func(status, branches int) (n int) {
		for b := range branches {
			if answer(status, b) != nil {
				n++
			}
		}
		return n
	}
	if n := formed(180, 40); n != 2 {
		t.Errorf("%d early dialogs, want 2", n)
	}
	if n := formed(200, 40); n != 16 {
		t.Errorf("%d dialogs, want 16", n)
	}
	if answer(200, 3) == nil {
		t.Error("the repeated 2xx of a dialog that is there was dropped")
	}
	if n := bytes.Count(log.Bytes(), []byte("too many forks")); n != 1 {
		t.Errorf("%d log lines, want 1:\n%s", n, log.String())
	}
}
