package msrp

import (
	"net"
	"syscall"

	"github.com/confab-chat/confab/tcp"
)

// arrival is how far the output of a connection has got, in octets from its
// beginning. What the peer confirms by itself needs none of it: this is for messages
// of which only failures are answered. Guarded by the connection's mutex. [SW-RPT-06]
type arrival struct {
	// Fixed after construction.
	socket  syscall.RawConn // nil: nobody knows, and what was handed over counts as arrived
	records bool            // encrypted: what stands in a write arrives with all of it

	handed int64 // to the system
	known  int64 // to have arrived, when the socket was asked last
	asked  bool  // since look
}

// arrivalOn looks for the socket below a connection.
func arrivalOn(nc net.Conn) (a arrival) {
	if !socketKnows {
		return a
	}
	tc, encrypted := tcp.Below(nc)
	if a.records = encrypted; tc != nil {
		a.socket, _ = tc.SyscallConn() // nil where it fails
	}
	return a
}

// hands counts a block that was handed over, and returns where it begins.
func (a *arrival) hands(octets int) (from int64) {
	from = a.handed
	a.handed += int64(octets)
	return from
}

// place says up to which octet the peer must have the output that began at from, to
// have what ends behind so many octets of it, or with it if that is 0.
func (a *arrival) place(from int64, end int) int64 {
	if end == 0 || a.records {
		return a.handed
	}
	return min(from+int64(end), a.handed) // less if something in front was taken out
}

// ask asks the socket what it still holds. Its octets may be more than those of the
// output, by TLS and WebSocket: then too little counts as arrived, never too much. A
// socket that cannot tell any more changes nothing.
func (a *arrival) ask() {
	if a.socket == nil {
		a.known = a.handed
		return
	}
	if octets, err := held(a.socket); err == nil {
		a.known = max(a.known, a.handed-octets)
	}
}

// look begins a series of questions, for which the socket is asked once.
func (a *arrival) look() { a.asked = false }

// has reports whether the output has arrived up to an octet.
func (a *arrival) has(end int64) bool {
	if end > a.known && !a.asked {
		a.asked = true
		a.ask()
	}
	return end <= a.known
}

// departed notes that a silent request was handed over, in a block that began at from.
func (c *conn) departed(sl *slot, from int64) {
	sl.end = c.arrival.place(from, int(sl.end))
	if c.arrival.socket == nil {
		c.arrived(sl)
	}
}

// looked reports whether a silent request has arrived, and tells its outcome if that
// is new.
func (c *conn) looked(sl *slot) bool {
	if !c.arrival.has(sl.end) {
		return false
	}
	c.arrived(sl)
	return true
}

// arrived notes that a silent request has reached the peer, from which nothing more
// need come.
func (c *conn) arrived(sl *slot) {
	if sl.settled {
		return
	}
	sl.settled = true
	if sl.kind != slotChunk {
		c.settled = append(c.settled, event{session: sl.session, ref: sl.ref, kind: eventSent})
		return
	}
	sl.out.open--
	c.outcome(sl.session, sl.out)
}
