package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/internal/notify"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/ua"
)

// Listening is an address the server is reached at.
type Listening struct {
	Proto     string // "sip", "msrp" or "http"
	Transport string // "udp" or "tcp"
	Addr      netip.AddrPort
}

// Server is a messaging-conference server. Start it once; Shutdown may be
// called from any goroutine.
type Server struct {
	// fixed after construction
	cfg       *config.Config
	log       *slog.Logger
	journal   *local.Journal
	directory *instance.Directory
	gate      *access.Gate
	media     *msrp.Endpoint
	mixer     *mixer.Mixer
	stack     *ua.Stack
	focus     *focus.Focus
	notifier  *notify.Service
	http      *http.Server
	serving   sync.WaitGroup // of http

	// fixed after Start
	listening []Listening

	ready atomic.Bool
}

// New builds a server that listens nowhere yet.
func New(cfg *config.Config, log *slog.Logger) (*Server, error) {
	s := &Server{cfg: cfg, log: log}
	if err := s.assemble(); err != nil {
		return nil, err
	}
	return s, nil
}

// Start opens all listeners, and reports each of them and then that the server
// is ready. On an error what was open is closed again. Ctx bounds the start
// only.
func (s *Server) Start(ctx context.Context) error {
	if err := s.listen(ctx); err != nil {
		return errors.Join(err, s.close(ctx))
	}
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
	errs := []error{s.directory.Shutdown(ctx)}
	s.notifier.Wait()
	errs = append(errs, s.hangUp(ctx), s.journal.Close(ctx), s.http.Shutdown(ctx))
	s.serving.Wait()
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
	defer s.serving.Wait()
	return errors.Join(
		ignore(s.directory.Shutdown(ctx), context.Canceled), s.media.Close(),
		ignore(s.stack.Shutdown(ctx), context.Canceled), s.http.Close(),
	)
}

func ignore(err, target error) error {
	if errors.Is(err, target) {
		return nil
	}
	return err
}

func addrPort(a net.Addr) netip.AddrPort {
	if t, ok := a.(*net.TCPAddr); ok {
		return t.AddrPort()
	}
	return netip.AddrPort{}
}
