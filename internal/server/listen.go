package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/mixer"
)

// listen opens the listeners, MSRP first: the first SIP message may be an
// INVITE, whose answer names the MSRP port. What comes by HTTP waits until all
// are open.
func (s *Server) listen(ctx context.Context) error {
	if err := s.web.Listen(ctx); err != nil {
		return fmt.Errorf("http.listen, or a listener of ws or wss: %w", err)
	}
	var ways []mixer.Way
	for _, l := range s.cfg.MSRP.Listen {
		way, err := s.listenMSRP(ctx, l)
		if err != nil {
			return fmt.Errorf("msrp.listen %s: %w", l, err)
		}
		ways = append(ways, way)
	}
	s.mixer.Reached(ways...)
	if addr, ok := s.web.Addr(s.httpSite()); ok {
		transport := "tcp"
		if s.cfg.HTTPS() {
			transport = "tls"
		}
		s.opened(ctx, Listening{Proto: "http", Transport: transport, Addr: addr})
	}
	for _, l := range s.cfg.SIP.Listen {
		if err := s.listenSIP(ctx, l); err != nil {
			return fmt.Errorf("sip.listen %s: %w", l, err)
		}
	}
	s.web.Serve()
	return nil
}

// listenMSRP opens a listener and says how legs are reached by it.
func (s *Server) listenMSRP(ctx context.Context, l config.Listener) (mixer.Way, error) {
	way := mixer.Way{Secure: l.Secure(), WebSocket: l.Web()}
	at := Listening{Proto: "msrp", Transport: l.Network}
	if l.Web() {
		at.Path = l.Path
		at.Addr, _ = s.web.Addr(socketSite(l))
	} else {
		opened, err := s.media.Listen(ctx, l.Network, l.Address)
		if err != nil {
			return way, err
		}
		at.Addr = opened.Addr()
	}
	if way.Secure || way.WebSocket { // msrp.advertise names the port of plain TCP
		way.Port = at.Addr.Port()
	}
	if host, _ := hostPort(s.cfg.MSRP.Advertise); host == "" {
		way.Host = s.mediaHost(ctx, at.Addr.Addr().Unmap())
	}
	s.opened(ctx, at)
	return way, nil
}

// mediaHost is what peers are told of an MSRP listener where the configuration does not
// say it: its address. Of a listener on all addresses that would be none, and
// put the stream on hold besides (RFC 3264 §8.4); then it is the host that SIP
// advertises, or an address of this host.
func (s *Server) mediaHost(ctx context.Context, listens netip.Addr) string {
	if !listens.IsUnspecified() {
		return listens.String()
	}
	host, _ := hostPort(s.cfg.SIP.Advertise)
	if host == "" {
		host = hostAddress().String()
		s.log.LogAttrs(ctx, slog.LevelWarn, "msrp.advertise is not set, peers are told an address of this host",
			slog.String("host", host))
	}
	return host
}

// hostAddress is an address by which other hosts reach this one, if it has one: IPv4
// first, which all peers can use.
func hostAddress() netip.Addr {
	best := netip.AddrFrom4([4]byte{127, 0, 0, 1})
	all, err := net.InterfaceAddrs()
	if err != nil {
		return best
	}
	for _, a := range all {
		p, err := netip.ParsePrefix(a.String())
		if addr := p.Addr().Unmap(); err == nil && addr.IsGlobalUnicast() && (best.IsLoopback() || addr.Is4() && best.Is6()) {
			best = addr
		}
	}
	return best
}

func (s *Server) listenSIP(ctx context.Context, l config.Listener) error {
	at := Listening{Proto: "sip", Transport: l.Network, Path: l.Path}
	var err error
	if l.Web() {
		at.Addr, _ = s.web.Addr(socketSite(l))
	} else if at.Addr, err = s.stack.Listen(ctx, l.Network, l.Address); err != nil {
		return err
	}
	s.gate.AddListener(l.Network, at.Addr)
	if slices.ContainsFunc(s.cfg.SIP.Trust, func(p config.Peer) bool { return p.Listener == l }) {
		s.verifier.TrustListener(l.Network, at.Addr)
	}
	s.opened(ctx, at)
	return nil
}

func (s *Server) opened(ctx context.Context, l Listening) {
	s.gate.AddOwn(l.Addr)
	s.listening = append(s.listening, l)
	attrs := []slog.Attr{
		slog.String("proto", l.Proto), slog.String("transport", l.Transport), slog.String("addr", l.Addr.String()),
	}
	if l.Path != "" {
		attrs = append(attrs, slog.String("path", l.Path))
	}
	s.log.LogAttrs(ctx, slog.LevelInfo, "listening", attrs...)
}

// hostPort reads host[:port]; the port is 0 where there is none.
func hostPort(s string) (host string, port uint16) {
	host, text, err := net.SplitHostPort(s)
	if err != nil {
		return strings.Trim(s, "[]"), 0
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return host, 0
	}
	return host, uint16(n)
}
