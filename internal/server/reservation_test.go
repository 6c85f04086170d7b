package server

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/focus/focustest"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// booked is a server whose mixer answers when the test says, and whose legs are counted.
type booked struct {
	*rig
	legs *focustest.Mixer
}

func serveBooked(t *testing.T, tune tuning) *booked {
	t.Helper()
	b := &booked{legs: &focustest.Mixer{}}
	b.legs.Prompt(true)
	tune.mixer = func(inner focus.Mixer) focus.Mixer {
		b.legs.Mixer = inner
		return b.legs
	}
	b.rig = serveTuned(t, nil, tune)
	return b
}

// patient waits longer for the mixer than any test.
func patient() tuning { return tuning{t1: brisk, allocate: 2 * testnet.Patience} }

// asked waits until the mixer has been asked for n legs that it has not answered for.
func (b *booked) asked(n int) {
	b.t.Helper()
	for deadline := time.Now().Add(testnet.Patience); b.legs.Waiting() < n; {
		if time.Now().After(deadline) {
			b.t.Fatalf("the mixer was asked for %d legs, want %d", b.legs.Waiting(), n)
		}
		<-time.After(time.Millisecond)
	}
}

// remaining waits until the mixer has n legs and no more.
func (b *booked) remaining(n int) {
	b.t.Helper()
	for deadline := time.Now().Add(testnet.Patience); b.mixer.Legs() != n; {
		if time.Now().After(deadline) {
			b.t.Fatalf("%d legs, want %d", b.mixer.Legs(), n)
		}
		<-time.After(time.Millisecond)
	}
}

// settled waits until nobody is left, and fails the test unless every leg was given back.
func (b *booked) settled() {
	b.t.Helper()
	b.vacant()
	b.legs.Answer()
	b.legs.Balanced(b.t)
	if n := b.mixer.Legs(); n != 0 {
		b.t.Errorf("%d legs are left", n)
	}
}

// TestSilentMixer refuses everybody who needs a leg, and calls nobody; a leg that comes
// later is given back at once.
func TestSilentMixer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-07", "MIX-01", "MIX-02")
	b := serveBooked(t, tuning{})
	alice := b.guest("tcp", "alice").join(lobby)
	bob := b.callee("udp", "bob")
	b.legs.Prompt(false)
	guests := []*guest{b.guest("tcp", "carol"), b.guest("udp", "dave"), b.guest("tcp", "erin"), b.guest("tcp", "alice")}
	invites := []*sipmsg.Request{
		guests[0].invite(factory), guests[1].invite(lobby),
		guests[2].withList(factory, entries(bob.entry("")), "recipient-list"),
		guests[3].invite(lobby, alice.replaces(), "Require: replaces"),
	}
	for k, g := range guests {
		g.Send(invites[k])
	}
	i := b.issuer("alice")
	i.accepted(lobby, bob.referTo(""))
	b.asked(5)
	for k, g := range guests {
		if resp := g.denied(500, invites[k]); resp.Header.Value("Retry-After") == "" {
			t.Errorf("%s", resp.Append(nil))
		}
	}
	i.reported("SIP/2.0 500 Server Internal Error", "terminated")
	if n := b.legs.Answer(); n != 5 {
		t.Errorf("%d asked", n)
	}
	b.lock(false)  // what the conference had to do before is done
	b.remaining(1) // those that were to be made end in their own time
	bob.Silence(50 * time.Millisecond)
	alice.leave()
	b.settled()
}

// TestSlowMixer: nothing is promised before the mixer has answered.
func TestSlowMixer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-02", "FOC-JOI-01", "COM-19")
	b := serveBooked(t, patient())
	b.legs.Prompt(false)
	alice := b.guest("tcp", "alice")
	alice.Send(alice.invite(lobby))
	if trying, ok := alice.Next().(*sipmsg.Response); !ok || trying.Status != 100 {
		t.Fatalf("want 100")
	}
	alice.Silence(300 * time.Millisecond)
	b.legs.Answer()
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	alice.call.Learn(alice.ok)
	alice.Send(alice.call.Ack())
	alice.connect() // at the path of the answer
	bob := b.callee("udp", "bob")
	i := b.issuer("alice")
	i.accepted(lobby, bob.referTo(""))
	b.asked(1)
	bob.Silence(50 * time.Millisecond)
	b.legs.Answer()
	bob.pickUp(bob.called())
	i.reported("SIP/2.0 200 OK", "terminated")
	bob.leave()
	alice.leave()
	b.settled()
}

// TestRefusingMixer: what is the matter with the mixer decides what a caller is told.
func TestRefusingMixer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-07", "MIX-01", "FOC-FAC-06")
	b := serveBooked(t, patient())
	for _, test := range []struct {
		err    error
		status int
		field  string
	}{
		{focus.ErrMixerFull, 503, "Retry-After"},
		{&conference.Refusal{Code: conference.CodeFull}, 486, "Retry-After"},
		{&sdp.Error{Status: 488, Code: sdp.WarnMedia, Text: "no such media"}, 488, "Content-Type"},
	} {
		b.legs.Refuse(test.err)
		for _, to := range []string{factory, lobby} {
			alice := b.guest("tcp", "alice")
			if resp := alice.denied(test.status, alice.invite(to)); !resp.Header.Has(test.field) {
				t.Errorf("%s", resp.Append(nil))
			}
			b.settled() // the URI too
		}
	}
	b.legs.Refuse(nil)
	b.guest("tcp", "alice").join(lobby).leave()
	b.settled()
}

// TestLeftBeforeTheLeg: who goes while the mixer is silent leaves nothing, even if
// the leg comes.
func TestLeftBeforeTheLeg(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "FOC-FAC-08", "FOC-TRM-03")
	b := serveBooked(t, patient())
	b.legs.Prompt(false)
	for _, to := range []string{factory, lobby} {
		alice := b.guest("tcp", "alice")
		invite := alice.invite(to)
		alice.Send(invite)
		b.asked(1)
		alice.Send(testnet.Cancel(invite))
		alice.Expect(200, sipmsg.CANCEL)
		alice.Send(testnet.Refused(invite, alice.Expect(487, sipmsg.INVITE)))
		b.settled()
	}
	alice := b.guest("tcp", "alice")
	invite := alice.invite(lobby)
	alice.Send(invite)
	b.asked(1)
	b.end()
	alice.Send(testnet.Refused(invite, alice.Expect(480, sipmsg.INVITE)))
	b.settled()

	// Nobody is there to take the 200, nor to acknowledge it.
	bob := b.guest("tcp", "bob")
	bob.Send(bob.invite(lobby))
	b.asked(1)
	bob.Close()
	b.legs.Answer()
	b.settled()
}
