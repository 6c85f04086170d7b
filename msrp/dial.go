package msrp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/msrp/msrpwire"
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
func (s *Session) Connect() error {
	s.mu.Lock()
	remote, ended := s.remote, s.ended.Load()
	s.mu.Unlock()
	if ended {
		return ErrClosed
	}
	// Only a tcp URI with a port can be dialled. [MSRP-URI-03] [MSRP-URI-07]
	if len(remote) == 0 || remote[0].Port == 0 || !strings.EqualFold(remote[0].Transport, "tcp") || remote[0].Secure {
		return errNoPath
	}
	s.Await()
	if !s.ep.spawn(func() { s.connect(remote[0]) }) {
		return ErrShutdown
	}
	return nil
}

func (s *Session) connect(next msrpwire.URI) {
	for {
		c, err := s.ep.reach(next)
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

// reach returns a live connection to u, or opens one. RFC 4975 §5.4.
// [MSRP-CON-08]
func (ep *Endpoint) reach(u msrpwire.URI) (*conn, error) {
	key := u.Scheme() + "://" + strings.ToLower(u.Host) + ":" + strconv.Itoa(int(u.Port))
	ep.mu.Lock()
	d := ep.dialled[key]
	if d == nil {
		d = &dialling{done: make(chan struct{})}
		ep.dialled[key] = d
		ep.mu.Unlock()
		ep.open(d, key, u)
	} else {
		ep.mu.Unlock()
	}
	select {
	case <-d.done:
		return d.conn, d.err
	case <-ep.life.Done():
		return nil, ErrShutdown
	}
}

func (ep *Endpoint) open(d *dialling, key string, u msrpwire.URI) {
	defer close(d.done)
	var c *conn
	nc, err := ep.dial(u)
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

// dial tries the addresses of u in the order given, without SRV and without a
// default port. RFC 4975 §6.2. [MSRP-URI-08]
func (ep *Endpoint) dial(u msrpwire.URI) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ep.life, ep.cfg.DialTotal)
	defer cancel()
	addrs, err := ep.resolve(ctx, u.Host)
	if err != nil {
		return nil, err
	}
	var failed []error
	for _, a := range addrs {
		one, cancel := context.WithTimeout(ctx, ep.cfg.DialTimeout)
		nc, err := ep.cfg.Dial(one, "tcp", netip.AddrPortFrom(a, u.Port).String())
		cancel()
		if err == nil {
			return nc, nil
		}
		failed = append(failed, err)
	}
	return nil, errors.Join(failed...)
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
