package server

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/certs"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/limits"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/internal/notify"
	"github.com/confab-chat/confab/internal/store"
	"github.com/confab-chat/confab/internal/web"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/ua"
)

// Listening is an address the server is reached at.
type Listening struct {
	Proto     string // "sip", "msrp" or "http"
	Transport string // "udp", "tcp", "tls", "ws" or "wss"
	Addr      netip.AddrPort
	Path      string // of a WebSocket endpoint
}

// Server is a messaging-conference server. Start it once; Shutdown may be
// called from any goroutine.
type Server struct {
	// fixed after construction
	cfg         *config.Config
	log         *slog.Logger
	sampled     *limits.Sampled
	files       *limits.Files
	connections *limits.Connections
	load        *limits.Load
	accounts    *identity.Accounts // nil if there are none
	store       *store.DB          // nil: nothing outlives the server
	tune        tuning
	journal     *local.Journal
	directory   *instance.Directory
	gate        *access.Gate
	verifier    *identity.Verifier
	media       *msrp.Endpoint
	mixer       *mixer.Mixer
	stack       *ua.Stack
	focus       *focus.Focus
	notifier    *notify.Service
	certs       *certs.Store
	web         *web.Host
	watching    sync.WaitGroup // of certs and load

	// fixed by Start
	unwatch   func() // ends watching
	listening []Listening

	ready atomic.Bool
}

// New builds a server that listens nowhere yet.
func New(cfg *config.Config, log *slog.Logger) (*Server, error) {
	return build(cfg, log, tuning{})
}

// tuning is what only tests change.
type tuning struct {
	mixer func(focus.Mixer) focus.Mixer // nil: as it is
	t1    time.Duration                 // of RFC 3261; 0: as there
	wait  func() time.Duration          // what limits.Load measures; nil: as it is
	files func() (used, most int)       // descriptors; nil: as it is
	// How long a message, a header or a handshake may take, in all protocols; 0: as it is.
	patience time.Duration
	bind     time.Duration // how long the media of a user may take to come up; 0: as it is
	allocate time.Duration // how long the mixer may take for a leg; 0: as it is
}

func build(cfg *config.Config, log *slog.Logger, tune tuning) (*Server, error) {
	sampled := limits.NewSampled(log.Handler(), nil)
	s := &Server{cfg: cfg, log: slog.New(sampled), sampled: sampled, tune: tune, unwatch: func() {}}
	if err := s.assemble(); err != nil {
		return nil, errors.Join(err, s.closeStore(context.Background()))
	}
	return s, nil
}

// Start opens all listeners, and reports each of them and then that the server
// is ready. On an error what was open is closed again. Ctx bounds the start
// only.
func (s *Server) Start(ctx context.Context) error {
	s.restore(ctx)
	if err := s.listen(ctx); err != nil {
		return errors.Join(err, s.close(ctx))
	}
	watch, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	s.unwatch = unwatch
	s.watching.Go(func() { s.certs.Watch(watch) })
	s.watching.Go(func() { s.measure(watch) })
	s.ready.Store(true)
	s.log.LogAttrs(ctx, slog.LevelInfo, "ready", slog.Int("conferences", len(s.cfg.Conferences)))
	return nil
}

// Listening returns the addresses the server is reached at, in the order in
// which they were opened.
func (s *Server) Listening() []Listening { return s.listening }

// Addr returns the first address of a protocol and transport.
func (s *Server) Addr(proto, transport string) (netip.AddrPort, bool) {
	for _, l := range s.listening {
		if l.Proto == proto && l.Transport == transport {
			return l.Addr, true
		}
	}
	return netip.AddrPort{}, false
}

// Shutdown drains the server: whatever is new is refused with 503, every
// conference ends with BYEs and final NOTIFYs, and when these are answered, or
// ctx is over, everything is closed. [FOC-TRM-09]
func (s *Server) Shutdown(ctx context.Context) error {
	s.ready.Store(false)
	s.log.LogAttrs(ctx, slog.LevelInfo, "draining")
	s.gate.Drain()
	s.mixer.Checkpoint(ctx)
	errs := []error{s.directory.Shutdown(ctx)}
	s.notifier.Wait()
	errs = append(errs, s.hangUp(ctx), s.journal.Close(ctx), s.closeStore(ctx), s.web.Shutdown(ctx))
	s.unwatch()
	s.watching.Wait()
	s.log.LogAttrs(ctx, slog.LevelInfo, "stopped")
	return errors.Join(errs...)
}

// hangUp waits for the peers: the answers to BYEs and NOTIFYs, and the ends of
// MSRP connections.
func (s *Server) hangUp(ctx context.Context) error {
	var media error
	var both sync.WaitGroup
	both.Go(func() { media = s.media.Shutdown(ctx) })
	signalling := s.stack.Shutdown(ctx)
	both.Wait()
	return errors.Join(media, signalling)
}

// close gives up what a failed start has opened.
func (s *Server) close(ctx context.Context) error {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	cancel()
	return errors.Join(
		ignore(s.directory.Shutdown(ctx), context.Canceled), s.media.Close(),
		ignore(s.stack.Shutdown(ctx), context.Canceled), s.web.Close(), s.closeStore(ctx),
	)
}

func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}

// Reload reads again what can change without a restart: the certificates. On an
// error those in use stay.
func (s *Server) Reload(ctx context.Context) error {
	err := s.certs.Reload()
	if err != nil {
		s.log.LogAttrs(ctx, slog.LevelError, "certificates not reloaded, the old ones stay", slog.Any("error", err))
		return err
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "certificates reloaded")
	return nil
}
