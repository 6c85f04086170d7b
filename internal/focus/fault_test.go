package focus_test

import (
	"context"
	"errors"
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

// faulty is a journal that has no time at one of its appends, and for a while after it.
type faulty struct {
	journal.Journal

	mu    sync.Mutex
	steps int           // appends until then
	pause time.Duration // 0: only that one
	until time.Time
	first conference.Event // that was refused
}

func (f *faulty) Append(ctx context.Context, id conference.ID, after journal.Position, events ...conference.Event) (journal.Position, error) {
	if f.refuses(events[0]) {
		return 0, journal.ErrBusy
	}
	return f.Journal.Append(ctx, id, after, events...)
}

func (f *faulty) refuses(e conference.Event) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.steps--
	if f.steps == 0 {
		f.first, f.until = e, time.Now().Add(f.pause)
	}
	return f.steps == 0 || time.Now().Before(f.until)
}

// TestJournalFault has the journal fail at each step, once and for a while, in a conference
// to which some come, and others are called: everybody gets an answer, and nothing is left.
func TestJournalFault(t *testing.T) {
	conform.Covers(t, "MIX-01", "FOC-REF-09")
	for _, answers := range []bool{true, false} {
		for _, pause := range []time.Duration{0, 7 * time.Second} {
			for step, more := 1, true; more; step++ {
				t.Run(fmt.Sprintf("answers=%t/%v/%d", answers, pause, step), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						j := &faulty{Journal: local.New(local.Limits{}), steps: step, pause: pause}
						visit(serveFrom(t, j, nil), answers)
						more = j.first != nil
						t.Logf("refused: %T", j.first)
					})
				})
			}
		}
	}
}

// visit has bob and alice come and go as far as they can, alice change her device, and
// carol be called.
func visit(r *rig, answers bool) {
	r.mixer.Prompt(true)
	carol := testnet.NewPeer(r.t, r.net.Host("10.0.0.3"), r.gate.Origin("udp").Local)
	defer carol.Close()
	var gone sync.WaitGroup
	gone.Go(func() { attend(carol, answers, nil) })
	defer gone.Wait()
	var in []*guest
	for _, g := range []*guest{r.guest("bob"), r.guest("alice")} {
		if g.tries(lobby) {
			in = append(in, g)
		}
	}
	if n := len(in); n > 0 {
		if phone := r.guest(in[n-1].name); phone.tries(lobby, "Replaces: "+in[n-1].replaces()) {
			in[n-1].hungUp()
			in[n-1] = phone
		}
	}
	if i := r.alive(); i != nil {
		report := func(status int, _ string, final bool) {
			if final && status != 200 && status != 486 && status != 503 { // [FOC-REF-09]
				r.t.Errorf("reported %d", status)
			}
		}
		r.InviteUser(i, focus.Invitation{Target: sipmsg.Address{URI: uri(r.t, "sip:carol@10.0.0.3")}}, nil, report)
		<-time.After(time.Second)
		insist(i, conference.Remove{User: "sip:carol@10.0.0.3"})
		<-time.After(10 * time.Second)
	}
	if i := r.alive(); i != nil {
		if n := r.endpoints(i); n != len(in) {
			r.t.Errorf("%d endpoints, want %d", n, len(in))
		}
	}
	for _, g := range in {
		g.leave()
	}
	r.vacant()
}

// insist has a command carried out as soon as the journal has time.
func insist(i *instance.Instance, c conference.Command) {
	done := make(chan error, 1)
	for {
		i.Do(c, func(r instance.Result) { done <- r.Err })
		if !errors.Is(<-done, journal.ErrBusy) {
			return
		}
		<-time.After(time.Second)
	}
}

// tries asks for admission, and reports whether it was granted.
func (g *guest) tries(to string, fields ...string) bool {
	g.rig.t.Helper()
	g.Send(g.invite(to, fields...))
	resp := g.Response()
	if resp.Status != 200 {
		g.Send(testnet.Refused(g.sent, resp))
		return false
	}
	g.call.Learn(resp)
	g.Send(g.call.Ack())
	return true
}

// attend is a user who is called, answers or is busy, and takes the BYE. Before, unless
// it is nil, is called before he answers.
func attend(p *testnet.Peer, answers bool, before func()) {
	for m := p.Next(time.Minute); m != nil; m = p.Next(time.Minute) {
		switch req, _ := m.(*sipmsg.Request); {
		case req == nil, req.Method == sipmsg.ACK:
		case req.Method == sipmsg.INVITE && answers:
			if before != nil {
				before()
			}
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
