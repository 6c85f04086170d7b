package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// reinvite sends another description, and takes the answer.
func (g *guest) reinvite(description string) {
	g.rig.t.Helper()
	g.sdp = description
	g.Send(g.call.Offer(sipmsg.INVITE, description))
	g.ok = g.Expect(200, sipmsg.INVITE)
	g.Send(g.call.Ack())
}

// media takes NOTIFYs until the first endpoint of alice has that media status;
// empty: no media.
func (w *watcher) media(status string) {
	w.rig.t.Helper()
	for {
		for _, u := range w.roster.Users.List {
			if u.Entity != "sip:alice@example.test" || len(u.Endpoints) == 0 {
				continue
			}
			media := u.Endpoints[0].Media
			if status == "" && len(media) == 0 || len(media) > 0 && string(media[0].Status) == status {
				return
			}
		}
		w.notified()
	}
}

// TestLostConnection has a participant whose MSRP connection breaks, and who
// comes back with another path.
func TestLostConnection(t *testing.T) {
	conform.Covers(t, "MIX-06", "MSRP-CON-06", "SDP-23", "FOC-MOD-04")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	w := r.watch("tcp", "bob")
	w.full()
	w.media("sendrecv")
	alice.msrp.Close()
	w.media("inactive")
	stale := testnet.DialMSRP(t, alice.msrp.Own, alice.msrp.Remote)
	stale.Expect(stale.Send("stale", "message/cpim", cpim(alice.aor(), lobby, "x")), 481)

	old := alice.msrp.Remote
	alice.reinvite(strings.NewReplacer("alice 1 1 ", "alice 1 2 ", "/alice;tcp", "/alice2;tcp").Replace(alice.sdp))
	alice.connect()
	if alice.msrp.Remote == old {
		t.Error("the URI of the lost session is used again")
	}
	w.media("sendrecv")
	alice.say("back")
	bob.hear("back")
	alice.reinvite(strings.Replace(alice.sdp, "alice 1 2 ", "alice 1 3 ", 1) + "a=sendonly\r\n")
	w.media("sendonly")
	w.valid()
}

// TestStreamRemoved has a participant give up the stream, and take it up again.
func TestStreamRemoved(t *testing.T) {
	conform.Covers(t, "FOC-MOD-06", "SDP-21")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	w := r.watch("tcp", "bob")
	w.full()
	before := alice.sdp
	alice.reinvite(strings.NewReplacer("alice 1 1 ", "alice 1 2 ", "m=message 2855", "m=message 0").Replace(before))
	if !strings.Contains(string(alice.ok.Body), "m=message 0 ") {
		t.Errorf("answer\n%s", alice.ok.Body)
	}
	w.media("")
	alice.msrp.Expect(alice.msrp.Send("late", "message/cpim", cpim(alice.aor(), lobby, "x")), 481)
	bob.say("not for alice")
	alice.reinvite(strings.NewReplacer("alice 1 1 ", "alice 1 3 ", "/alice;tcp", "/alice3;tcp").Replace(before) +
		"m=audio 4000 RTP/AVP 0\r\n")
	if !strings.Contains(string(alice.ok.Body), "m=audio 0 ") {
		t.Errorf("answer\n%s", alice.ok.Body)
	}
	alice.connect()
	w.media("sendrecv")
	bob.say("for alice")
	alice.hear("for alice")
}

// TestOneConnectionForMany binds the sessions of two users over one connection.
func TestOneConnectionForMany(t *testing.T) {
	conform.Covers(t, "MSRP-CON-07")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby)
	bob.msrp = alice.msrp.Share(attribute(t, []byte(bob.sdp), "path"), attribute(t, bob.ok.Body, "path"))
	bob.msrp.Bind()
	tid := alice.msrp.Send("tobob", "message/cpim", cpim(alice.aor(), lobby, "to bob"))
	alice.msrp.Expect(tid, 200) // waits for no recipient
	if m := alice.msrp.Receive(); m.To != bob.msrp.Own || text(m) != "to bob" {
		t.Errorf("%+v", m)
	}
	bob.leave()
	carol := r.guest("tcp", "carol").join(lobby).connect()
	carol.say("to alice")
	alice.hear("to alice")
}

// TestCancelledReinvite cancels a re-INVITE that the conference has not heard of
// yet: what it is answered is what holds (RFC 3261 §14.1).
func TestCancelledReinvite(t *testing.T) {
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	w := r.watch("tcp", "bob")
	w.full()
	w.media("sendrecv")
	release := r.busy()
	invite := alice.call.Offer(sipmsg.INVITE, strings.Replace(alice.sdp, "alice 1 1 ", "alice 1 2 ", 1)+"a=recvonly\r\n")
	alice.Send(invite, testnet.Cancel(invite))
	alice.Expect(200, sipmsg.CANCEL)
	release()
	resp := alice.Response()
	if resp.Status != 200 || !strings.Contains(string(resp.Body), "a=sendonly") {
		t.Fatalf("%s", resp.Append(nil))
	}
	alice.Send(alice.call.Ack())
	w.media("recvonly")
	bob.say("still there?")
	alice.hear("still there?")
	alice.leave()
}
