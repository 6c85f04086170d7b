package focus_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/focus/focustest"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// faulty is a journal that has no time once.
type faulty struct {
	journal.Journal

	mu      sync.Mutex
	until   int // appends until then
	refused conference.Event
}

func (f *faulty) Append(ctx context.Context, id conference.ID, after journal.Position, events ...conference.Event) (journal.Position, error) {
	f.mu.Lock()
	f.until--
	now := f.until == 0
	if now {
		f.refused = events[0]
	}
	f.mu.Unlock()
	if now {
		return 0, journal.ErrBusy
	}
	return f.Journal.Append(ctx, id, after, events...)
}

// TestJournalFault has the journal fail at each step once, in a conference into which some come, and some are
// called: everybody gets an answer, and nothing is left.
func TestJournalFault(t *testing.T) {
	conform.Covers(t, "MIX-01")
	for _, answers := range []bool{true, false} {
		for step, more := 1, true; more; step++ {
			t.Run(fmt.Sprintf("answers=%t/%d", answers, step), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					j := &faulty{Journal: local.New(local.Limits{}), until: step}
					visit(serveFrom(t, j, nil), answers)
					more = j.refused != nil
					t.Logf("refused: %T", j.refused)
				})
			})
		}
	}
}

// visit has bob and alice come and go as far as they can, and carol be called between.
func visit(r *rig, answers bool) {
	r.mixer.Prompt(true)
	carol := testnet.NewPeer(r.t, r.net.Host("10.0.0.3"), r.gate.Origin("udp").Local)
	defer carol.Close()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		attend(carol, answers)
	}()
	var in []*guest
	for _, name := range []string{"bob", "alice"} {
		if g := r.guest(name); g.tries(lobby) {
			in = append(in, g)
		}
	}
	if i := r.alive(); i != nil {
		r.InviteUser(i, focus.Invitation{Target: sipmsg.Address{URI: uri(r.t, "sip:carol@10.0.0.3")}}, nil, nil)
		<-time.After(time.Second)
		if answers {
			i.Do(conference.Remove{At: time.Now(), User: "sip:carol@10.0.0.3"}, func(result instance.Result) {
				if result.Err != nil { // the administration tries again
					i.Do(conference.Remove{At: time.Now(), User: "sip:carol@10.0.0.3"}, nil)
				}
			})
		}
	}
	<-time.After(5 * time.Second)
	if i := r.alive(); i != nil {
		if n := r.endpoints(i); n != len(in) {
			r.t.Errorf("%d endpoints, want %d", n, len(in))
		}
	}
	for _, g := range in {
		g.leave()
	}
	r.vacant()
	<-gone
}

// tries asks for admission, and reports whether it was granted.
func (g *guest) tries(to string) bool {
	g.rig.t.Helper()
	g.Send(g.invite(to))
	resp := g.Response()
	if resp.Status != 200 {
		g.Send(testnet.Refused(g.sent, resp))
		return false
	}
	g.call.Learn(resp)
	g.Send(g.call.Ack())
	return true
}

// attend is a user who is called, answers or is busy, and takes the BYE.
func attend(p *testnet.Peer, answers bool) {
	for m := p.Next(10 * time.Second); m != nil; m = p.Next(10 * time.Second) {
		switch req, _ := m.(*sipmsg.Request); {
		case req == nil, req.Method == sipmsg.ACK:
		case req.Method == sipmsg.INVITE && answers:
			p.Answer(req, 200, "c", "Contact: <sip:carol@10.0.0.3>\nContent-Type: application/sdp", focustest.Description)
		case req.Method == sipmsg.INVITE:
			p.Answer(req, 486, "c", "", "")
		default:
			p.Answer(req, 200, "", "", "")
		}
	}
}

// endpoints counts those that have a place in a conference.
func (r *rig) endpoints(i *instance.Instance) int {
	r.t.Helper()
	n := make(chan int, 1)
	err := i.Look(func(s *conference.State) {
		count := 0
		for p := range s.Participants() {
			for range p.Endpoints() {
				count++
			}
		}
		n <- count
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return <-n
}
