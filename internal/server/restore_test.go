package server

import (
	"io"
	"net"
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/participant"
)

// relay passes connections on to a server, and can cut them.
type relay struct {
	t  *testing.T
	l  net.Listener
	to func() string

	mu    sync.Mutex
	conns []net.Conn
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return &relay{t: t, l: l}
}

// run passes connections on until the test ends.
func (p *relay) run() {
	var running sync.WaitGroup
	running.Go(func() {
		for {
			near, err := p.l.Accept()
			if err != nil {
				return
			}
			far, err := (&net.Dialer{}).DialContext(p.t.Context(), "tcp", p.to())
			if err != nil {
				_ = near.Close()
				continue
			}
			p.mu.Lock()
			p.conns = append(p.conns, near, far)
			p.mu.Unlock()
			running.Go(func() { _, _ = io.Copy(near, far); _ = near.Close() })
			running.Go(func() { _, _ = io.Copy(far, near); _ = far.Close() })
		}
	})
	p.t.Cleanup(func() {
		_ = p.l.Close()
		for p.cut() {
		}
		running.Wait()
	})
}

// cut closes the connection that was opened last, and tells whether there was one.
func (p *relay) cut() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.conns)
	if n == 0 {
		return false
	}
	for _, c := range p.conns[n-2:] {
		_ = c.Close()
	}
	p.conns = p.conns[:n-2]
	return true
}

// TestStreamRestored cuts the MSRP connection of a participant who talks: he is back by
// a re-INVITE, and what he says is neither lost nor shown twice.
func TestStreamRestored(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-CON-15")
	p := newRelay(t)
	r := serve(t, func(c *config.Config) { c.MSRP.Advertise = p.l.Addr().String() })
	p.to = func() string { return r.address("msrp", "tcp") }
	p.run()
	a, err := r.ue(t, "tcp", "alice").Join(t.Context(), lobby, participant.Options{NoSubscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	b, err := r.ue(t, "udp", "bob").Join(t.Context(), lobby, participant.Options{NoSubscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two", "three"} {
		if _, err := a.Send(t.Context(), text); err != nil {
			t.Fatal(err)
		}
		hears(t, b, "alice", text, false)
		p.cut()
		// Found out or not: what is said now arrives by the new stream.
		if _, err := b.Send(t.Context(), text+"!"); err != nil {
			t.Fatal(err)
		}
		hears(t, a, "bob", text+"!", false)
	}
	for _, c := range []*participant.Conference{a, b} {
		select {
		case e := <-c.Events():
			if m, ok := e.(participant.Message); ok {
				t.Errorf("once more: %+v", m)
			}
		default:
		}
		if err := c.Leave(t.Context()); err != nil {
			t.Error(err)
		}
	}
	r.vacant()
}
