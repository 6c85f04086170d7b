package server

import (
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// crowd are many users on a few sockets, as a proxy would have them.
type crowd struct {
	rig   *rig
	peers []*guest
	each  int
}

// crowd lets n users join a conference.
func (r *rig) crowd(n int, uri string) *crowd {
	r.t.Helper()
	const sockets = 10
	c := &crowd{rig: r, each: n / sockets}
	for k := range sockets {
		c.peers = append(c.peers, r.guest("tcp", "crowd"+strconv.Itoa(k)))
	}
	together(c.peers, func(_ int, g *guest) {
		for i := range c.each {
			user := &guest{SIPPeer: g.SIPPeer, rig: r, name: g.name + "-" + strconv.Itoa(i), sdp: g.sdp}
			user.join(uri)
		}
	})
	return c
}

// hungUp takes a BYE for each, and returns when the last one came.
func (c *crowd) hungUp() time.Time {
	var mu sync.Mutex
	var last time.Time
	together(c.peers, func(_ int, g *guest) {
		for range c.each {
			bye := g.Request()
			if bye.Method != sipmsg.BYE {
				c.rig.t.Errorf("want BYE, got\n%s", bye.Append(nil))
			}
			g.Answer(bye, 200)
		}
		mu.Lock()
		defer mu.Unlock()
		last = time.Now()
	})
	return last
}

// TestEndOfALargeConference says goodbye to 1,000 users in good time, though not
// all at once.
func TestEndOfALargeConference(t *testing.T) {
	if testing.Short() {
		t.Skip("1,000 users")
	}
	conform.Covers(t, "FOC-TRM-08")
	const users = 1000
	r := serve(t, func(c *config.Config) { c.Conferences[0].Policy.MaxUsers = users })
	c := r.crowd(users, lobby)
	begun := time.Now()
	r.end()
	took := c.hungUp().Sub(begun)
	if took < time.Second {
		t.Errorf("%d BYEs in %v", users, took)
	}
	t.Logf("%d BYEs in %v", users, took)
	r.vacant()
}

// TestShutdownOfALargeConference does not wait.
func TestShutdownOfALargeConference(t *testing.T) {
	conform.Covers(t, "FOC-TRM-08")
	const users = 300
	r := serve(t, nil)
	c := r.crowd(users, lobby)
	begun := time.Now()
	down := make(chan error, 1)
	go func() { down <- r.Shutdown(t.Context()) }()
	t.Logf("%d BYEs in %v", users, c.hungUp().Sub(begun))
	if err := <-down; err != nil {
		t.Error(err)
	}
	r.ended = true
}

// BenchmarkListOf100 creates a conference with 100 invited users who all answer. They do so
// over TCP, as a peer that repeats nothing must.
func BenchmarkListOf100(b *testing.B) {
	r := serve(b, func(c *config.Config) { c.DialOut.PerSecond, c.DialOut.Unanswered, c.DialOut.Server = 0, 0, 0 })
	crowd := r.callee("tcp", "crowd")
	list := make([]string, 100)
	for k := range list {
		list[k] = "sip:u" + strconv.Itoa(k) + "@" + crowd.Addr() + ";transport=tcp"
	}
	body := entries(list...)
	alice := r.guest("tcp", "alice")
	for b.Loop() {
		alice.create(alice.withList(factory, body, "recipient-list"))
		var calls []*testnet.Dialog
		for acknowledged := 0; acknowledged < len(list); {
			req := crowd.Request()
			if req.Method == sipmsg.ACK {
				acknowledged++
				continue
			}
			call := crowd.Answering(req)
			calls = append(calls, call)
			crowd.Send(call.Accept(req, crowd.sdp))
		}
		for _, call := range calls {
			crowd.Send(call.Request(sipmsg.BYE))
			crowd.Expect(200, sipmsg.BYE)
		}
		alice.leave()
	}
}
