package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Peer describes peers whose P-Asserted-Identity counts (RFC 3325 §5).
type Peer struct {
	Prefix   netip.Prefix // of their addresses; the zero value if they are known otherwise
	Name     string       // in their certificate; "" if they are known otherwise
	Listener Listener     // that nobody else can reach; the zero value if they are known otherwise
}

// ParsePeer reads a CIDR block, a single address, tls:NAME, or listener: and one
// of sip.listen.
func ParsePeer(s string) (Peer, error) {
	if listener, ok := strings.CutPrefix(s, "listener:"); ok {
		l, err := ParseListener(listener)
		if err == nil && l.Web() {
			err = fmt.Errorf("%s may be behind a proxy and proves nothing", l)
		}
		return Peer{Listener: l}, err
	}
	if name, ok := strings.CutPrefix(s, "tls:"); ok {
		if name == "" {
			return Peer{}, errors.New("tls: names no certificate")
		}
		if err := checkHost(name); err != nil {
			return Peer{}, err
		}
		return Peer{Name: name}, nil
	}
	prefix, err := parsePrefix(s)
	if errors.Is(err, errNoPrefix) {
		err = fmt.Errorf("%w nor tls:NAME nor listener:NETWORK://HOST:PORT", err)
	}
	return Peer{Prefix: prefix}, err
}

var errNoPrefix = errors.New("is neither a CIDR block such as 10.0.0.0/8 nor an address")

// parsePrefix reads a CIDR block or a single address.
func parsePrefix(s string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(s); err == nil {
		if prefix != prefix.Masked() {
			return netip.Prefix{}, fmt.Errorf("%q has bits beyond its length: %s is meant?", s, prefix.Masked())
		}
		return prefix, nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return netip.Prefix{}, fmt.Errorf("%q %w", s, errNoPrefix)
	}
	return netip.PrefixFrom(addr, addr.BitLen()), nil
}

// nameServer accepts an address, with or without port.
func nameServer(s string) (string, error) {
	if _, err := netip.ParseAddrPort(s); err == nil {
		return s, nil
	}
	if _, err := netip.ParseAddr(s); err != nil {
		return "", fmt.Errorf("%q is no address such as 192.0.2.53 or 192.0.2.53:5353", s)
	}
	return s, nil
}

// String gives the form that ParsePeer reads.
func (p Peer) String() string {
	switch {
	case p.Name != "":
		return "tls:" + p.Name
	case p.Listener.Network != "":
		return "listener:" + p.Listener.String()
	}
	return p.Prefix.String()
}
