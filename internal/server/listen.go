package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// listen opens the listeners, MSRP first: the first SIP message may be an
// INVITE, whose answer names the MSRP port.
func (s *Server) listen(ctx context.Context) error {
	for _, l := range s.cfg.MSRP.Listen {
		opened, err := s.media.Listen(ctx, l.Network, l.Address)
		if err != nil {
			return fmt.Errorf("msrp.listen %s: %w", l, err)
		}
		s.opened(ctx, "msrp", l.Network, opened.Addr())
	}
	if err := s.listenHTTP(ctx); err != nil {
		return err
	}
	for _, l := range s.cfg.SIP.Listen {
		addr, err := s.stack.Listen(ctx, l.Network, l.Address)
		if err != nil {
			return fmt.Errorf("sip.listen %s: %w", l, err)
		}
		s.gate.AddListener(l.Network, addr)
		s.opened(ctx, "sip", l.Network, addr)
	}
	return nil
}

func (s *Server) listenHTTP(ctx context.Context) error {
	if s.cfg.HTTP.Listen == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.cfg.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("http.listen: %w", err)
	}
	s.serving.Go(func() {
		_ = s.http.Serve(l) // returns when Shutdown or Close is called
	})
	s.opened(ctx, "http", "tcp", addrPort(l.Addr()))
	return nil
}

func (s *Server) opened(ctx context.Context, proto, transport string, addr netip.AddrPort) {
	s.listening = append(s.listening, Listening{Proto: proto, Transport: transport, Addr: addr})
	s.log.LogAttrs(ctx, slog.LevelInfo, "listening",
		slog.String("proto", proto), slog.String("transport", transport), slog.String("addr", addr.String()))
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
