package notify

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// packageName is the event package (RFC 4575 §3.1).
const packageName = "conference"

// minExpires is the shortest subscription granted, in seconds. D-25.
const minExpires = 60

// Config is the configuration of a [Service]. Gate is required; zero fields
// have the defaults named.
type Config struct {
	Log  *slog.Logger // discards
	Gate *access.Gate

	// MinInterval is the least time between two NOTIFYs of changes to one
	// subscriber; 0: none. D-24 [NOT-NFY-04]
	MinInterval time.Duration
	// Linger is how long a user who left is shown as disconnected; 30 s. D-26
	Linger time.Duration
	// FullOnly lists words in User-Agent values of subscribers that take every
	// NOTIFY for the whole roster; Blink and sipsimple. D-56 [NOT-NFY-11]
	FullOnly []string

	// MaxBytes is the size in octets from which on a document says less about
	// each user; 250,000. D-27 [NOT-NFY-09]
	MaxBytes int
	// MaxDatagram is the same for subscribers to whom no stream leads; 60,000.
	// D-27 [NOT-NFY-09]
	MaxDatagram int

	// PerUser is how many subscriptions a user may have to all conferences together;
	// 20, negative: no limit. D-06 [NOT-SUB-11]
	PerUser int

	// Told, unless it is nil, is called when a user in a conference is sent the
	// first document of a subscription. It must not block. [SW-HIS-02]
	Told func(conference.ID, conference.User)

	Now func() time.Time // time.Now
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Linger <= 0 {
		c.Linger = 30 * time.Second
	}
	if c.FullOnly == nil {
		c.FullOnly = []string{"Blink", "sipsimple"}
	}
	if c.MaxBytes <= 0 {
		c.MaxBytes = 250_000
	}
	if c.MaxDatagram <= 0 {
		c.MaxDatagram = 60_000
	}
	if c.PerUser == 0 {
		c.PerUser = 20
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// Service is the notification service of this node. It is safe for concurrent
// use.
type Service struct {
	// fixed after construction
	cfg Config

	displaced atomic.Uint64 // subscriptions that had to go for another of their user

	mu     sync.Mutex
	boards map[conference.ID]*board

	watchers watchers
	ringing  sync.WaitGroup
}

var _ event.Notifier = (*Service)(nil)

// New returns a service without conferences.
func New(cfg Config) *Service {
	cfg = cfg.withDefaults()
	return &Service{cfg: cfg, boards: make(map[conference.ID]*board), watchers: watchers{most: cfg.PerUser}}
}

// Displaced is how many subscriptions had to go because their user made too many.
func (s *Service) Displaced() uint64 { return s.displaced.Load() }

// Package describes the service to the SIP stack. Expires is what subscribers
// get at most, and who asks for nothing. [NOT-SUB-05]
func (s *Service) Package(expires time.Duration) event.Package {
	seconds := uint32(min(max(expires/time.Second, minExpires), 1<<31-1))
	return event.Package{
		Name: packageName, Expires: seconds, MinExpires: minExpires, MaxExpires: seconds, Notifier: s,
	}
}

// visit is what Screen has found out about a SUBSCRIBE.
type visit struct {
	resource access.Resource
	caller   identity.Identity
}

// Screen is asked about each SUBSCRIBE before its event package is looked at:
// does the URI exist, who is asking, can it be watched. What it finds is for
// Subscribe. [NOT-SUB-01]
func (s *Service) Screen(req *sipmsg.Request, src transport.Source) (any, *sip.Error) {
	resource, caller, refused := s.cfg.Gate.Admit(req, src)
	if refused != nil {
		return nil, refused
	}
	if resource.Factory {
		// [FOC-DSP-06]
		return nil, &sip.Error{Status: 405, Header: []sipmsg.Field{{Name: "Allow", Value: access.FactoryMethods}}}
	}
	return visit{resource, caller}, nil
}

// Attach is the service's part in an instance; it is handed to the directory.
func (s *Service) Attach(inst *instance.Instance) instance.Observer {
	b := newBoard(s, inst.ID())
	b.aliases = s.cfg.Gate.Aliases(inst.Address())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.boards[b.id] = b
	return b
}

func (s *Service) board(id conference.ID) *board {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.boards[id]
}

func (s *Service) forget(b *board) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.boards[b.id] == b {
		delete(s.boards, b.id)
	}
}

// Subscriptions is how many there are. It may be called from any goroutine.
func (s *Service) Subscriptions() int { return s.watchers.count() }

// Wait returns when no NOTIFY is being handed out any more. It is called when
// all conferences have ended.
func (s *Service) Wait() { s.ringing.Wait() }

// fullOnly reports whether a subscriber takes every NOTIFY for the whole roster.
func (s *Service) fullOnly(userAgent string) bool {
	for _, word := range s.cfg.FullOnly {
		if strings.Contains(userAgent, word) {
			return true
		}
	}
	return false
}
