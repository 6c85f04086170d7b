package transport

import (
	"net/netip"
	"sync"
)

// A Packet is a message that was sent, kept for sending it again. Its methods
// are safe for concurrent use.
type Packet struct {
	// Fixed after construction.
	layer    *Layer
	addr     netip.AddrPort // where it goes when flow is gone; may be invalid
	host     string         // whom a TLS peer there has to prove to be
	at       netip.Addr     // where a datagram leaves from; may be invalid
	response bool

	mu       sync.Mutex
	flow     *Flow // nil if there never was one
	message  rendered
	datagram *Flow    // UDP socket to fall back to, while that is possible
	small    rendered // the message as it is then
}

// Reliable reports whether the message went over a transport that delivers by
// itself. It can change to false while a connection does not come up. [COM-11]
func (p *Packet) Reliable() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.flow != nil && p.flow.Reliable()
}

// Target is where the message went: what belongs to it, such as the ACK to a
// negative response or a CANCEL, follows it there.
func (p *Packet) Target() Target {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := Target{Addr: p.addr, Host: p.host, Flow: p.flow}
	if p.flow != nil {
		t.Transport = p.flow.transport
	}
	return t
}

// Resend sends the message again: over the same flow, or over a new connection
// when that is gone. done may be nil; it is called once, as for the first time.
func (p *Packet) Resend(done func(error)) {
	p.mu.Lock()
	flow := p.flow
	p.mu.Unlock()
	if flow != nil && p.passable(flow) {
		p.write(done)
		return
	}
	p.reconnect(flow, done)
}

// Retransmit is Resend where it is of use: over an unreliable transport, or
// when the connection is gone before an answer came. Over a connection that
// lives, or is coming up, it does nothing.
func (p *Packet) Retransmit(done func(error)) {
	p.mu.Lock()
	flow := p.flow
	p.mu.Unlock()
	if flow == nil || flow.Reliable() && flow.Alive() {
		return
	}
	p.Resend(done)
}

// passable reports whether flow still takes the message. A connection whose
// peer has closed its half takes responses, but no requests.
func (p *Packet) passable(flow *Flow) bool {
	if p.response {
		return !flow.ended()
	}
	return flow.Alive()
}

// reconnect sends over a new connection to the same address.
func (p *Packet) reconnect(old *Flow, done func(error)) {
	err := ErrFlowGone
	if old != nil && old.Reliable() && p.addr.IsValid() {
		var flow *Flow
		to := Target{Transport: old.transport, Addr: p.addr, Host: p.host}
		if flow, err = p.layer.connect(endpointOf(to)); err == nil {
			p.mu.Lock()
			p.flow = flow
			p.mu.Unlock()
			p.write(p.orSender(done))
			return
		}
	}
	if done != nil {
		done(err)
	}
}

// remote is where the message goes over flow.
func (p *Packet) remote(flow *Flow) netip.AddrPort {
	if flow.Reliable() && (p.response || !p.addr.IsValid()) {
		return flow.remote
	}
	return p.addr
}

// write puts the message on its flow.
func (p *Packet) write(done func(error)) {
	p.mu.Lock()
	flow, message, fallback := p.flow, p.message, p.datagram != nil
	p.mu.Unlock()
	if fallback {
		first := done
		done = func(err error) { p.switched(err, first) }
	}
	p.layer.tapped(flow, p.remote(flow), message)
	flow.link.write(message, p.at, p.addr, done)
}
