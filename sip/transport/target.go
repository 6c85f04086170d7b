package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// Names of transports, as in Source, Target and the "transport" parameter.
const (
	UDP = "udp"
	TCP = "tcp"
)

// defaultPort is the port of SIP over UDP and TCP (RFC 3261 §19.1.2).
const defaultPort = 5060

// Source says where a message came from. It is a value and may be kept.
type Source struct {
	Flow          *Flow
	Transport     string // "udp", "tcp"
	Remote, Local netip.AddrPort
	// reply is where a response goes: over UDP always, over a stream only if
	// the connection is gone (RFC 3261 §18.2.2, RFC 3581 §4).
	reply netip.AddrPort
}

// Target returns the way back to the sender: the same flow.
func (s Source) Target() Target {
	return Target{Transport: s.Transport, Addr: s.Remote, Flow: s.Flow}
}

// Target says where a request goes.
type Target struct {
	Transport string         // "udp" or "tcp"; "" means that of Flow, or "udp"
	Addr      netip.AddrPort // resolved; may be invalid if Flow is a connection
	Host      string         // the name that was resolved, if any
	// Flow, if set, is used as long as it lives. When it is gone the request
	// goes to Addr if that is valid and fails with ErrFlowGone if not: leave
	// Addr out for peers that cannot be reached in another way, those behind
	// ".invalid" and ";ob". [COM-16]
	Flow *Flow
}

// Literal returns the target of a URI that names its host by address, without
// looking anything up.
func Literal(uri sipmsg.URI) (Target, bool) {
	t, host, port, err := locate(uri)
	if err != nil {
		return Target{}, false
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return Target{}, false
	}
	t.Addr = netip.AddrPortFrom(addr.Unmap(), port)
	return t, true
}

// Resolve finds the target of a URI. Addresses are taken as they are, names
// are looked up with the system's resolver; ctx bounds that. Without a
// transport parameter the transport is UDP (RFC 3263 §4.1).
func (l *Layer) Resolve(ctx context.Context, uri sipmsg.URI) (Target, error) {
	if t, ok := Literal(uri); ok {
		return t, nil
	}
	t, host, port, err := locate(uri)
	if err != nil {
		return Target{}, err
	}
	// RFC 7118 appendix B: names under ".invalid" are not resolved. [COM-16]
	if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(host), "."), ".invalid") {
		return Target{}, fmt.Errorf("%w: host %s", ErrFlowGone, host)
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return Target{}, err
	}
	t.Host = host
	for _, addr := range addrs {
		t.Addr = netip.AddrPortFrom(addr.Unmap(), port)
		if t.Transport != UDP || l.socketFor(t.Addr.Addr()) != nil {
			return t, nil
		}
	}
	return Target{}, fmt.Errorf("%w: no address of %s can be reached", ErrTransport, host)
}

// locate reads host, port and transport from a URI.
func locate(uri sipmsg.URI) (t Target, host string, port uint16, err error) {
	if !strings.EqualFold(uri.Scheme, "sip") {
		return t, "", 0, fmt.Errorf("%w: scheme %q", ErrTransport, uri.Scheme)
	}
	t.Transport = UDP
	if name, ok := uri.Params.Lookup("transport"); ok {
		t.Transport = strings.ToLower(name)
	}
	if t.Transport != UDP && t.Transport != TCP {
		return t, "", 0, fmt.Errorf("%w: %s", ErrTransport, t.Transport)
	}
	host, port = uri.Host, uri.Port
	if maddr, ok := uri.Params.Lookup("maddr"); ok {
		host = maddr
	}
	if port == 0 {
		port = defaultPort
	}
	return t, strings.Trim(host, "[]"), port, nil
}
