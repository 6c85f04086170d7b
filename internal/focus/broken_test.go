package focus_test

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus/focustest"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestBrokenLegs: whichever description a leg does not understand, its call ends as it has
// to, or goes on as it was, and the leg is given back.
func TestBrokenLegs(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "FOC-FAC-10", "FOC-OUT-09")
	broken := errors.New("broken")
	for name, play := range map[string]func(r *rig, alice *guest){
		"answer": func(r *rig, alice *guest) {
			r.mixer.Break(broken)
			alice.Send(alice.invite(lobby))
			alice.refused(alice.sent, 500)
		},
		"offer": func(r *rig, alice *guest) {
			r.mixer.Break(broken)
			alice.Send(bare(alice.invite(lobby)))
			alice.refused(alice.sent, 500)
		},
		"accept": func(r *rig, alice *guest) {
			alice.Send(bare(alice.invite(lobby)))
			alice.call.Learn(alice.Expect(200, sipmsg.INVITE))
			r.mixer.Break(broken)
			ack := alice.call.Ack()
			ack.Header.Set("Content-Type", "application/sdp")
			ack.Body = []byte(focustest.Description)
			alice.Send(ack)
			alice.hungUp()
		},
		"answer again": func(r *rig, alice *guest) {
			alice.join()
			r.mixer.Break(broken)
			alice.Send(alice.call.Offer(sipmsg.INVITE, focustest.Description))
			alice.refused(alice.call.Request(sipmsg.INVITE), 500)
			alice.leave()
		},
		"offer again": func(r *rig, alice *guest) {
			alice.join()
			r.mixer.Break(broken)
			alice.Send(alice.call.Request(sipmsg.INVITE))
			alice.refused(alice.call.Request(sipmsg.INVITE), 500)
			alice.leave()
		},
		"offer to the called": func(r *rig, alice *guest) {
			alice.join()
			r.mixer.Prompt(true)
			r.mixer.Break(broken)
			if status := r.called(); status != 500 {
				r.t.Errorf("reported %d", status)
			}
			alice.leave()
		},
		"accept of the called": func(r *rig, alice *guest) {
			bob := testnet.NewPeer(r.t, r.net.Host("10.0.0.3"), r.gate.Origin("udp").Local)
			defer bob.Close()
			alice.join()
			r.mixer.Prompt(true)
			var gone sync.WaitGroup
			gone.Go(func() { attend(bob, true, func() { r.mixer.Break(broken) }) })
			defer gone.Wait()
			if status := r.called(); status != 488 {
				r.t.Errorf("reported %d", status)
			}
			alice.leave()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := serve(t, nil)
				r.mixer.Prompt(true)
				play(r, r.guest("alice"))
				r.vacant()
			})
		})
	}
}

// TestBusyConference has no time for the mixer's answer: the caller is refused, and the
// leg given back.
func TestBusyConference(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01")
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, nil)
		bob, alice := r.guest("bob").join(), r.guest("alice")
		alice.Send(alice.invite(lobby))
		alice.Silence(time.Second)
		i, busy, hold := r.alive(), make(chan struct{}), make(chan struct{})
		err := i.Look(func(*conference.State) {
			close(busy)
			<-hold
		})
		for <-busy; err == nil; {
			err = i.Look(func(*conference.State) {})
		}
		r.mixer.Answer()
		alice.refused(alice.sent, 503)
		close(hold)
		bob.leave()
		r.vacant()
	})
}
