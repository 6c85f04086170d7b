package notify

import "time"

// How many octets of documents leave a conference at once, and how long it pauses
// then: those who are behind one proxy share its connection, which is cut when it
// has more to write than fits into its buffer (limits.sip_backlog).
const (
	burst = 1 << 20
	pause = 50 * time.Millisecond
)

// Flush implements instance.Flusher: what the last commands have changed is told
// in one go.
func (b *board) Flush() {
	b.part()
	b.announce()
}

// announce has a goroutine of the service's tell what has changed, so that the conference
// need not wait until the last NOTIFY is written.
func (b *board) announce() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dirty || b.ringing || b.over {
		return
	}
	b.ringing = true
	b.service.ringing.Go(b.ring)
}

// ring rings the subscribers until nothing is left to tell.
func (b *board) ring() {
	for {
		for _, sub := range b.dueNow() {
			sub.Changed()
			b.breathe()
		}
		b.mu.Lock()
		b.history.forget(b.known())
		if !b.dirty || b.over {
			b.ringing = false
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
	}
}

// breathe pauses when enough has been told at once. Nobody waits for a conference
// that is over.
func (b *board) breathe() {
	b.mu.Lock()
	enough := b.spoken >= burst && !b.over
	if enough {
		b.spoken = 0
	}
	b.mu.Unlock()
	if enough {
		<-time.After(pause)
	}
}

// known returns the latest revision that every subscriber was told of. The caller
// holds mu.
func (b *board) known() uint64 {
	oldest := b.history.revision
	for _, s := range b.subscribers {
		oldest = min(oldest, s.known)
	}
	return oldest
}

// dueNow returns the subscriptions that may be told now, and sees to it that
// the others are told when their interval is over. [NOT-NFY-04]
func (b *board) dueNow() []subscription {
	now := b.service.cfg.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = false
	var due []subscription
	next := time.Duration(-1)
	for _, s := range b.subscribers {
		if s.rung || s.over || s.sub == nil || !b.news(s) {
			continue
		}
		wait := s.told.Add(b.service.cfg.MinInterval).Sub(now)
		if wait <= 0 {
			s.rung = true
			due = append(due, s.sub)
		} else if next < 0 || wait < next {
			next = wait
		}
	}
	b.ringIn(next)
	return due
}

// ringIn has the subscribers looked at again after d, if it is positive. The
// caller holds mu.
func (b *board) ringIn(d time.Duration) {
	switch {
	case d < 0 || b.over:
	case b.interval == nil:
		b.interval = time.AfterFunc(d, b.intervalOver)
	default:
		b.interval.Reset(d)
	}
}

func (b *board) intervalOver() {
	b.mu.Lock()
	b.dirty = true
	b.mu.Unlock()
	b.announce()
}
