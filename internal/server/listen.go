package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
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
		return fmt.Errorf("web listeners: %w", err)
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
		way.Host = at.Addr.Addr().Unmap().String()
	}
	s.opened(ctx, at)
	return way, nil
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
