package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Listener is an address on which one transport is served.
type Listener struct {
	Network string // udp, tcp, tls, ws or wss
	Address string // host:port; port 0 means any free one
	Path    string // of the WebSocket endpoint; "" for other networks
}

// ParseListener reads NETWORK://HOST:PORT, with a path behind it for ws and wss.
// An IPv6 address stands in brackets, an empty host means every address.
func ParseListener(s string) (Listener, error) {
	network, rest, ok := strings.Cut(s, "://")
	if !ok || !slices.Contains([]string{"udp", "tcp", "tls", "ws", "wss"}, network) {
		return Listener{}, fmt.Errorf("%q does not begin with udp://, tcp://, tls://, ws:// or wss://", s)
	}
	l := Listener{Network: network, Address: rest}
	if l.Web() {
		l.Path = "/"
		if at := strings.IndexByte(rest, '/'); at >= 0 {
			l.Address, l.Path = rest[:at], rest[at:]
		}
		if err := checkPath(l.Path); err != nil {
			return Listener{}, fmt.Errorf("%q: %w", s, err)
		}
	}
	if err := checkHostPort(l.Address); err != nil {
		return Listener{}, fmt.Errorf("%q: %w", s, err)
	}
	return l, nil
}

// String gives the form that ParseListener reads.
func (l Listener) String() string { return l.Network + "://" + l.Address + l.Path }

// Web reports whether the listener is a WebSocket endpoint, a path of a web
// server that it may share with others.
func (l Listener) Web() bool { return l.Network == "ws" || l.Network == "wss" }

// Secure reports whether the listener needs a certificate.
func (l Listener) Secure() bool { return l.Network == "tls" || l.Network == "wss" }

// Loopback reports whether only this machine can reach the listener.
func (l Listener) Loopback() bool { return loopback(l.Address) }

// loopback reports whether a host:port is reached from this machine only.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// checkHostPort accepts a host, possibly empty, and a numeric port.
func checkHostPort(s string) error {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%q is no host:port", s)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("%q is no port", port)
	}
	if host == "" {
		return nil
	}
	return checkHost(host)
}

// checkPath accepts the path of a URL that needs no escapes and does not end
// with a slash, unless it is nothing but that.
func checkPath(path string) error {
	odd := strings.ContainsFunc(path, func(r rune) bool {
		return !strings.ContainsRune("/-._~", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if odd || path != "/" && strings.HasSuffix(path, "/") || strings.Contains(path, "//") || strings.Contains(path, "/.") {
		return fmt.Errorf("%q is no path such as /sip", path)
	}
	return nil
}

// checkHost accepts a host name, or an IP address without brackets.
func checkHost(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if len(host) > 253 {
		return errors.New("a host name has at most 253 characters")
	}
	for label := range strings.SplitSeq(host, ".") {
		if !isLabel(label) {
			return fmt.Errorf("%q is no host name or IP address", host)
		}
	}
	return nil
}

// isLabel reports whether s is one label of a host name (RFC 1123 §2.1).
func isLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// freePort reports whether an address leaves the port to the system.
func freePort(address string) bool {
	_, port, err := net.SplitHostPort(address)
	return err == nil && port == "0"
}
