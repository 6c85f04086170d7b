package ua_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
	"github.com/confab-chat/confab/sip/ua"
)

// holds calls and does not hang up.
type holds struct{ quiet }

func (holds) Progress(*sipmsg.Response) {}
func (holds) Failed(error)              {}
func (h holds) Answered(*invite.Session, *sipmsg.Response, []byte) (invite.SessionHandler, invite.Answer) {
	return h.quiet, invite.Answer{}
}

// dull accepts every subscription and has nothing to tell.
type dull struct{}

func (dull) Subscribe(in *event.Incoming)                         { in.Accept(dull{}, "") }
func (dull) Next(event.Pull) (event.Body, bool)                   { return event.Body{}, false }
func (dull) Refresh(*sipmsg.Request, transport.Source) *sip.Error { return nil }
func (dull) Ended(event.Termination)                              {}

// blind watches without looking.
type blind struct{}

func (blind) Notified(event.Notification) {}
func (blind) Ended(event.Termination)     {}

// TestMemoryOfDialogs measures what confirmed dialogs take when their transactions are
// over, and that there is no goroutine for any of them.
func TestMemoryOfDialogs(t *testing.T) {
	measure(t, "session", func(caller *ua.Stack, out dialog.Outgoing) {
		out.Body = []byte(sdp)
		caller.Invite.Invite(out, holds{})
	})
	measure(t, "subscription", func(caller *ua.Stack, out dialog.Outgoing) {
		caller.Event.Subscribe(out, event.Interest{Event: "conference", Expires: 3600}, blind{})
	})
}

func measure(t *testing.T, usage string, begin func(caller *ua.Stack, out dialog.Outgoing)) {
	t.Helper()
	const dialogs = 10000
	synctest.Test(t, func(t *testing.T) {
		net := &transporttest.Network{}
		callee, _ := reachable(t, net.Host("10.0.0.1"), ua.Config{
			Invite: quiet{}, Packages: []event.Package{{Name: "conference", Notifier: dull{}}},
		})
		defer shut(t, callee)
		before, goroutines := heap(), runtime.NumGoroutine()
		place(t, net, dialogs, begin)
		synctest.Wait()
		if n := callee.Dialog.Dialogs(); n != dialogs {
			t.Fatalf("%d dialogs", n)
		}
		each := float64(heap()-before) / dialogs
		t.Logf("%.0f octets for each dialog with its %s", each, usage)
		if each > 2000 {
			t.Errorf("more than 2 kB: %.0f", each)
		}
		if n := runtime.NumGoroutine() - goroutines; n > 2 {
			t.Errorf("%d goroutines more for %d dialogs", n, dialogs)
		}
	})
}

// place begins dialogs from a stack that is gone when it returns.
func place(t *testing.T, net *transporttest.Network, n int, begin func(*ua.Stack, dialog.Outgoing)) {
	t.Helper()
	caller, _ := reachable(t, net.Host("10.0.0.2"), ua.Config{})
	defer shut(t, caller)
	uri, err := sipmsg.ParseURI("sip:conf@10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	from, err := sipmsg.ParseAddress(`"Alice" <sip:alice@ims.example>`)
	if err != nil {
		t.Fatal(err)
	}
	for range n {
		begin(caller, dialog.Outgoing{URI: uri, From: from, Contact: "<sip:alice@10.0.0.2>"})
		synctest.Wait()
	}
	<-time.After(2 * time.Minute) // no transaction lasts longer
}

// heap returns what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
