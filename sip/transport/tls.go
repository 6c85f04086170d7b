package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"slices"
)

// handshakes counts those of accepted connections that go on; the layer's lock
// guards it. What begins one costs us far more than the peer. [SEC-02]
type handshakes struct {
	total      int
	perNetwork map[netip.Prefix]int
}

func (h *handshakes) begin(network netip.Prefix, cfg *Config) bool {
	if h.total >= cfg.Handshakes || h.perNetwork[network] >= cfg.HandshakesPerAddress {
		return false
	}
	if h.perNetwork == nil {
		h.perNetwork = make(map[netip.Prefix]int)
	}
	h.total++
	h.perNetwork[network]++
	return true
}

func (h *handshakes) end(network netip.Prefix) {
	h.total--
	if h.perNetwork[network]--; h.perNetwork[network] <= 0 {
		delete(h.perNetwork, network)
	}
}

// welcome shakes hands with a peer that has connected, and reports whether the
// connection is up then.
func (s *stream) welcome(conn net.Conn) bool {
	l := s.layer
	ctx, cancel := context.WithTimeout(context.Background(), l.cfg.HandshakeTimeout)
	defer cancel()
	secured := tls.Server(conn, l.cfg.TLS)
	err := secured.HandshakeContext(ctx)
	l.mu.Lock()
	l.handshakes.end(s.network)
	l.mu.Unlock()
	if err != nil {
		l.count.handshakesFailed.Add(1)
		l.cfg.Log.Debug("TLS handshake failed", "remote", s.flow.remote, "error", err)
		s.end(err)
		return false
	}
	if !s.up(secured, proven(secured.ConnectionState())) {
		return false
	}
	l.offer(s)
	return true
}

// greet shakes hands with the server that a connection was opened to, and closes
// it if that fails.
func (l *Layer) greet(ctx context.Context, up *opened, to endpoint) error {
	cfg := l.cfg.ClientTLS.Clone()
	cfg.ServerName = to.host
	if to.host == "" {
		cfg.ServerName = to.addr.Addr().WithZone("").String()
	}
	checked := !cfg.InsecureSkipVerify
	if checked && to.transport == TLS {
		// SIP has rules of its own for names. The chain is verified below.
		cfg.InsecureSkipVerify = true
		also := cfg.VerifyConnection
		cfg.VerifyConnection = func(state tls.ConnectionState) error {
			err := verify(cfg, state)
			if err == nil && also != nil {
				err = also(state)
			}
			return err
		}
	}
	secured := tls.Client(up.conn, cfg)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = up.conn.Close()
		return err
	}
	up.conn = secured
	if checked {
		up.names = identities(secured.ConnectionState().PeerCertificates[0])
	}
	return nil
}

// verify checks the certificate of a server: its chain, what it is for, and its
// name (RFC 5922 §7.1 and §7.3).
func verify(cfg *tls.Config, state tls.ConnectionState) error {
	if len(state.PeerCertificates) == 0 {
		return errors.Join(ErrPeerName, errors.New("no certificate"))
	}
	leaf := state.PeerCertificates[0]
	opts := x509.VerifyOptions{Roots: cfg.RootCAs, Intermediates: x509.NewCertPool()}
	for _, c := range state.PeerCertificates[1:] {
		opts.Intermediates.AddCert(c)
	}
	if cfg.Time != nil {
		opts.CurrentTime = cfg.Time()
	}
	if forSIP(leaf) {
		opts.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
	}
	if _, err := leaf.Verify(opts); err != nil {
		return err
	}
	if _, err := netip.ParseAddr(cfg.ServerName); err == nil {
		return leaf.VerifyHostname(cfg.ServerName)
	}
	if !slices.Contains(identities(leaf), cfg.ServerName) {
		return ErrPeerName
	}
	return nil
}
