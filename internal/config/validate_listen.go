package config

import (
	"fmt"
	"slices"
	"strings"
)

// claim is a place on the network that a key has taken.
type claim struct {
	key    string
	web    bool
	secure bool
}

// claims keeps who has which place: an address, or a path of a web server.
type claims struct {
	r         *reader
	addresses map[string]claim
	paths     map[string]string // key by listener
}

// validateListeners: each listener has an address of its own, save that those of
// one kind of web share a server.
func validateListeners(c *Config, r *reader) {
	taken := &claims{r: r, addresses: make(map[string]claim), paths: make(map[string]string)}
	groups := []struct {
		key string
		all []Listener
	}{{"sip.listen", c.SIP.Listen}, {"msrp.listen", c.MSRP.Listen}}
	for _, g := range groups {
		if len(g.all) == 0 {
			complain(r, g.key, "needs at least one listener")
		}
		for i, l := range g.all {
			at := fmt.Sprintf("%s[%d]", g.key, i)
			switch {
			case r.bad[at]:
			case g.key == "msrp.listen" && !carriesMedia(c, r, at, l): // it has said why
			case l.Web() && l.Address == c.HTTP.Listen && ownPath(l.Path):
				complain(r, at, "%s of %s belongs to http.listen", l.Path, l.Address)
			default:
				taken.listener(at, l)
			}
		}
	}
	if other, ok := taken.addresses["tcp "+c.HTTP.Listen]; ok && !other.web && !freePort(c.HTTP.Listen) {
		complain(r, "http.listen", "%s is taken by %s", c.HTTP.Listen, other.key)
	}
}

// carriesMedia reports whether MSRP may run over a listener, and complains if not. [WS-01]
func carriesMedia(c *Config, r *reader, at string, l Listener) bool {
	switch {
	case l.Network == "udp":
		complain(r, at, "MSRP does not run over UDP")
	case l.Network == "ws" && !l.Loopback() && !c.MSRP.PlainWS:
		complain(r, at, "%s is neither encrypted nor on loopback: wss, or msrp.plain_ws where another server ends TLS", l)
	default:
		return true
	}
	return false
}

// ownPath reports whether a path is one that http.listen serves.
func ownPath(path string) bool {
	return path == "/" || path == "/api" || strings.HasPrefix(path, "/api/") ||
		slices.Contains([]string{"/healthz", "/readyz", "/metrics"}, path)
}

// listener takes the place of a listener, or says who has it.
func (c *claims) listener(key string, l Listener) {
	if l.Web() || !freePort(l.Address) {
		if _, twice := c.paths[l.String()]; twice {
			complain(c.r, key, "%s stands twice", l)
			return
		}
		c.paths[l.String()] = key
	}
	if freePort(l.Address) {
		return
	}
	network := "tcp "
	if l.Network == "udp" {
		network = "udp "
	}
	mine := claim{key: key, web: l.Web(), secure: l.Secure()}
	switch other, ok := c.addresses[network+l.Address]; {
	case !ok:
		c.addresses[network+l.Address] = mine
	case !mine.web || !other.web:
		complain(c.r, key, "%s is taken by %s", l, other.key)
	case mine.secure != other.secure:
		with, without := "needs", "has none"
		if other.secure {
			with, without = "cannot have", "needs it"
		}
		complain(c.r, key, "%s %s TLS on the address of %s, which %s", l, with, other.key, without)
	}
}

// validateWebSocketAuth: each way to prove who one is can be gone. [WS-06]
func validateWebSocketAuth(c *Config, r *reader) {
	for i, way := range c.MSRP.WSAuth {
		key := fmt.Sprintf("msrp.ws_auth[%d]", i)
		switch {
		case slices.Index(c.MSRP.WSAuth, way) < i:
			complain(r, key, "%s stands twice", way)
		case way == DigestAuth && len(c.Auth.Accounts()) == 0 && !r.bad["auth.users_file"]:
			complain(r, key, "needs accounts: auth.users or auth.users_file")
		case way == CertificateAuth && c.TLS.ClientCA == "":
			complain(r, key, "needs tls.client_ca, which says whose certificates count")
		}
	}
}

// validateTrust: names prove something only where certificates do.
func validateTrust(c *Config, r *reader) {
	for i, p := range c.SIP.Trust {
		if p.Name != "" && c.TLS.ClientCA == "" {
			complain(r, fmt.Sprintf("sip.trust[%d]", i), "%s needs tls.client_ca, which says whose certificates count", p)
		}
		if p.Listener.Network != "" && !slices.Contains(c.SIP.Listen, p.Listener) {
			complain(r, fmt.Sprintf("sip.trust[%d]", i), "%s is none of sip.listen", p.Listener)
		}
	}
}

// validateTLS: there is a whole certificate for who needs one.
func validateTLS(c *Config, r *reader) {
	switch t := c.TLS; {
	case t.Certificate != "" && t.Key == "":
		complain(r, "tls.certificate", "needs tls.key")
	case t.Certificate == "" && t.Key != "":
		complain(r, "tls.key", "needs tls.certificate")
	case t.Certificate == "" && t.ClientCA != "":
		complain(r, "tls.client_ca", "is of no use without tls.certificate")
	}
	if c.TLS.Certificate != "" {
		return
	}
	for key, all := range map[string][]Listener{"sip.listen": c.SIP.Listen, "msrp.listen": c.MSRP.Listen} {
		for i, l := range all {
			if key == "msrp.listen" && !l.Web() {
				continue // a certificate of its own will do, since peers are told its fingerprint
			}
			if at := fmt.Sprintf("%s[%d]", key, i); l.Secure() && !r.bad[at] {
				complain(r, at, "%s needs tls.certificate", l)
			}
		}
	}
}
