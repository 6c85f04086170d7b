package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Config names the files of a Store, all PEM. The zero value is a store without
// a certificate, whose Client trusts the roots of the system.
type Config struct {
	Log *slog.Logger // nil discards
	// Certificate, with what stands between it and its root, and its Key.
	Certificate, Key string
	// ClientCA are the roots of clients' certificates. Clients are asked for
	// one if it is set; who shows none is served, who shows one that none of
	// these roots vouches for is not.
	ClientCA string
	// CA are roots that servers we connect to may have, besides the system's.
	// They are read once.
	CA string
	// MinVersion is the least version of TLS: tls.VersionTLS12, the default,
	// or tls.VersionTLS13.
	MinVersion uint16
	// Interval is the time between two looks at the files; default 10 s.
	Interval time.Duration
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MinVersion == 0 {
		c.MinVersion = tls.VersionTLS12
	}
	if c.Interval == 0 {
		c.Interval = 10 * time.Second
	}
	return c
}

// A Store holds the certificates in use. It is safe for concurrent use.
type Store struct {
	// fixed after construction
	cfg    Config
	client *tls.Config

	current atomic.Pointer[tls.Config] // for servers; nil without a certificate

	mu   sync.Mutex // serialises Reload and Watch
	seen []stamp    // of the files when they were read last
}

// Open reads the files.
func Open(cfg Config) (*Store, error) {
	s := &Store{cfg: cfg.withDefaults()}
	roots, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("certs: roots of the system: %w", err)
	}
	if err := addRoots(roots, s.cfg.CA); err != nil {
		return nil, err
	}
	s.client = &tls.Config{
		MinVersion: s.cfg.MinVersion, RootCAs: roots,
		GetClientCertificate: s.clientCertificate,
	}
	return s, s.Reload()
}

// Reload reads the files again. On an error what was read before stays in use.
func (s *Store) Reload() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.load()
}

// load reads the files. The caller holds s.mu.
func (s *Store) load() error {
	if s.cfg.Certificate == "" {
		return nil
	}
	s.seen = s.stamps()
	pair, err := tls.LoadX509KeyPair(s.cfg.Certificate, s.cfg.Key)
	if err != nil {
		return fmt.Errorf("certs: %s with %s: %w", s.cfg.Certificate, s.cfg.Key, err)
	}
	next := &tls.Config{MinVersion: s.cfg.MinVersion, Certificates: []tls.Certificate{pair}}
	if s.cfg.ClientCA != "" {
		next.ClientAuth, next.ClientCAs = tls.VerifyClientCertIfGiven, x509.NewCertPool()
		if err := addRoots(next.ClientCAs, s.cfg.ClientCA); err != nil {
			return err
		}
	}
	// A generation of certificates is one configuration, so that sessions
	// resumed under it were begun under it too.
	s.current.Store(next)
	return nil
}

// Server returns the configuration of listeners, nil without a certificate. It
// takes the newest certificate for each handshake.
func (s *Store) Server() *tls.Config {
	if s.cfg.Certificate == "" {
		return nil
	}
	return &tls.Config{
		MinVersion: s.cfg.MinVersion,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			return s.current.Load(), nil
		},
	}
}

// Client returns the configuration of connections that we open. A server that
// asks for a certificate is shown the newest of ours.
func (s *Store) Client() *tls.Config { return s.client.Clone() }

func (s *Store) clientCertificate(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
	if current := s.current.Load(); current != nil {
		return &current.Certificates[0], nil
	}
	return &tls.Certificate{}, nil // none
}

// Watch looks at the files until ctx ends and reads them again when they have
// changed.
func (s *Store) Watch(ctx context.Context) {
	if s.cfg.Certificate == "" {
		return
	}
	ticker := time.NewTicker(s.cfg.Interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			s.look(ctx)
		}
	}
}

// look reads files that have changed. A broken one is told of once, and read
// again when it changes again.
func (s *Store) look(ctx context.Context) {
	s.mu.Lock()
	unchanged := same(s.seen, s.stamps())
	var err error
	if !unchanged {
		err = s.load()
	}
	s.mu.Unlock()
	switch {
	case unchanged:
	case err != nil:
		s.cfg.Log.LogAttrs(ctx, slog.LevelError, "certificates not reloaded, the old ones stay", slog.Any("error", err))
	default:
		s.cfg.Log.LogAttrs(ctx, slog.LevelInfo, "certificates reloaded", slog.String("certificate", s.cfg.Certificate))
	}
}

// addRoots adds the certificates of a file, if one is named, to a pool.
func addRoots(pool *x509.CertPool, file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file) //nolint:gosec // G304: the operator names the file
	if err != nil {
		return fmt.Errorf("certs: %w", err)
	}
	if !pool.AppendCertsFromPEM(text) {
		return errors.Join(fmt.Errorf("certs: %s", file), ErrNoCertificate)
	}
	return nil
}

// ErrNoCertificate says that a file holds no certificate.
var ErrNoCertificate = errors.New("certs: no certificate in file")
