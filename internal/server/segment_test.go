package server

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestInviteAndCancelInOneSegment sends both at once while the conference is
// busy, so that the INVITE still waits when the CANCEL comes.
func TestInviteAndCancelInOneSegment(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			conform.Covers(t, "FOC-FAC-08", "MIX-01")
			r := serve(t, nil)
			host := r.guest("tcp", "host").join(lobby)
			w := r.watch("tcp", "host")
			w.full()
			alice := r.guest(network, "alice")
			for range 10 {
				release := r.busy()
				invite := alice.invite(lobby)
				alice.together(invite, testnet.Cancel(invite))
				alice.Expect(200, sipmsg.CANCEL)
				alice.Send(testnet.Refused(invite, alice.Expect(487, sipmsg.INVITE)))
				release()
			}
			bob := r.guest("tcp", "bob").join(lobby)
			w.until("bob", "connected")
			if len(w.bodies) != 2 || strings.Contains(w.bodies[1], "alice") {
				t.Errorf("the roster shows who was never in it\n%s", w.bodies)
			}
			bob.leave()
			host.leave()
			w.terminated("rejected", without)
			r.vacant()
		})
	}
}

// TestCancelRace lets the CANCEL find the INVITE in whatever state it is.
func TestCancelRace(t *testing.T) {
	for _, network := range []string{"tcp", "udp"} {
		t.Run(network, func(t *testing.T) {
			conform.Covers(t, "FOC-CRE-05", "MIX-01")
			r := serve(t, nil)
			alice := r.guest(network, "alice")
			for range 50 {
				invite := alice.invite(lobby)
				alice.together(invite, testnet.Cancel(invite))
				alice.cancelled(invite)
			}
			r.vacant()
		})
	}
}

// together sends messages in one segment where the network has such.
func (g *guest) together(messages ...sipmsg.Message) {
	g.rig.t.Helper()
	if g.Network() == "tcp" {
		g.Send(messages...)
		return
	}
	for _, m := range messages {
		g.Send(m)
	}
}

// busy keeps the conference's goroutine until release is called.
func (r *rig) busy() (release func()) {
	r.t.Helper()
	held := make(chan struct{})
	if err := r.entry().Instance.Look(func(*conference.State) { <-held }); err != nil {
		r.t.Fatal(err)
	}
	return func() { close(held) }
}

// cancelled reads 200 to the CANCEL and 487 to the INVITE; or 200, if the CANCEL
// came too late, and hangs up.
func (g *guest) cancelled(invite *sipmsg.Request) {
	g.rig.t.Helper()
	for range 2 {
		resp := g.Response()
		cseq, err := resp.Header.CSeq()
		switch {
		case err != nil:
			g.rig.t.Fatal(err)
		case cseq.Method == sipmsg.CANCEL && resp.Status == 200:
		case cseq.Method == sipmsg.INVITE && resp.Status == 487:
			g.Send(testnet.Refused(invite, resp))
		case cseq.Method == sipmsg.INVITE && resp.Status == 200:
			g.call.Learn(resp)
			defer g.leave()
			g.Send(g.call.Ack())
		default:
			g.rig.t.Fatalf("unexpected\n%s", resp.Append(nil))
		}
	}
}

// TestAckByeAndClose hangs up and is gone before the answer can come.
func TestAckByeAndClose(t *testing.T) {
	conform.Covers(t, "FOC-LVE-01", "MIX-01")
	r := serve(t, nil)
	for i := range 20 {
		alice := r.guest("tcp", "alice"+strconv.Itoa(i))
		alice.Send(alice.invite(lobby))
		alice.call.Learn(alice.Expect(200, sipmsg.INVITE))
		alice.Send(alice.call.Ack(), alice.call.Request(sipmsg.BYE))
		alice.Close()
	}
	r.vacant()
}

// TestPipelinedRequests has 200 requests wait for their answers at once.
func TestPipelinedRequests(t *testing.T) {
	const n = 200
	r := serve(t, nil)
	t.Run("calls of their own", func(t *testing.T) {
		alice := r.guest("tcp", "alice")
		messages := make([]sipmsg.Message, n)
		for i := range messages {
			messages[i] = alice.Dialog(alice.aor(), lobby).Request(sipmsg.OPTIONS, "Call-ID: "+strconv.Itoa(i))
		}
		alice.Send(messages...)
		answered := make(map[string]bool) // in any order
		for range messages {
			answered[alice.Expect(200, sipmsg.OPTIONS).Header.CallID()] = true
		}
		if len(answered) != n {
			t.Errorf("%d of %d requests are answered", len(answered), n)
		}
	})
	t.Run("one dialog", func(t *testing.T) {
		alice := r.guest("tcp", "alice").join(lobby)
		messages := make([]sipmsg.Message, n)
		for i := range messages {
			messages[i] = alice.call.Request(sipmsg.OPTIONS)
		}
		alice.Send(messages...)
		for i := range messages {
			resp := alice.Expect(200, sipmsg.OPTIONS)
			if want := fmt.Sprintf("%d OPTIONS", i+2); resp.Header.Value("CSeq") != want {
				t.Fatalf("want CSeq %s, got %s", want, resp.Header.Value("CSeq"))
			}
		}
		alice.leave()
	})
	r.vacant()
}

// TestMalformedBetweenGood shows that one bad request costs nobody else his.
func TestMalformedBetweenGood(t *testing.T) {
	conform.Covers(t, "COM-01")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	first := alice.Dialog(alice.aor(), lobby).Request(sipmsg.OPTIONS)
	bad := alice.Dialog(alice.aor(), lobby).Request(sipmsg.OPTIONS, "CSeq: 1 BYE")
	last := alice.Dialog(alice.aor(), lobby).Request(sipmsg.OPTIONS)
	alice.Send(first, bad, last)
	want := map[string]int{first.Header.CallID(): 200, bad.Header.CallID(): 400, last.Header.CallID(): 200}
	for range 3 {
		resp := alice.Response()
		if status := want[resp.Header.CallID()]; resp.Status != status {
			t.Errorf("want %d, got\n%s", status, resp.Append(nil))
		}
		delete(want, resp.Header.CallID())
	}
}

// TestOctetByOctet has a client whose stack writes one octet at a time.
func TestOctetByOctet(t *testing.T) {
	conform.Covers(t, "COM-03")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	slowly := func(m sipmsg.Message) {
		for _, c := range m.Append(nil) {
			alice.Write(string([]byte{c}))
		}
	}
	slowly(alice.invite(lobby))
	alice.call.Learn(alice.Expect(200, sipmsg.INVITE))
	slowly(alice.call.Ack())
	slowly(alice.call.Request(sipmsg.BYE))
	alice.Expect(200, sipmsg.BYE)
	r.vacant()
}

// TestMergedInvite sends an INVITE again under another branch.
func TestMergedInvite(t *testing.T) {
	conform.Covers(t, "COM-09")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	invite := alice.invite(lobby)
	twin := invite.Clone()
	twin.Header.Set("Via", "SIP/2.0/TCP "+alice.Addr()+";branch="+sipid.NewBranch())
	alice.Send(invite, twin)
	got := map[int]bool{}
	for range 2 {
		resp := alice.Response()
		got[resp.Status] = true
		if resp.Status == 200 {
			alice.call.Learn(resp)
			alice.Send(alice.call.Ack())
		} else {
			alice.Send(testnet.Refused(twin, resp))
		}
	}
	if !got[200] || !got[482] {
		t.Errorf("want 200 and 482, got %v", got)
	}
	alice.leave()
	r.vacant()
}
