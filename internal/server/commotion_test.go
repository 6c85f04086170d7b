package server

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// fickle are invited users on one socket who answer as it occurs to them.
type fickle struct {
	*guest
	random  *rand.Rand
	pending map[string]*sipmsg.Request // INVITEs without final answer, by Call-ID
}

// serve answers whatever comes until the conference is gone.
func (f *fickle) serve(gone <-chan struct{}) {
	for {
		select {
		case <-gone:
			return
		default:
		}
		m, err := f.Poll(20 * time.Millisecond)
		if err != nil {
			f.decide()
			continue
		}
		if req, ok := m.(*sipmsg.Request); ok {
			f.take(req)
		}
	}
}

// take answers a request.
func (f *fickle) take(req *sipmsg.Request) {
	id := req.Header.CallID()
	switch req.Method {
	case sipmsg.ACK:
	case sipmsg.INVITE:
		f.pending[id] = req
		if f.random.IntN(2) == 0 {
			f.decide()
		}
	case sipmsg.CANCEL:
		f.Answer(req, 200)
		if invite := f.pending[id]; invite != nil && f.random.IntN(3) > 0 {
			delete(f.pending, id)
			f.Send(f.Answering(invite).Respond(invite, 487))
		}
	default:
		f.Answer(req, 200)
	}
}

// decide gets on with one of the calls.
func (f *fickle) decide() {
	for id, invite := range f.pending {
		d := f.Answering(invite)
		switch f.random.IntN(5) {
		case 0:
			f.Send(d.Respond(invite, 180))
			return
		case 1:
			f.Send(d.Respond(invite, 486))
		case 2:
			f.Send(d.Accept(invite, ""))
		default:
			f.Send(d.Accept(invite, f.sdp))
			if f.random.IntN(2) == 0 {
				f.Send(d.Request(sipmsg.BYE))
			}
		}
		delete(f.pending, id)
		return
	}
}

// TestCommotion calls and removes users who answer as they like, locks, opens and
// ends the conference in between, and looks for what is left. Each invitation has
// one result.
func TestCommotion(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "FOC-TRM-05")
	const calls = 400
	r := serveTuned(t, func(c *config.Config) {
		c.DialOut.PerSecond, c.DialOut.Server, c.DialOut.Ring = 0, 0, time.Second
	}, tuning{t1: brisk})
	host := r.guest("tcp", "host").join(lobby)
	inst := r.entry().Instance
	f := &fickle{
		guest: r.callee("udp", "fickle"), random: rand.New(rand.NewPCG(1, 2)), pending: make(map[string]*sipmsg.Request),
	}
	stop := make(chan struct{})
	var answering, results sync.WaitGroup
	answering.Go(func() { f.serve(stop) })
	seed := rand.Uint64() // every run another
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(3, seed))
	target := func() sipmsg.Address {
		return sipmsg.Address{URI: mustURI(t, "sip:u"+strconv.Itoa(random.IntN(20))+"@"+f.Addr())}
	}
	for k := range calls {
		o := r.call(target(), nil)
		results.Go(func() {
			if err := <-o.decided; err == nil {
				<-o.final
			}
		})
		switch random.IntN(12) {
		case 0:
			r.focus.RemoveUser(inst, focus.Removal{Target: target().URI}, nil, nil)
		case 1:
			r.lock(k%3 == 0)
		}
	}
	if random.IntN(2) == 0 {
		results.Wait()
	}
	r.end()
	host.hungUp(`SIP;cause=200;text="Conference ended"`)
	results.Wait()
	<-inst.Gone()
	r.vacant()
	close(stop)
	answering.Wait()
	n := r.focus.Counters()
	if n.Invitations != n.Joined+n.Failed {
		t.Errorf("%+v", n)
	}
	t.Logf("%+v", n)
}
