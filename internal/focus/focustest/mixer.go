package focustest

import (
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/sdp"
)

// Mixer answers reservations when it is told to, or at once after [Mixer.Prompt]. The
// zero value works. Its methods are safe for concurrent use.
type Mixer struct {
	focus.Mixer // makes the legs; nil: they have no media

	mu        sync.Mutex
	prompt    bool
	refusal   error
	broken    error
	waiting   []reservation
	allocated int
	released  int
}

type reservation struct {
	req  focus.LegRequest
	done func(focus.Leg, error)
}

var _ focus.Mixer = (*Mixer)(nil)

// Check implements focus.Mixer.
func (m *Mixer) Check(offer *sdp.Session) error {
	if m.Mixer == nil {
		return nil
	}
	return m.Mixer.Check(offer)
}

// Capability implements focus.Mixer.
func (m *Mixer) Capability() *sdp.Session {
	if m.Mixer == nil {
		return described()
	}
	return m.Mixer.Capability()
}

// Prompt says whether reservations are answered at once from now on.
func (m *Mixer) Prompt(is bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.prompt = is
}

// Refuse says what reservations are answered with instead of a leg; nil: nothing.
func (m *Mixer) Refuse(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusal = err
}

// Break says what legs answer to every description; nil: as they would.
func (m *Mixer) Break(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

// Reserve implements focus.Mixer.
func (m *Mixer) Reserve(req focus.LegRequest, done func(focus.Leg, error)) {
	r := reservation{req, done}
	m.mu.Lock()
	prompt := m.prompt
	if !prompt {
		m.waiting = append(m.waiting, r)
	}
	m.mu.Unlock()
	if prompt {
		m.answer(r)
	}
}

// Waiting returns how many reservations wait for an answer.
func (m *Mixer) Waiting() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiting)
}

// Answer answers the reservations that wait, and returns how many there were.
func (m *Mixer) Answer() int {
	m.mu.Lock()
	waiting := m.waiting
	m.waiting = nil
	m.mu.Unlock()
	for _, r := range waiting {
		m.answer(r)
	}
	return len(waiting)
}

func (m *Mixer) answer(r reservation) {
	m.mu.Lock()
	refusal := m.refusal
	m.mu.Unlock()
	switch {
	case refusal != nil:
		r.done(nil, refusal)
	case m.Mixer == nil:
		r.done(m.allocate(blank{}), nil)
	default:
		m.Mixer.Reserve(r.req, func(l focus.Leg, err error) {
			if err != nil {
				r.done(nil, err)
				return
			}
			r.done(m.allocate(l), nil)
		})
	}
}

func (m *Mixer) allocate(l focus.Leg) focus.Leg {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.allocated++
	return &leg{Leg: l, mixer: m}
}

// Allocated returns how many legs there have been.
func (m *Mixer) Allocated() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.allocated
}

// Balanced fails the test unless every leg was given back by the focus.
func (m *Mixer) Balanced(tb testing.TB) {
	tb.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.allocated != m.released {
		tb.Errorf("%d legs allocated, %d released", m.allocated, m.released)
	}
}
