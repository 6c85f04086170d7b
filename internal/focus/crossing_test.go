package focus_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestCrossings has guests come, give up and leave, be called and removed, and conferences
// end, while the mixer answers at any time and after its time: in the end nothing is left.
func TestCrossings(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "MIX-07")
	for seed := range uint64(100) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := serve(t, nil)
				bob := testnet.NewPeer(t, r.net.Host("10.0.0.3"), r.gate.Origin("udp").Local)
				defer bob.Close()
				var all sync.WaitGroup
				all.Go(func() { attend(bob, seed%2 == 0, nil) })
				for k := range uint64(6) {
					dice := rand.New(rand.NewPCG(seed, k))
					g := r.guest(fmt.Sprintf("guest%d", k))
					to := []string{lobby, lobby, factory}[k%3]
					all.Go(func() { g.wanders(dice, to) })
				}
				stop := make(chan struct{})
				all.Go(func() { r.meddle(rand.New(rand.NewPCG(seed, 99)), int(seed%4), stop) })
				<-time.After(10 * time.Second)
				close(stop)
				r.end()
				r.mixer.Answer()
				all.Wait()
				r.vacant()
			})
		})
	}
}

// moment is a time within the next seconds at which others may do something as well.
func moment(dice *rand.Rand) time.Duration {
	return time.Duration(dice.IntN(40)) * 100 * time.Millisecond
}

// meddle answers for the mixer, which is of some diligence, and has users called and
// removed and conferences ended.
func (r *rig) meddle(dice *rand.Rand, diligence int, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(moment(dice) / 4):
		}
		r.mixer.Prompt(dice.IntN(4) < diligence-1)
		i := r.alive()
		switch k := dice.IntN(8); {
		case k < diligence:
			r.mixer.Answer()
		case i == nil:
		case k < 5:
			r.InviteUser(i, focus.Invitation{Target: sipmsg.Address{URI: uri(r.t, "sip:bob@10.0.0.3")}}, nil, nil)
		case k == 5:
			i.Do(conference.Remove{At: time.Now(), User: "sip:bob@10.0.0.3"}, nil)
		case k == 6:
			user := fmt.Sprintf("sip:guest%d@example.test", dice.IntN(6))
			i.Do(conference.Remove{At: time.Now(), User: conference.User(user)}, nil)
		default:
			i.Do(conference.End{At: time.Now(), Cause: conference.EndRequested}, nil)
		}
	}
}

// end ends every conference.
func (r *rig) end() {
	for _, e := range r.directory.All() {
		if e.Instance != nil {
			e.Instance.Do(conference.End{At: time.Now(), Cause: conference.EndRequested}, nil)
		}
	}
}

// wanders calls at some moment, gives up or hangs up at another, and takes what comes.
func (g *guest) wanders(dice *rand.Rand, to string) {
	<-time.After(moment(dice))
	g.Send(g.invite(to))
	tired, cancelled, in := time.Now().Add(moment(dice)), false, false
	for {
		m, err := g.Poll(max(time.Until(tired), tick))
		switch {
		case err == nil:
			if g.takes(m, &in) {
				return
			}
		case in:
			g.Send(g.call.Request(sipmsg.BYE))
			tired = tired.Add(time.Minute)
		case !cancelled:
			g.Send(testnet.Cancel(g.sent))
			cancelled, tired = true, tired.Add(moment(dice))
		default:
			tired = tired.Add(time.Second)
		}
	}
}

// takes answers a message, and reports whether the call is over.
func (g *guest) takes(m sipmsg.Message, in *bool) (over bool) {
	resp, ok := m.(*sipmsg.Response)
	if !ok {
		bye, _ := m.(*sipmsg.Request)
		g.Answer(bye, 200)
		return true
	}
	cseq, _ := resp.Header.CSeq()
	switch {
	case cseq.Method == sipmsg.BYE:
		return true
	case cseq.Method != sipmsg.INVITE || resp.Status < 200:
	case resp.Status < 300:
		*in = true
		g.call.Learn(resp)
		g.Send(g.call.Ack())
	default:
		g.Send(testnet.Refused(g.sent, resp))
		return true
	}
	return false
}
