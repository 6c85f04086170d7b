package msrp

// Counters is what an Endpoint counted since it was made, and holds now.
type Counters struct {
	Refused       uint64 // accepted connections closed for a limit
	Connections   int64  // open now
	Unbound       int64  // of these, accepted ones that had no session yet
	Sessions      int64  // that have not ended
	PartialOctets int64  // of half-received messages
}

// Counters returns the present figures.
func (ep *Endpoint) Counters() Counters {
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return Counters{
		Refused:     ep.refused.Load(),
		Connections: int64(len(ep.conns)), Unbound: int64(len(ep.unbound)), Sessions: int64(len(ep.sessions)),
		PartialOctets: ep.partials.Load(),
	}
}
