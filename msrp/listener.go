package msrp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"time"
)

// Listener accepts connections for an endpoint.
type Listener struct {
	ep     *Endpoint
	nl     net.Listener
	secure bool
}

// Listen accepts connections on a TCP address; network is "tcp", or "tls" for
// connections that begin with a TLS handshake.
func (ep *Endpoint) Listen(ctx context.Context, network, address string) (*Listener, error) {
	lc := net.ListenConfig{KeepAlive: 30 * time.Second} // [MSRP-CON-11]
	nl, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	if network == "tls" {
		return ep.ServeTLS(nl)
	}
	return ep.Serve(nl)
}

// Serve accepts connections from nl, which it closes with the endpoint.
func (ep *Endpoint) Serve(nl net.Listener) (*Listener, error) {
	return ep.serve(&Listener{ep: ep, nl: nl})
}

// ServeTLS is like Serve; each connection begins with a TLS handshake.
// [MSRP-TLS-01]
func (ep *Endpoint) ServeTLS(nl net.Listener) (*Listener, error) {
	return ep.serve(&Listener{ep: ep, nl: nl, secure: true})
}

func (ep *Endpoint) serve(l *Listener) (*Listener, error) {
	if !ep.spawnListener(l) {
		_ = l.nl.Close()
		return nil, ErrShutdown
	}
	return l, nil
}

func (ep *Endpoint) spawnListener(l *Listener) bool {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed {
		return false
	}
	ep.listeners = append(ep.listeners, l)
	ep.group.Go(l.accept)
	return true
}

// Addr returns the address the listener is bound to, the zero value if it is
// not an IP address.
func (l *Listener) Addr() netip.AddrPort {
	a, ok := l.nl.Addr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return a.AddrPort()
}

func (l *Listener) accept() {
	pause := time.Duration(0)
	for {
		nc, err := l.nl.Accept()
		switch {
		case err == nil:
			pause = 0
			l.serve(nc)
		case errors.Is(err, net.ErrClosed):
			return
		default: // out of descriptors, most likely: try again later
			pause = min(max(2*pause, 5*time.Millisecond), time.Second)
			l.ep.cfg.Log.Warn("msrp accept failed", "reason", err)
			if !l.ep.pause(pause) {
				return
			}
		}
	}
}

func (l *Listener) serve(nc net.Conn) {
	if l.secure {
		nc = tls.Server(&guarded{Conn: nc}, l.ep.tls)
	}
	if err := l.ep.ServeConn(nc); err != nil {
		l.ep.cfg.Log.Debug("msrp connection refused", "remote", nc.RemoteAddr(), "reason", err)
	}
}

// pause waits; it reports false when the endpoint has been closed.
func (ep *Endpoint) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ep.life.Done():
		return false
	}
}

// ServeConn takes over a connection that a peer has opened, whatever carries
// it; on a [tls.Conn] the handshake may be still to come. It is closed if the
// endpoint refuses it.
func (ep *Endpoint) ServeConn(nc net.Conn) error {
	_, err := ep.start(nc, true, "")
	return err
}
