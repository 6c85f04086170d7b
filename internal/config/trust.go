package config

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
)

// Peer describes peers whose P-Asserted-Identity counts (RFC 3325 §5).
type Peer struct {
	Prefix netip.Prefix // of their addresses; the zero value if they are known by name
	Name   string       // in their certificate; "" if they are known by address
}

// ParsePeer reads a CIDR block, a single address, or tls:NAME.
func ParsePeer(s string) (Peer, error) {
	if name, ok := strings.CutPrefix(s, "tls:"); ok {
		if name == "" {
			return Peer{}, errors.New("tls: names no certificate")
		}
		if err := checkHost(name); err != nil {
			return Peer{}, err
		}
		return Peer{Name: name}, nil
	}
	if prefix, err := netip.ParsePrefix(s); err == nil {
		if prefix != prefix.Masked() {
			return Peer{}, fmt.Errorf("%q has bits beyond its length: %s is meant?", s, prefix.Masked())
		}
		return Peer{Prefix: prefix}, nil
	}
	addr, err := netip.ParseAddr(s)
	if err != nil || addr.Zone() != "" {
		return Peer{}, fmt.Errorf("%q is neither a CIDR block such as 10.0.0.0/8 nor tls:NAME", s)
	}
	return Peer{Prefix: netip.PrefixFrom(addr, addr.BitLen())}, nil
}

// String gives the form that ParsePeer reads.
func (p Peer) String() string {
	if p.Name != "" {
		return "tls:" + p.Name
	}
	return p.Prefix.String()
}
