package mixer

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// How long, and how many, private messages, and notifications, are known again. [SW-PUB-13]
const (
	recentFor  = 10 * time.Minute
	recentMost = 4096
)

// recent remembers private messages, or notifications, to know a repetition: they
// are not in the journal, which does so for the others.
type recent struct {
	mu    sync.Mutex
	known map[sent]time.Time
	order []sent
}

// sent names a message by its sender and the Message-ID that he gave it.
type sent struct {
	user conference.User
	id   string
}

// first reports whether the message was not there before, and notes it.
func (r *recent) first(u conference.User, id string, now time.Time) bool {
	if id == "" {
		return true
	}
	s := sent{u, id}
	r.mu.Lock()
	defer r.mu.Unlock()
	if at, ok := r.known[s]; ok && now.Sub(at) < recentFor {
		return false
	}
	if r.known == nil {
		r.known = make(map[sent]time.Time)
	}
	for len(r.order) > 0 && (len(r.order) >= recentMost || now.Sub(r.known[r.order[0]]) >= recentFor) {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	r.known[s] = now
	r.order = append(r.order, s)
	return true
}

// forget is for a message that was refused: it may come again.
func (r *recent) forget(u conference.User, id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, sent{u, id})
}
