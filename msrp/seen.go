package msrp

import (
	"sync"
	"time"
)

// Seen remembers the Message-IDs of messages that were taken, so that a
// repetition is recognised: on a session, or on all sessions that share it,
// such as those of one user. A nil Seen remembers nothing. Safe for concurrent
// use. [MSRP-RCV-11] [SW-PUB-13]
type Seen struct {
	max int
	age time.Duration

	mu    sync.Mutex
	ids   map[string]time.Time
	order []string // oldest first; ids that were forgotten may still be in it
}

// NewSeen makes a memory of the last max ids (0: 1,024) for age (0: 10 minutes).
func NewSeen(maxIDs int, age time.Duration) *Seen {
	s := &Seen{max: maxIDs, age: age, ids: make(map[string]time.Time)}
	setDefault(&s.max, 1024)
	setDefault(&s.age, 10*time.Minute)
	return s
}

// add remembers id; false means that it is remembered already.
func (s *Seen) add(id string) bool {
	if s == nil {
		return true
	}
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.order) > 0 {
		at, known := s.ids[s.order[0]]
		if known && len(s.order) < s.max && now.Sub(at) < s.age {
			break
		}
		if known {
			delete(s.ids, s.order[0])
		}
		s.order = s.order[1:]
	}
	if _, known := s.ids[id]; known {
		return false
	}
	s.ids[id] = now
	s.order = append(s.order, id)
	return true
}

// forget makes a message that was refused unknown again.
func (s *Seen) forget(id string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.ids, id)
}
