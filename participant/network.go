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

// nextHop leads to where requests for uri go: to the server, or where uri leads.
func (u *UE) nextHop(uri sipmsg.URI) (sipmsg.URI, error) {
	if u.cfg.Server != "" {
		var err error
		if uri, err = sipmsg.ParseURI(uri.Scheme + ":" + u.cfg.Server); err != nil {
			return sipmsg.URI{}, err
		}
	}
	if local(uri.Host) {
		uri.Params = uri.Params.With("maddr", "127.0.0.1") // the name is what TLS asks for
	}
	if !uri.Params.Has("transport") {
		uri.Params = uri.Params.With("transport", u.cfg.Transport)
	}
	return uri, nil
}

// local tells whether a name means this machine. Such names are not looked up
// (RFC 6761 §6.3).
func local(host string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// localAddr is the address that SIP is received on; its port may be 0.
func (u *UE) localAddr(ctx context.Context, to netip.AddrPort) (netip.AddrPort, error) {
	if u.cfg.Listen != "" {
		return u.cfg.local()
	}
	if ip := to.Addr().Unmap(); ip.IsLoopback() {
		return netip.AddrPortFrom(ip, 0), nil
	}
	// "Connecting" a datagram socket sends nothing, but finds out the way.
	conn, err := (&net.Dialer{}).DialContext(ctx, "udp", to.String())
	if err != nil {
		return netip.AddrPort{}, err
	}
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if closeErr := conn.Close(); err == nil {
		err = closeErr
	}
	return netip.AddrPortFrom(local.Addr().Unmap(), 0), err
}

// portTries is how often a port is looked for that is free for UDP and for TCP.
const portTries = 8

// listen opens the listeners, none where nobody connects to a client; port 0 is one of
// the system's choice. A UE that talks UDP takes TCP on the same port, since requests
// too large for a datagram come that way (RFC 3261 §18.1.1).
func (u *UE) listen(ctx context.Context, local netip.AddrPort) (netip.AddrPort, error) {
	if u.cfg.unreachable() {
		return local, nil
	}
	if u.cfg.Transport == transport.TCP {
		return u.stack.Listen(ctx, transport.TCP, local.String())
	}
	var at netip.AddrPort
	var err error
	for range portTries {
		if at, err = u.stack.Listen(ctx, transport.TCP, local.String()); err != nil {
			return at, err
		}
		if _, err = u.stack.Listen(ctx, transport.UDP, at.String()); err == nil {
			return at, nil
		}
	}
	return at, err
}

// routeBy lets a request take the way that the registrar names (RFC 3608 §6.1).
// [PAR-GEN-01]
func (u *UE) routeBy(out *dialog.Outgoing) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if out.Routes = u.routes; len(u.routes) > 0 && u.cfg.Server == "" {
		out.NextHop = sipmsg.URI{} // the first of them is the next hop
	}
}

// contact is our Contact value, sips where the peer is addressed so or addresses us so
// (RFC 3261 §8.1.1.8, §12.1.1). Where nobody can connect to us its host is one that
// nobody looks up (RFC 7118 §5.2), and ob asks for the connection we have (RFC 5626
// §4.3). [PAR-GEN-07] [COM-14] [COM-16]
func (u *UE) contact(sips bool) string {
	u.mu.Lock()
	gruu := u.gruu
	u.mu.Unlock()
	if gruu != "" && !u.cfg.Anonymous {
		return "<" + gruu + `>;+sip.instance="<` + u.cfg.Instance + `>"`
	}
	return u.plainContact(sips)
}

// plainContact is the Contact value without a GRUU, which is what is registered.
func (u *UE) plainContact(sips bool) string {
	host, scheme := u.address().String(), "sip"
	if u.cfg.unreachable() {
		host = u.stack.Transport.Nowhere() + ";ob"
	}
	if sips {
		scheme = "sips"
	}
	user := u.identity.URI.User
	if u.cfg.Anonymous {
		user = "" // RFC 3323 §4.1.1.3 [PAR-GEN-04]
	}
	at := dialog.ContactAt(scheme, user, u.cfg.Transport, host)
	return at + `;+sip.instance="<` + u.cfg.Instance + `>"`
}
