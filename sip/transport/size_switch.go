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
// peer has no TCP; udpOnlyPeers is for how many peers. While it is of use, TCP is
// tried again every tcpRetry, and no message waits for that.
const (
	udpOnlyFor   = time.Hour
	udpOnlyPeers = 4096
	tcpRetry     = time.Minute
)

// switchBySize turns a request that is too large for UDP into one for TCP and
// keeps the other form for when the peer takes no TCP.
//
// RFC 3261 §18.1.1: larger than 1300 octets goes over a congestion-controlled
// transport, with the top Via rewritten. [COM-11]
func (p *Packet) switchBySize(req *sipmsg.Request) error {
	if p.message.size() <= maxRequest || p.layer.staysOnUDP(p.addr) {
		return nil
	}
	small, socket := p.message, p.flow
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
	p.datagram, p.small = nil, rendered{}
	if err != nil && socket != nil {
		p.flow, p.message = socket, small
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

// staysOnUDP reports whether a peer took no TCP lately. From time to time it is
// tried in the background: a peer whose TCP was down once is not kept on UDP.
func (l *Layer) staysOnUDP(addr netip.AddrPort) bool {
	known, retry := l.udpOnly.has(addr, time.Now())
	if !known {
		return false
	}
	to := endpoint{transport: TCP, addr: addr}
	l.mu.Lock()
	open := l.byRemote[to]
	l.mu.Unlock()
	if open != nil && open.Local().IsValid() {
		l.udpOnly.del(addr)
		return false
	}
	if retry {
		_, _ = l.connect(to) // the next message sees what comes of it
	}
	return true
}

// udpOnly remembers peers to which no TCP connection came up.
type udpOnly struct {
	mu    sync.Mutex
	peers map[netip.AddrPort]udpPeer
}

type udpPeer struct{ until, retry time.Time }

// has reports whether addr is known to take UDP only, and renews the memory: a
// dialog to it that goes on does not wait for TCP again. It tells once in a while
// to try TCP.
func (u *udpOnly) has(addr netip.AddrPort, now time.Time) (known, retry bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	peer, ok := u.peers[addr]
	if !ok {
		return false, false
	}
	if now.After(peer.until) {
		delete(u.peers, addr)
		return false, false
	}
	peer.until = now.Add(udpOnlyFor)
	if retry = now.After(peer.retry); retry {
		peer.retry = now.Add(tcpRetry)
	}
	u.peers[addr] = peer
	return true, retry
}

func (u *udpOnly) del(addr netip.AddrPort) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.peers, addr)
}

func (u *udpOnly) add(addr netip.AddrPort, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.peers == nil {
		u.peers = make(map[netip.AddrPort]udpPeer)
	}
	// Full: forget what is over, or else any one.
	if len(u.peers) >= udpOnlyPeers {
		var other netip.AddrPort
		for a, peer := range u.peers {
			other = a
			if now.After(peer.until) {
				delete(u.peers, a)
			}
		}
		if len(u.peers) >= udpOnlyPeers {
			delete(u.peers, other)
		}
	}
	u.peers[addr] = udpPeer{until: now.Add(udpOnlyFor), retry: now.Add(tcpRetry)}
}
