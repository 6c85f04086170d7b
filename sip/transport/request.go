package transport

import (
	"github.com/confab-chat/confab/sip/sipmsg"
)

// SendRequest sends a request. It writes transport and sent-by of the flow it
// chooses into the topmost Via, which the caller has put there with a branch;
// req is not used after it returns, except that a large body is not copied: its octets
// stay as they are.
//
// done may be nil. It is called exactly once, on any goroutine and perhaps
// before SendRequest returns: with nil when the octets were handed to the
// system, with an error when that failed or no connection came up.
//
// A request over 1300 octets for UDP goes over TCP if the peer takes that
// within Config.DialTimeout, and over UDP if not; such a peer is remembered.
func (l *Layer) SendRequest(req *sipmsg.Request, to Target, done func(error)) *Packet {
	p := &Packet{layer: l, addr: unmap(to.Addr), host: to.Host}
	err := p.prepare(req, to)
	if err != nil {
		if done != nil {
			done(err)
		}
		return p
	}
	p.write(done)
	return p
}

// prepare chooses the flow of a request and renders it.
func (p *Packet) prepare(req *sipmsg.Request, to Target) error {
	flow, err := p.choose(to)
	if err != nil {
		return err
	}
	// RFC 3261 §26.2.2, RFC 5630 §3.1: no hop of a sips URI is in clear. [COM-14]
	if !flow.Secure() && wantsTLS(req) {
		return ErrInsecure
	}
	if err := p.render(req, flow); err != nil || flow.Reliable() {
		return err
	}
	return p.switchBySize(req)
}

// choose returns the flow for a target: the one it names if that lives, an
// open or new connection, or a socket.
func (p *Packet) choose(to Target) (*Flow, error) {
	named := to.Flow
	switch {
	case named != nil && !named.Alive():
		named = nil
		if !p.addr.IsValid() {
			return nil, ErrFlowGone
		}
	case named != nil && named.Reliable():
		return named, nil
	}
	if p.addr.Port() == 0 {
		return nil, ErrTransport
	}
	if named != nil {
		return named, nil
	}
	switch to.Transport {
	case TCP, TLS, WS, WSS:
		return p.layer.connect(endpointOf(to))
	case UDP, "":
		if socket := p.layer.socketFor(p.addr.Addr()); socket != nil {
			return socket, nil
		}
	}
	return nil, ErrTransport
}

// render writes the request down as it goes over flow.
func (p *Packet) render(req *sipmsg.Request, flow *Flow) error {
	if err := p.layer.putVia(req, flow, p.remote(flow).Addr()); err != nil {
		return err
	}
	p.flow, p.message = flow, p.layer.scratch.render(req)
	return nil
}
