package participant

import (
	"context"
	"net"
	"net/netip"
	"strings"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// nextHop is where requests for uri go: to the server, or where uri leads.
func (u *UE) nextHop(ctx context.Context, uri sipmsg.URI) (transport.Target, error) {
	if u.cfg.Server != "" {
		var err error
		if uri, err = sipmsg.ParseURI("sip:" + u.cfg.Server); err != nil {
			return transport.Target{}, err
		}
	}
	if local(uri.Host) {
		uri.Host = "127.0.0.1"
	}
	if !uri.Params.Has("transport") {
		uri.Params = uri.Params.With("transport", u.cfg.Transport)
	}
	return u.stack.Transport.Resolve(ctx, uri)
}

// local tells whether a name means this machine. Such names are not looked up
// (RFC 6761 §6.3).
func local(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// localIP is the address that SIP is received on.
func (u *UE) localIP(ctx context.Context, to netip.AddrPort) (netip.Addr, error) {
	if u.cfg.Listen != "" {
		return netip.ParseAddr(u.cfg.Listen)
	}
	if ip := to.Addr().Unmap(); ip.IsLoopback() {
		return ip, nil
	}
	// "Connecting" a datagram socket sends nothing, but finds out the way.
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", to.String())
	if err != nil {
		return netip.Addr{}, err
	}
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if closeErr := conn.Close(); err == nil {
		err = closeErr
	}
	return local.Addr().Unmap(), err
}

// portTries is how often a port is looked for that is free for UDP and for TCP.
const portTries = 8

// listen opens the listeners on a port of the system's choice. A UE that talks UDP
// takes TCP on the same port, since requests too large for a datagram come that way
// (RFC 3261 §18.1.1).
func (u *UE) listen(ctx context.Context, ip netip.Addr) (netip.AddrPort, error) {
	any0 := netip.AddrPortFrom(ip, 0).String()
	if u.cfg.Transport == transport.TCP {
		return u.stack.Listen(ctx, transport.TCP, any0)
	}
	var at netip.AddrPort
	var err error
	for range portTries {
		if at, err = u.stack.Listen(ctx, transport.TCP, any0); err != nil {
			return at, err
		}
		if _, err = u.stack.Listen(ctx, transport.UDP, at.String()); err == nil {
			return at, nil
		}
	}
	return at, err
}

// contact is our Contact value. [PAR-GEN-07]
func (u *UE) contact() string {
	at := dialog.ContactAt(u.identity.URI.User, u.cfg.Transport, u.address().String())
	return at + `;+sip.instance="<` + u.cfg.Instance + `>"`
}
