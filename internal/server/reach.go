package server

import (
	"context"
	"net"
	"net/netip"
	"time"

	"github.com/confab-chat/confab/sip/transport"
)

// dialMedia opens an MSRP connection to an address that a session description named,
// unless that is one which nobody may have us connect to. [SEC-03]
func (s *Server) dialMedia(ctx context.Context, network, address string) (net.Conn, error) {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return nil, err
	}
	if err := s.gate.Permit(transport.Target{Transport: transport.TCP, Addr: to}); err != nil {
		return nil, err
	}
	d := net.Dialer{KeepAlive: 30 * time.Second}
	return d.DialContext(ctx, network, address)
}
