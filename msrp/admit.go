package msrp

import (
	"errors"
	"net/netip"
)

// errTooMany is logged, never shown to a peer.
var errTooMany = errors.New("msrp: too many connections")

// tally counts the accepted connections of one source.
type tally struct{ all, unbound int }

// admit registers a connection unless limits forbid it. Where there are too
// many without a session, it returns the oldest of them to be closed instead.
func (ep *Endpoint) admit(c *conn) (evicted *conn, err error) {
	counted := c.accepted && c.source.IsValid() && ep.cfg.Quota != nil
	if counted && !ep.cfg.Quota.Acquire(c.source) {
		ep.refused.Add(1)
		return nil, errTooMany
	}
	evicted, err = ep.enter(c)
	if err != nil {
		ep.refused.Add(1)
		if counted {
			ep.cfg.Quota.Release(c.source)
		}
	}
	return evicted, err
}

func (ep *Endpoint) enter(c *conn) (evicted *conn, err error) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if ep.closed {
		return nil, ErrShutdown
	}
	if c.accepted {
		n := ep.sources[c.source]
		switch limited := c.source.IsValid(); {
		case limited && ep.cfg.Quota == nil && n.all >= ep.cfg.PerSource:
			return nil, errTooMany
		case limited && n.unbound >= ep.cfg.UnboundPerSource:
			evicted = ep.oldestUnbound(c.source)
		case len(ep.unbound) >= ep.cfg.UnboundMax:
			evicted = ep.oldestUnbound(netip.Addr{})
		}
		ep.count(c, 1, 1)
		ep.unbound[c] = struct{}{}
	}
	ep.conns[c] = struct{}{}
	ep.group.Add(2) // the connection and its reader
	return evicted, nil
}

// oldestUnbound finds the oldest connection without a session, of one source or
// of all. Called with ep.mu held.
func (ep *Endpoint) oldestUnbound(from netip.Addr) *conn {
	var oldest *conn
	for c := range ep.unbound {
		if (!from.IsValid() || c.source == from) && (oldest == nil || c.born < oldest.born) {
			oldest = c
		}
	}
	return oldest
}

// count is called with ep.mu held.
func (ep *Endpoint) count(c *conn, all, unbound int) {
	n := ep.sources[c.source]
	n.all += all
	n.unbound += unbound
	if n == (tally{}) {
		delete(ep.sources, c.source)
		return
	}
	ep.sources[c.source] = n
}

// bound notes that a connection has got a session.
func (ep *Endpoint) bound(c *conn) {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if _, waiting := ep.unbound[c]; waiting {
		delete(ep.unbound, c)
		ep.count(c, 0, -1)
	}
}

// forget takes a closed connection off the account.
func (ep *Endpoint) forget(c *conn) {
	ep.bound(c)
	if ep.drop(c) && c.accepted && c.source.IsValid() && ep.cfg.Quota != nil {
		ep.cfg.Quota.Release(c.source)
	}
}

// drop reports whether the connection was known.
func (ep *Endpoint) drop(c *conn) bool {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	if _, known := ep.conns[c]; !known {
		return false
	}
	delete(ep.conns, c)
	if c.accepted {
		ep.count(c, -1, 0)
	}
	if d := ep.dialled[c.key]; d != nil && d.conn == c {
		delete(ep.dialled, c.key)
	}
	return true
}

// source is the address that limits per source count: IPv4 whole, IPv6 by /64.
func source(a netip.Addr) netip.Addr {
	a = a.Unmap().WithZone("")
	if a.Is6() {
		p, _ := a.Prefix(64)
		return p.Addr()
	}
	return a
}
