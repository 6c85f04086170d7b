package limits

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Sampled is a log handler that lets the first Burst records of a message in each
// Period pass, and then one that tells how many were left out. Records above info are
// never left out. What somebody else can make the server write, as often as he likes,
// would else hide everything and fill the disk.
type Sampled struct {
	slog.Handler

	shared *shared
}

// Burst and Period are what a message may be written.
const (
	Burst  = 20
	Period = 10 * time.Second
)

// shared is what handlers with different attributes have in common. Messages are
// constants of the program, so there are few.
type shared struct {
	now func() time.Time

	mu    sync.Mutex
	seen  map[string]*tally
	count uint64 // left out
}

// tally counts one message.
type tally struct {
	since   time.Time
	n       int
	omitted int
}

// NewSampled returns a handler before h. now tells the time; nil: time.Now.
func NewSampled(h slog.Handler, now func() time.Time) *Sampled {
	if now == nil {
		now = time.Now
	}
	return &Sampled{Handler: h, shared: &shared{now: now, seen: make(map[string]*tally)}}
}

// Handle implements [slog.Handler].
func (s *Sampled) Handle(ctx context.Context, r slog.Record) error {
	if r.Level != slog.LevelInfo {
		return s.Handler.Handle(ctx, r)
	}
	pass, omitted := s.shared.take(r.Message)
	if !pass {
		return nil
	}
	if omitted > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("omitted", omitted))
	}
	return s.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (s *Sampled) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Sampled{Handler: s.Handler.WithAttrs(attrs), shared: s.shared}
}

// WithGroup implements [slog.Handler].
func (s *Sampled) WithGroup(name string) slog.Handler {
	return &Sampled{Handler: s.Handler.WithGroup(name), shared: s.shared}
}

// Omitted is how many records were left out.
func (s *Sampled) Omitted() uint64 {
	s.shared.mu.Lock()
	defer s.shared.mu.Unlock()
	return s.shared.count
}

// take reports whether a message may be written, and how many like it were not since
// the last one.
func (s *shared) take(message string) (pass bool, omitted int) {
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.seen[message]
	if t == nil {
		t = &tally{since: now}
		s.seen[message] = t
	}
	if now.Sub(t.since) >= Period {
		t.since, t.n = now, 0
	}
	if t.n++; t.n > Burst {
		t.omitted++
		s.count++
		return false, 0
	}
	omitted, t.omitted = t.omitted, 0
	return true, omitted
}
