package web

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// A Site is an address that is served, by HTTP or by HTTPS.
type Site struct {
	Address string // host:port; port 0 means any free one
	Secure  bool   // HTTPS
}

// Config says how a Host works. The zero value serves HTTP only.
type Config struct {
	// Log gets what an operator should see; nil discards it.
	Log *slog.Logger
	// TLS is how secure sites identify themselves.
	TLS *tls.Config
	// HeaderTimeout bounds the time that a TLS handshake or the head of a
	// request may take, and the whole of a request's body; default 10 s.
	HeaderTimeout time.Duration
	// IdleTimeout closes a connection that brings no further request for so
	// long; default 1 min.
	IdleTimeout time.Duration
	// MaxHeader bounds the head of a request in octets; default 32 KiB.
	MaxHeader int
	// MaxConnections bounds the connections of each site, default 20,000;
	// ConnectionsPerAddress those of one IPv4 address or IPv6 /64 network,
	// default 1,000. Those beyond are closed at once.
	MaxConnections, ConnectionsPerAddress int
	// Files says whether another one may stay; nil: it may.
	Files Files
	// Answering is how long Shutdown waits for requests to be answered; default
	// 2 s. Connections on which none has come as a whole hold it up for no longer.
	Answering time.Duration
}

func orDefault[T int | time.Duration](v *T, def T) {
	if *v == 0 {
		*v = def
	}
}

func (c Config) withDefaults() Config {
	orDefault(&c.HeaderTimeout, 10*time.Second)
	orDefault(&c.IdleTimeout, time.Minute)
	orDefault(&c.MaxHeader, 32<<10)
	orDefault(&c.MaxConnections, 20_000)
	orDefault(&c.ConnectionsPerAddress, 1000)
	orDefault(&c.Answering, 2*time.Second)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// A Host is the HTTP servers of a process, one for each site. Handle, Listen and
// Serve are called in this order by one goroutine; Shutdown and Close by any.
type Host struct {
	// fixed after construction
	cfg     Config
	serving sync.WaitGroup
	refused atomic.Uint64

	// fixed after Listen
	sites map[Site]*site
	order []*site
}

// site is one server.
type site struct {
	at       Site
	mux      *http.ServeMux
	server   *http.Server
	listener net.Listener // nil until Listen
}

// New returns a host without sites.
func New(cfg Config) *Host {
	return &Host{cfg: cfg.withDefaults(), sites: make(map[Site]*site)}
}

// Refused is how many connections were closed for being too many.
func (h *Host) Refused() uint64 { return h.refused.Load() }

// Handle lets handler serve a pattern of http.ServeMux on a site. It panics
// where the mux does: for a pattern that is malformed or taken.
func (h *Host) Handle(at Site, pattern string, handler http.Handler) {
	s, ok := h.sites[at]
	if !ok {
		mux := http.NewServeMux()
		s = &site{at: at, mux: mux, server: h.server(mux)}
		h.sites[at] = s
		h.order = append(h.order, s)
	}
	s.mux.Handle(pattern, handler)
}

// server bounds what a client can make us hold: the time for a head, a body and
// a pause, and the size of a head. A handler that streams takes the deadline of
// its output away with http.ResponseController.
func (h *Host) server(mux *http.ServeMux) *http.Server {
	return &http.Server{
		Handler:           mux,
		ErrorLog:          slog.NewLogLogger(h.cfg.Log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: h.cfg.HeaderTimeout,
		ReadTimeout:       h.cfg.HeaderTimeout,
		WriteTimeout:      h.cfg.HeaderTimeout,
		IdleTimeout:       h.cfg.IdleTimeout,
		MaxHeaderBytes:    h.cfg.MaxHeader,
	}
}

// Listen opens the addresses of all sites. Connections wait until Serve. ctx
// bounds the opening only; after an error Close gives up what was opened.
func (h *Host) Listen(ctx context.Context) error {
	for _, s := range h.order {
		if s.at.Secure && h.cfg.TLS == nil {
			return fmt.Errorf("web: %s is to be served by HTTPS without a certificate", s.at.Address)
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.at.Address)
		if err != nil {
			return err
		}
		s.listener = newLimited(l, &h.cfg, &h.refused)
		if s.at.Secure {
			s.listener = tls.NewListener(s.listener, h.cfg.TLS)
		}
	}
	return nil
}

// Addr returns the address that Listen opened for a site.
func (h *Host) Addr(at Site) (netip.AddrPort, bool) {
	s, ok := h.sites[at]
	if !ok || s.listener == nil {
		return netip.AddrPort{}, false
	}
	a, ok := s.listener.Addr().(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	ap := a.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), true
}

// Serve starts serving what Listen opened and returns.
func (h *Host) Serve() {
	for _, s := range h.order {
		h.serving.Go(func() {
			_ = s.server.Serve(s.listener) // returns when Shutdown or Close is called
		})
	}
}

// Shutdown stops accepting and waits, for Config.Answering at most and as long as
// ctx allows, until requests are answered. What is left then is closed.
func (h *Host) Shutdown(ctx context.Context) error {
	patient, cancel := context.WithTimeout(ctx, h.cfg.Answering)
	defer cancel()
	errs := make([]error, len(h.order))
	var all sync.WaitGroup
	for k, s := range h.order {
		all.Go(func() {
			if errs[k] = s.server.Shutdown(patient); errs[k] != nil && patient.Err() != nil {
				errs[k] = errors.Join(s.server.Close(), ctx.Err())
			}
		})
	}
	all.Wait()
	h.serving.Wait()
	return errors.Join(errs...)
}

// Close ends everything at once.
func (h *Host) Close() error {
	errs := make([]error, 0, len(h.order))
	for _, s := range h.order {
		errs = append(errs, s.server.Close())
		if s.listener != nil {
			_ = s.listener.Close() // the server may never have seen it, or have closed it
		}
	}
	h.serving.Wait()
	return errors.Join(errs...)
}
