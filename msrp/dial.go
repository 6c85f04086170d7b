package msrp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

var errNoPath = errors.New("msrp: no path of the peer, or not one to connect to")

// dialling is a connection that we open or have opened, for all sessions that
// want the same scheme, host and port.
type dialling struct {
	done chan struct{} // closed when conn or err is set
	conn *conn
	err  error
}

// Connect makes the session active: it opens a connection to the leftmost URI
// of the peer's path, or shares a live one, and binds the session to it with a
// bodiless SEND. It returns at once. Then either Bound is called, or Ended with
// the error of the network, an *Error of the peer, or ErrUnbound after
// BindTimeout.
func (s *Session) Connect() error { return s.ConnectTo("", 0) }

// ConnectTo is Connect to another host and port than the path names: those of
// the c= and m= lines where media is anchored (RFC 6714). An empty host and port
// 0 stand for those of the path, which all requests carry in any case.
// [CEMA-02]
func (s *Session) ConnectTo(host string, port uint16) error {
	s.mu.Lock()
	remote, ended := s.remote, s.ended.Load()
	s.mu.Unlock()
	if ended {
		return ErrClosed
	}
	if s.relay != nil {
		return s.connectRelayed()
	}
	// Only a tcp URI with a port can be dialled. [MSRP-URI-03] [MSRP-URI-07]
	if len(remote) == 0 || remote[0].Port == 0 || !strings.EqualFold(remote[0].Transport, "tcp") {
		return errNoPath
	}
	to := target{host: host, port: port, secure: remote[0].Secure, name: remote[0].Host, prints: strongest(s.peerPrints())}
	if host == "" {
		to.host, to.port = remote[0].Host, remote[0].Port
	}
	s.Await()
	if !s.ep.spawn(func() { s.connect(to) }) {
		return ErrShutdown
	}
	return nil
}

// target is where a connection leads.
type target struct {
	web     *url.URL // of a WebSocket, nil for none
	host    string
	port    uint16
	secure  bool
	name    string        // that the server's certificate must be made out to,
	prints  []Fingerprint // unless these are known
	service bool          // a relay or a web server, not an endpoint
}

// key is what connections must have in common to be shared: scheme, host, port,
// and what is known of the certificate. [MSRP-CON-08]
func (t *target) key() string {
	if t.web != nil {
		return t.web.String()
	}
	scheme := "msrp://"
	if t.secure {
		scheme = "msrps://" + strings.ToLower(t.name) + "@"
	}
	key := scheme + net.JoinHostPort(strings.ToLower(t.host), strconv.Itoa(int(t.port)))
	for _, f := range t.prints {
		key += " " + string(f.Digest)
	}
	return key
}

func (s *Session) connect(to target) {
	for {
		c, err := s.ep.reach(context.Background(), to)
		if err != nil {
			s.end(err, true)
			return
		}
		if s.bindTo(c) {
			return
		}
		if s.ended.Load() {
			return
		}
		s.ep.abandon(c) // full or just closed: open another one
	}
}

// reach returns a live connection to a target, or opens one, which goes on when ctx
// ends: others may wait for it, too. RFC 4975 §5.4. [MSRP-CON-08]
func (ep *Endpoint) reach(ctx context.Context, to target) (*conn, error) {
	key := to.key()
	ep.mu.Lock()
	d, known := ep.dialled[key]
	if !known {
		d = &dialling{done: make(chan struct{})}
		ep.dialled[key] = d
	}
	ep.mu.Unlock()
	if !known && !ep.spawn(func() { ep.open(d, key, to) }) { //nolint:contextcheck // it outlives ctx
		return nil, ErrShutdown
	}
	select {
	case <-d.done:
		return d.conn, d.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-ep.life.Done():
		return nil, ErrShutdown
	}
}

func (ep *Endpoint) open(d *dialling, key string, to target) {
	defer close(d.done)
	var c *conn
	nc, err := ep.dial(to)
	if err == nil {
		c, err = ep.start(nc, false, key)
	}
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if d.conn, d.err = c, err; err != nil {
		delete(ep.dialled, key)
	}
}

// abandon makes the next session dial anew instead of sharing c.
func (ep *Endpoint) abandon(c *conn) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if d := ep.dialled[c.key]; d != nil && d.conn == c {
		delete(ep.dialled, c.key)
	}
}

// dial tries the addresses of a target in the order given, without SRV and
// without a default port. RFC 4975 §6.2. [MSRP-URI-08]
func (ep *Endpoint) dial(to target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ep.life, ep.cfg.DialTotal)
	defer cancel()
	addrs, err := ep.resolve(ctx, to.host)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, a := range addrs {
		open := ep.dialStream
		if to.web != nil {
			open = ep.dialWeb
		}
		nc, err := open(ctx, netip.AddrPortFrom(a, to.port), &to)
		if err == nil {
			return nc, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
}

// dialStream opens a stream to an address, over TLS if the target wants that.
func (ep *Endpoint) dialStream(ctx context.Context, at netip.AddrPort, to *target) (net.Conn, error) {
	nc, err := ep.dialOne(ctx, at)
	if err == nil && to.secure {
		nc, err = ep.secure(ctx, nc, to)
	}
	return nc, err
}

func (ep *Endpoint) dialOne(ctx context.Context, a netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, ep.cfg.DialTimeout)
	defer cancel()
	return ep.cfg.Dial(ctx, "tcp", a.String())
}

func (ep *Endpoint) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a}, nil
	}
	addrs, err := ep.cfg.Lookup(ctx, host)
	if err == nil && len(addrs) == 0 {
		err = &net.DNSError{Err: "no addresses", Name: host, IsNotFound: true}
	}
	for i := range addrs {
		addrs[i] = addrs[i].Unmap()
	}
	return addrs, err
}
