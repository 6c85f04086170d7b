package server

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/internal/config"
)

// listen opens the listeners, MSRP first: the first SIP message may be an
// INVITE, whose answer names the MSRP port. What comes by HTTP waits until all
// are open.
func (s *Server) listen(ctx context.Context) error {
	if err := s.web.Listen(ctx); err != nil {
		return fmt.Errorf("web listeners: %w", err)
	}
	for _, l := range s.cfg.MSRP.Listen {
		if err := s.listenMSRP(ctx, l); err != nil {
			return fmt.Errorf("msrp.listen %s: %w", l, err)
		}
	}
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

func (s *Server) listenMSRP(ctx context.Context, l config.Listener) error {
	opened, err := s.media.Listen(ctx, l.Network, l.Address)
	if err != nil {
		return err
	}
	s.opened(ctx, Listening{Proto: "msrp", Transport: l.Network, Addr: opened.Addr()})
	return nil
}

func (s *Server) listenSIP(ctx context.Context, l config.Listener) error {
	addr, err := s.stack.Listen(ctx, l.Network, l.Address)
	if err != nil {
		return err
	}
	s.gate.AddListener(l.Network, addr)
	s.opened(ctx, Listening{Proto: "sip", Transport: l.Network, Addr: addr})
	return nil
}

func (s *Server) opened(ctx context.Context, l Listening) {
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
