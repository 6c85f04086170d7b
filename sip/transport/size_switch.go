package transport

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// maxRequest is the size in octets up to which a request goes over UDP when the
// path MTU is unknown (RFC 3261 §18.1.1).
const maxRequest = 1300

// udpOnlyFor is how long it is remembered, since it was last of use, that a
// peer has no TCP; udpOnlyPeers is for how many peers.
const (
	udpOnlyFor   = time.Hour
	udpOnlyPeers = 4096
)

// switchBySize turns a request that is too large for UDP into one for TCP and
// keeps the other form for when the peer takes no TCP.
//
// RFC 3261 §18.1.1: larger than 1300 octets goes over a congestion-controlled
// transport, with the top Via rewritten. [COM-11]
func (p *Packet) switchBySize(req *sipmsg.Request) error {
	if len(p.octets) <= maxRequest || p.layer.udpOnly.has(p.addr, time.Now()) {
		return nil
	}
	small, socket := p.octets, p.flow
	flow, err := p.layer.connect(endpoint{transport: TCP, addr: p.addr})
	if err != nil {
		return nil //nolint:nilerr // no connection now: it goes as a datagram
	}
	if err := p.render(req, flow); err != nil {
		return err
	}
	p.datagram, p.small = socket, small
	p.layer.count.sizeSwitched.Add(1)
	return nil
}

// switched learns what became of a request that went over TCP for its size.
// Where no connection came up it goes over UDP, and that is remembered.
func (p *Packet) switched(err error, done func(error)) {
	p.mu.Lock()
	socket, small := p.datagram, p.small
	p.datagram, p.small = nil, nil
	if err != nil && socket != nil {
		p.flow, p.octets = socket, small
	}
	p.mu.Unlock()
	if err == nil || socket == nil || errors.Is(err, ErrClosed) {
		if done != nil {
			done(err)
		}
		return
	}
	var refused *dialError
	if errors.As(err, &refused) {
		p.layer.udpOnly.add(p.addr, time.Now())
	}
	p.layer.count.sizeFallback.Add(1)
	p.write(done)
}

// udpOnly remembers peers to which no TCP connection came up.
type udpOnly struct {
	mu    sync.Mutex
	until map[netip.AddrPort]time.Time
}

// has reports whether addr is known to take UDP only, and renews the memory:
// a dialog to it that goes on does not wait for TCP again.
func (u *udpOnly) has(addr netip.AddrPort, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	until, ok := u.until[addr]
	if !ok {
		return false
	}
	if now.After(until) {
		delete(u.until, addr)
		return false
	}
	u.until[addr] = now.Add(udpOnlyFor)
	return true
}

func (u *udpOnly) add(addr netip.AddrPort, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.until == nil {
		u.until = make(map[netip.AddrPort]time.Time)
	}
	// Full: forget what is over, or else any one.
	if len(u.until) >= udpOnlyPeers {
		var other netip.AddrPort
		for a, until := range u.until {
			other = a
			if now.After(until) {
				delete(u.until, a)
			}
		}
		if len(u.until) >= udpOnlyPeers {
			delete(u.until, other)
		}
	}
	u.until[addr] = now.Add(udpOnlyFor)
}
