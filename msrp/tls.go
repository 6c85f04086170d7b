package msrp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"time"
)

var errFingerprint = errors.New("msrp: certificate of the peer does not match its fingerprint")

// serverTLS prepares a configuration for connections that peers open.
func (c *Config) serverTLS(own func() (*tls.Certificate, error)) *tls.Config {
	base := c.TLS
	if base == nil {
		return c.passive(&tls.Config{
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return own() },
		})
	}
	prepared := c.passive(base)
	if choose := base.GetConfigForClient; choose != nil {
		prepared.GetConfigForClient = func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			chosen, err := choose(h)
			if chosen == nil || err != nil {
				return nil, err
			}
			return c.passive(chosen), nil
		}
	}
	return prepared
}

// passive: who connects is asked for a certificate, but no authority has to
// vouch for it: its fingerprint counts, which is known when a session is bound.
// RFC 8122 §6.2. [MSRP-TLS-06]
func (c *Config) passive(base *tls.Config) *tls.Config {
	passive := c.modern(base)
	passive.ClientAuth = tls.RequestClientCert
	return passive
}

// modern is a copy of base that allows TLS 1.2 and 1.3 with forward secrecy
// only, and no resumption, so that each connection shows its certificate. The
// suite that RFC 4975 §14.2 made mandatory lacks forward secrecy and is an
// opt-in. [!MSRP-TLS-08]
func (c *Config) modern(base *tls.Config) *tls.Config {
	m := base.Clone()
	m.MinVersion = max(m.MinVersion, tls.VersionTLS12)
	m.SessionTicketsDisabled, m.ClientSessionCache = true, nil
	m.Renegotiation = tls.RenegotiateNever
	// Small records at the beginning are for pages that are shown while they come;
	// here they would make a write of each message, instead of one of all that wait.
	m.DynamicRecordSizingDisabled = true
	m.CipherSuites = nil // those that crypto/tls takes for good
	if c.LegacyCipher {
		for _, s := range tls.CipherSuites() {
			m.CipherSuites = append(m.CipherSuites, s.ID)
		}
		m.CipherSuites = append(m.CipherSuites, tls.TLS_RSA_WITH_AES_128_CBC_SHA)
	}
	return m
}

// clientTLS is the configuration for a connection to host whose certificate is
// known by its fingerprints, if there are any, else by authority and name. An
// endpoint is shown the certificate that our descriptions announce; a relay, or a
// web server, what the configuration has for it.
// [MSRP-TLS-02] [MSRP-TLS-03] [MSRP-TLS-05]
func (ep *Endpoint) clientTLS(to *target) *tls.Config {
	base := ep.cfg.ClientTLS
	if base == nil {
		base = &tls.Config{}
	}
	c := ep.cfg.modern(base)
	c.ServerName = to.name // crypto/tls leaves literals out of the handshake
	if !to.service {
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return ep.certificate("") }
	}
	if len(to.prints) == 0 {
		return c
	}
	// RFC 8122 §6.2: the fingerprint stands in for the chain.
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(s tls.ConnectionState) error {
		if !ep.cfg.matches(to.prints, leafOf(s)) {
			return errFingerprint
		}
		return nil
	}
	return c
}

func leafOf(s tls.ConnectionState) []byte {
	if len(s.PeerCertificates) == 0 {
		return nil
	}
	return s.PeerCertificates[0].Raw
}

// secure makes TLS of a stream that we have opened.
func (ep *Endpoint) secure(ctx context.Context, nc net.Conn, to *target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, ep.cfg.HandshakeTimeout)
	defer cancel()
	tc := tls.Client(&guarded{Conn: nc}, ep.clientTLS(to))
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = nc.Close()
		return nil, err
	}
	return tc, nil
}

// handshake completes TLS on a connection that the peer has opened, before
// anything is read from it. Plain octets end it. [MSRP-TLS-01]
func (c *conn) handshake() error {
	tc, ok := c.nc.(*tls.Conn)
	if !ok {
		return nil
	}
	ctx, cancel := context.WithTimeout(c.ep.life, c.ep.cfg.HandshakeTimeout)
	defer cancel()
	if err := tc.HandshakeContext(ctx); err != nil {
		return err
	}
	c.certificate = leafOf(tc.ConnectionState())
	return nil
}

// isTLS reports that octets on the connection are encrypted.
func (c *conn) isTLS() bool {
	_, ok := c.nc.(*tls.Conn)
	return ok
}

// fits reports whether a session may use the connection: scheme and wire agree,
// and the certificate is the one that the session's description announces.
// RFC 4975 §5.4. [MSRP-TLS-01] [MSRP-TLS-06]
func (c *conn) fits(s *Session) error {
	if s.relay != nil {
		return nil // its description is not about this hop
	}
	switch web := s.webSocket(); {
	case web != (c.web != nil):
		return errBadPeer
	case !web && s.uri.Secure != c.isTLS():
		return errBadPeer // whether a WebSocket is encrypted is its server's affair
	}
	if prints := s.peerPrints(); len(prints) > 0 && !c.ep.cfg.matches(prints, c.certificate) {
		return errFingerprint
	}
	return nil
}

// SetFingerprints says which certificates the peer may present, as its session
// description has it. It must come before SetRemote and Connect; without it, or
// with none, a peer that connects needs no certificate, and one that is
// connected to must be vouched for by an authority.
func (s *Session) SetFingerprints(prints ...Fingerprint) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.prints = prints
}

// peerPrints are those that the other side of the connection has to match: none
// if that is a relay or the other end of a WebSocket, whose certificate the
// description does not speak of.
func (s *Session) peerPrints() []Fingerprint {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.remote) > 1 || s.webSocket() {
		return nil
	}
	return s.prints
}

// Fingerprints returns those of the certificate that the peer will see, for the
// session's own description; none for a session without TLS, or over WebSocket,
// where clients show no certificate and servers prove their name (RFC 7977).
func (s *Session) Fingerprints() ([]Fingerprint, error) {
	if !s.uri.Secure || s.webSocket() {
		return nil, nil
	}
	return s.ep.fingerprints(s.uri.Host)
}

func (s *Session) webSocket() bool { return strings.EqualFold(s.uri.Transport, "ws") }

// guarded carries TLS. A deadline set by the sweep must not cut a record in
// two, so a write that was interrupted goes on, unless nothing at all was taken.
type guarded struct {
	net.Conn

	c *conn // set before the first write of a message
}

// Write implements net.Conn.
func (g *guarded) Write(p []byte) (written int, err error) {
	for {
		n, err := g.Conn.Write(p[written:])
		written += n
		if n == 0 || g.c == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return written, err
		}
		if err := g.c.progressed(); err != nil {
			return written, err
		}
	}
}

// progressed notes that a write which was interrupted had moved on, and lets it
// go on.
func (c *conn) progressed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeSince = c.ep.now()
	return c.nc.SetWriteDeadline(time.Time{})
}

// NetConn returns what is below.
func (g *guarded) NetConn() net.Conn { return g.Conn }
