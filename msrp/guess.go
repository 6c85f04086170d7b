package msrp

import "net/netip"

// Failed requests that a connection may bring: without a session, and in a minute with
// one. [MSRP-CON-04]
const (
	badUnbound = 2
	badBound   = 20
)

const minute = int64(60e9) // nanoseconds

// guessersMax bounds the addresses whose failures are counted.
const guessersMax = 1 << 16

// guesses are the failed requests of each source, on connections without a session, in
// the minute that began at since: whoever tries session-ids opens a connection for every
// three of them. Guarded by the endpoint's mutex.
type guesses struct {
	since  int64
	counts map[netip.Addr]int
}

// more counts a failure, and reports how many there are of its source. With too many
// sources new ones go uncounted.
func (g *guesses) more(from netip.Addr, now int64) int {
	if g.counts == nil || now-g.since > minute {
		g.since, g.counts = now, make(map[netip.Addr]int)
	}
	if _, known := g.counts[from]; known || len(g.counts) < guessersMax {
		g.counts[from]++
	}
	return g.counts[from]
}

// guessed reports whether a source has failed too often.
func (ep *Endpoint) guessed(from netip.Addr) bool {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return from.IsValid() && ep.guesses.more(from, ep.now()) > ep.cfg.BadPerSource
}

// failed counts a failed request; an error means that the connection must end.
func (c *conn) failed() error {
	c.mu.Lock()
	now, limit := c.ep.now(), badUnbound
	if len(c.sessions) > 0 {
		limit = badBound
		if now-c.badSince > minute {
			c.bad, c.badSince = 0, now
		}
	}
	c.bad++
	over := c.bad > limit
	c.mu.Unlock()
	if over || limit == badUnbound && c.accepted && c.ep.guessed(c.source) {
		return errBadPeer
	}
	return nil
}
