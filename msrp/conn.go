package msrp

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/tcp"
	"github.com/confab-chat/confab/wheel"
)

// hostedMax bounds the session-ids that a connection remembers.
const hostedMax = 128

// conn is one connection, shared by any number of sessions up to a limit.
type conn struct {
	// Fixed after construction.
	ep       *Endpoint
	nc       net.Conn
	accepted bool
	born     int64
	source   netip.Addr // of the peer, for the limits per source
	web      *webConn   // nc, if it is a WebSocket
	direct   *direct    // nc, if shared writers write to it
	key      string     // scheme, host and port that were dialled

	// Owned by the reader.
	certificate []byte // of the peer on a TLS connection, in DER; nil if it has shown none
	in          receiver

	// Read by the sweep.
	frameSince atomic.Int64 // first octet of an unfinished header, 0 = none
	lastRead   atomic.Int64
	inBody     atomic.Bool
	deaf       deafness

	// Guarded by mu. What every message needs stands together.
	mu          sync.Mutex
	writing     bool // the writer runs
	closed      bool
	ticking     bool // the sweep comes within a second
	hurried     bool // a deadline was set for a write, which may have ended without
	stuck       bool // it ends within a write: the peer takes nothing
	tids        msrpwire.TIDs
	ring        ring
	out         outbox
	arrival     arrival
	owed        int // octets of responses and reports in out
	sessions    []*Session
	hosted      []string   // session-ids of the last ones, ended ones included
	streams     []*Session // with a large message, in turn
	chunk       chunk
	turn        int  // body octets sent in this turn
	streamTurn  bool // a large message goes before the next flat block
	settled     []event
	writeSince  int64 // it has been in a write since, 0 = it is not
	lastTraffic int64
	lonely      int64 // no session since, 0 = there is one
	bad         int   // failed requests
	badSince    int64
	due         int // messages whose response the handler still owes
	draining    bool
	atEnd       bool // the peer sends nothing more
	drainBy     int64
	drainErr    error
	timer       wheel.Timer
	spied       []byte        // beginning of a frame that is being written; owned by the writer
	holding     chan struct{} // closed with the connection while the reader holds a request
}

// start makes a connection of nc and reads from it.
func (ep *Endpoint) start(nc net.Conn, accepted bool, key string) (*conn, error) {
	c := &conn{ep: ep, nc: nc, accepted: accepted, key: key, direct: newDirect(nc), tids: msrpwire.NewTIDs()}
	c.ring.head, c.ring.tail = 1, 1
	c.out.pool = &ep.blocks
	c.arrival = arrivalOn(nc)
	c.in.dec = *msrpwire.NewDecoder(ep.cfg.Limits)
	c.born = ep.now()
	c.lonely, c.lastTraffic = c.born, c.born
	if a, ok := nc.RemoteAddr().(*net.TCPAddr); ok {
		c.source = source(a.AddrPort().Addr())
	}
	evicted, err := ep.admit(c)
	if err != nil {
		_ = nc.Close()
		return nil, err
	}
	if evicted != nil {
		evicted.fail(errTooMany)
	}
	c.mu.Lock()
	c.tickIn(ep.cfg.UnboundTimeout)
	c.mu.Unlock()
	if c.web, _ = nc.(*webConn); c.web != nil {
		c.web.c, c.web.out = c, &writeLock{}
	}
	if c.out.tapped = ep.cfg.Tap != nil; c.web != nil {
		c.out.web, c.out.role = true, c.web.role
	}
	if tc, ok := nc.(*tls.Conn); ok {
		c.certificate = leafOf(tc.ConnectionState())
		if g, ok := tc.NetConn().(*guarded); ok {
			g.c = c
		}
	}
	go c.read()
	return c, nil
}

// attach puts s on the connection; it reports false if there is no room or the
// connection is gone. Called with c.mu held.
func (c *conn) attach(s *Session) bool {
	if c.closed || c.draining || len(c.sessions) >= c.ep.cfg.SessionsPerConn {
		return false // [MSRP-CON-07]
	}
	c.sessions = append(c.sessions, s)
	if len(c.hosted) == hostedMax {
		c.hosted = append(c.hosted[:0], c.hosted[1:]...)
	}
	c.hosted = append(c.hosted, s.uri.SessionID)
	c.lonely = 0
	return true
}

// detach takes an ended session off the connection: what it has queued is
// dropped and its open requests stay unconfirmed. [MSRP-CON-17] [SW-GEN-06]
func (c *conn) detach(s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.over {
		return
	}
	s.left = c.unconfirmed(s)
	s.over = true
	c.leave(s)
	c.sessions = slices.DeleteFunc(c.sessions, func(x *Session) bool { return x == s })
	c.out.drop(s)
	for _, m := range s.queue.all() {
		m.wakeWriter()
	}
	s.queue, s.queued, s.flat, s.frames, s.open = fifo{}, 0, 0, 0, 0
	for n := c.ring.head; n != c.ring.tail; n++ {
		if sl := c.ring.at(n); sl != nil && sl.session == s {
			c.ring.free(n)
		}
	}
	if len(c.sessions) == 0 {
		c.lonely = c.ep.now()
		c.tickSoon()
	}
	if c.chunk.session == s {
		c.wake()
	}
}

// fail closes the connection at once, with a reset if the peer takes nothing, lest the
// system keep what was written for it. All its sessions have failed. RFC 4975 §5.4.
// [MSRP-CON-06]
func (c *conn) fail(err error) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	c.arrival.ask() // before the socket is gone
	c.closed = true
	stuck := c.stuck || errors.Is(err, ErrStalled)
	sessions := slices.Clone(c.sessions)
	c.timer.Stop()
	if c.holding != nil {
		close(c.holding)
		c.holding = nil
	}
	c.mu.Unlock()
	if stuck {
		tcp.Reset(c.nc)
	}
	_ = c.nc.Close()
	c.ep.forget(c)
	for _, s := range sessions {
		s.end(err, true)
	}
	c.ep.cfg.Log.Debug("msrp connection closed", "remote", c.source, "reason", err)
	c.ep.group.Done()
}

// drain ends all sessions, writes the responses that are due, and closes.
// [MSRP-CON-16]
func (c *conn) drain(err error) {
	c.mu.Lock()
	if c.closed || c.draining {
		c.wake() // the peer has ended its direction, too
		c.mu.Unlock()
		return
	}
	c.draining, c.drainErr = true, err
	c.drainBy = c.ep.now() + int64(c.ep.cfg.FlushTimeout)
	sessions := slices.Clone(c.sessions)
	c.mu.Unlock()
	for _, s := range sessions {
		s.end(err, true)
	}
	c.mu.Lock()
	c.tickSoon()
	c.wake() // closes when there is nothing left to write
	c.mu.Unlock()
}

// tickSoon makes the sweep come within a second. Called with c.mu held.
func (c *conn) tickSoon() {
	if !c.ticking && !c.closed {
		c.ticking = true
		c.ep.wheel.Start(&c.timer, sweepEvery, c.sweep)
	}
}

func (c *conn) tickIn(d time.Duration) {
	if !c.closed {
		c.ep.wheel.Start(&c.timer, max(d, sweepEvery), c.sweep)
	}
}
