package transport

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// Bounds of the search for who sent a request.
const (
	// seekTime is how long it may take to find out addresses.
	seekTime = 10 * time.Second
	// mostSeeking is how many responses are searched for at a time; others are given up.
	mostSeeking = 32
	// mostSenders is how many servers are tried for one response.
	mostSenders = 3
)

// A Resolver finds the servers of a URI (RFC 3263), at least one if there is no error,
// and leaves out those that must not be connected to. It is called from goroutines of
// the layer and may block until ctx ends.
type Resolver interface {
	Locate(ctx context.Context, uri sipmsg.URI) ([]Target, error)
}

// Bind says who finds the senders of requests whose connections are gone. It is called
// before the first message; without it such responses are lost.
func (l *Layer) Bind(r Resolver) { l.resolver = r }

// orSender returns done for a response that goes to where its request came from: if no
// connection comes up to there, the servers that sent-by names are tried (RFC 3263 §5).
// Nobody waits for that.
func (p *Packet) orSender(done func(error)) func(error) {
	if !p.response || p.layer.resolver == nil {
		return done
	}
	return func(err error) {
		if unreached(err) && p.seek(err, done) {
			return
		}
		if done != nil {
			done(err)
		}
	}
}

// unreached reports whether no connection came up, so that nothing was sent.
func unreached(err error) bool {
	var d *dialError
	return errors.As(err, &d)
}

// seek looks for the sender, and reports whether it does.
func (p *Packet) seek(cause error, done func(error)) bool {
	l := p.layer
	uri, ok := p.sender()
	if !ok {
		return false
	}
	select {
	case l.seeking <- struct{}{}:
	default:
		return false
	}
	started := l.start(func() {
		defer func() { <-l.seeking }()
		ctx, cancel := context.WithTimeout(l.lifetime, seekTime)
		defer cancel()
		targets, err := l.resolver.Locate(ctx, uri)
		if err != nil {
			cause = errors.Join(cause, err)
		}
		p.try(targets[:min(len(targets), mostSenders)], cause, done)
	})
	if !started {
		<-l.seeking
	}
	return started
}

// sender is the URI of sent-by in the response's topmost Via, with the transport that
// the request came by; ok is false where it is the address that was tried already, and
// for peers that nobody can connect to.
func (p *Packet) sender() (uri sipmsg.URI, ok bool) {
	p.mu.Lock()
	flow, message := p.flow, p.message
	p.mu.Unlock()
	m, err := sipmsg.ParseDatagram(message.octets(), p.layer.cfg.Limits)
	if err != nil || flow == nil || socket(flow.transport) {
		return uri, false
	}
	via, err := m.Head().Via()
	if err != nil {
		return uri, false
	}
	if addr, err := netip.ParseAddr(strings.Trim(via.Host, "[]")); err == nil && addr.Unmap() == p.addr.Addr().Unmap() {
		return uri, false
	}
	uri = sipmsg.URI{Scheme: "sip", Host: via.Host, Port: via.Port}
	uri.Params = uri.Params.With("transport", flow.transport)
	return uri, true
}

// try sends to the first of targets to which a connection comes up.
func (p *Packet) try(targets []Target, cause error, done func(error)) {
	for i, to := range targets {
		flow, err := p.layer.connect(endpointOf(to))
		if err != nil {
			cause = err
			continue
		}
		p.mu.Lock()
		p.flow = flow
		p.mu.Unlock()
		p.write(func(err error) {
			if unreached(err) && i+1 < len(targets) {
				p.try(targets[i+1:], err, done)
			} else if done != nil {
				done(err)
			}
		})
		return
	}
	if done != nil {
		done(cause)
	}
}
