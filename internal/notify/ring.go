package notify

import "github.com/confab-chat/confab/sip/event"

// Flush implements instance.Flusher: what the last commands have changed is told
// in one go, by a goroutine of the service's so that the conference need not
// wait until the last NOTIFY is written.
func (b *board) Flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.dirty || b.ringing {
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
		}
		b.mu.Lock()
		if !b.dirty {
			b.ringing = false
			b.mu.Unlock()
			return
		}
		b.mu.Unlock()
	}
}

// dueNow returns the subscriptions that may be told now.
func (b *board) dueNow() []*event.Subscription {
	now := b.service.cfg.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.dirty = false
	due := make([]*event.Subscription, 0, len(b.subscribers))
	for _, s := range b.subscribers {
		if sub := s.due(now); sub != nil {
			due = append(due, sub)
		}
	}
	return due
}
