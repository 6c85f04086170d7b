package ua_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
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

// TestMemoryOfDialogs measures what confirmed dialogs take when their transactions are
// over, and that there is no goroutine for any of them.
func TestMemoryOfDialogs(t *testing.T) {
	const dialogs = 10000
	synctest.Test(t, func(t *testing.T) {
		net := &transporttest.Network{}
		callee := ua.New(ua.Config{Invite: quiet{}, Transport: transport.Config{Network: net.Host("10.0.0.1")}})
		if _, err := callee.Listen(t.Context(), "udp", "0.0.0.0:5060"); err != nil {
			t.Fatal(err)
		}
		before, goroutines := heap(), runtime.NumGoroutine()
		place(t, net, dialogs)
		synctest.Wait()
		if n := callee.Dialog.Dialogs(); n != dialogs {
			t.Fatalf("%d dialogs", n)
		}
		each := float64(heap()-before) / dialogs
		t.Logf("%.0f octets for each confirmed dialog with its session", each)
		if each > 5000 {
			t.Errorf("more than 5 kB: %.0f", each)
		}
		if n := runtime.NumGoroutine() - goroutines; n > 2 {
			t.Errorf("%d goroutines more for %d dialogs", n, dialogs)
		}
		shut(t, callee)
	})
}

// place makes calls from a stack that is gone when it returns, dialogs and all.
func place(t *testing.T, net *transporttest.Network, calls int) {
	t.Helper()
	caller := ua.New(ua.Config{Transport: transport.Config{Network: net.Host("10.0.0.2")}})
	if _, err := caller.Listen(t.Context(), "udp", "0.0.0.0:5060"); err != nil {
		t.Fatal(err)
	}
	uri, err := sipmsg.ParseURI("sip:conf@10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	from, err := sipmsg.ParseAddress(`"Alice" <sip:alice@ims.example>`)
	if err != nil {
		t.Fatal(err)
	}
	for range calls {
		caller.Invite.Invite(dialog.Outgoing{
			URI: uri, From: from, Contact: "<sip:alice@10.0.0.2>", Body: []byte(sdp),
		}, holds{})
		synctest.Wait()
	}
	<-time.After(2 * time.Minute) // no transaction lasts longer
	shut(t, caller)
}

// heap returns what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
