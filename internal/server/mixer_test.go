package server

import (
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestMixerLost: nobody stays in a conference that no message can come from any more.
func TestMixerLost(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-08", "FOC-TRM-01")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	carol := r.guest("udp", "carol").join(lobby) // has not connected yet
	alice.say("are you there?")
	bob.hear("are you there?")
	if err := r.media.Close(); err != nil {
		t.Fatal(err)
	}
	for _, g := range []*guest{alice, bob, carol} {
		bye := g.Request()
		if bye.Method != sipmsg.BYE {
			t.Fatalf("%s: %s", g.name, bye.Append(nil))
		}
		begins(t, bye, "Reason", `SIP;cause=500;text="Conference failed"`)
		g.Answer(bye, 200)
	}
	r.vacant()
	alice.denied(500, alice.invite(lobby))
	r.vacant()
}

// TestPolicyWithoutOffer changes what is allowed in a running conference: the mixer
// carries it out, and no dialog hears of it before it asks.
func TestPolicyWithoutOffer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MOD-09", "SDP-24")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	policy, subject := r.entry().Definition.Policy, "Quiet, please"
	policy.PrivateMessages = false
	r.do(conference.Change{At: time.Now(), Policy: &policy, Subject: &subject})
	r.do(conference.Lock{At: time.Now(), Locked: true})
	alice.msrp.Expect(alice.msrp.Send("private", "message/cpim", cpim(alice.aor(), bob.aor(), "psst")), 403)
	alice.say("to all")
	bob.hear("to all")
	for _, g := range []*guest{alice, bob} {
		g.Silence(50 * time.Millisecond)
	}

	// Who asks is told, in a version of its own; who asks again gets the same.
	ask := func() string {
		alice.Send(alice.call.Request(sipmsg.INVITE))
		offer := alice.Expect(200, sipmsg.INVITE).Body
		ack := alice.call.Ack()
		ack.Header.Set("Content-Type", "application/sdp")
		ack.Body = []byte(alice.sdp)
		alice.Send(ack)
		return string(offer)
	}
	before := string(alice.ok.Body)
	first := ask()
	if strings.Contains(first, "private-messages") || !strings.Contains(before, "private-messages") {
		t.Errorf("offered\n%s", first)
	}
	if versionOf(t, first) != versionOf(t, before)+1 {
		t.Errorf("version %d after %d", versionOf(t, first), versionOf(t, before))
	}
	if second := ask(); second != first {
		t.Errorf("offered\n%s\nafter\n%s", second, first)
	}
	alice.leave()
	bob.leave()
	r.vacant()
}

// versionOf is that of a session description.
func versionOf(t *testing.T, description string) uint64 {
	t.Helper()
	s, err := sdp.Parse([]byte(description))
	if err != nil {
		t.Fatal(err)
	}
	return s.Origin.Version
}
