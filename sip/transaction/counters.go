package transaction

import "sync/atomic"

// Counters is what a Layer counted since it was made.
type Counters struct {
	Open            int64  // transactions open now
	Server, Client  uint64 // transactions made
	Absorbed        uint64 // requests that were retransmissions
	Retransmitted   uint64 // requests and responses sent again by a timer
	Merged          uint64 // requests answered 482
	Refused         uint64 // requests answered 503, for whatever limit
	TurnedAway      uint64 // of these, the ones for too much load
	Crowded         uint64 // of these, the ones for too many of one address
	StrayAcks       uint64 // ACKs that match no transaction: to a 2xx, or stray
	StrayResponses  uint64 // responses dropped since they match no transaction
	Timeouts        uint64 // transactions without final response or ACK
	TransportErrors uint64 // transactions that failed at sending
}

type counters struct {
	server, client  atomic.Uint64
	absorbed        atomic.Uint64
	retransmitted   atomic.Uint64
	merged          atomic.Uint64
	refused         atomic.Uint64
	turnedAway      atomic.Uint64
	crowded         atomic.Uint64
	strayAcks       atomic.Uint64
	strayResponses  atomic.Uint64
	timeouts        atomic.Uint64
	transportErrors atomic.Uint64
}

// Counters returns the present figures.
func (l *Layer) Counters() Counters {
	c := &l.count
	return Counters{
		Open:   l.open.Load(),
		Server: c.server.Load(), Client: c.client.Load(),
		Absorbed: c.absorbed.Load(), Retransmitted: c.retransmitted.Load(),
		Merged: c.merged.Load(), Refused: c.refused.Load(),
		TurnedAway: c.turnedAway.Load(), Crowded: c.crowded.Load(),
		StrayAcks: c.strayAcks.Load(), StrayResponses: c.strayResponses.Load(),
		Timeouts: c.timeouts.Load(), TransportErrors: c.transportErrors.Load(),
	}
}
