package config

import "time"

func sipKeys(s *SIP) section {
	return section{
		{"listen", "udp, tcp, tls, ws and wss, as NETWORK://HOST:PORT, with a /path for the last two; port 0 takes any free one", listeners(&s.Listen)},
		{"advertise", "host[:port] for Contact and Via where it differs from the listeners; the port is that of udp and tcp", text(&s.Advertise, optional(hostPort))},
		{"outbound", "URI of the next hop for requests of our own", text(&s.Outbound, optional(sipURI))},
		{"ioi", "name of our network (inter operator identifier) in charging fields to trusted peers; empty leaves it out", text(&s.IOI, optional(paramToken))},
		{"session_expires", "how long a session lives without being refreshed; 0 for ever", duration(&s.SessionExpires, 0)},
		{"min_se", "the least that a peer may ask for instead", duration(&s.MinSE, minSessionInterval)},
		{"preconditions", "auto: a caller's resources are waited for where he wants that, and calls of ours tell of ours; off", choice(&s.Preconditions, "auto", "off")},
		{"approval_wait", "how long a caller waits to be approved of, where joining is moderated", duration(&s.ApprovalWait, time.Second)},
		{"precondition_wait", "how long a caller may take for his resources", duration(&s.PreconditionWait, time.Second)},
		{"trust", "peers whose P-Asserted-Identity counts: CIDR, tls:NAME, or listener: and one of sip.listen that only they can reach", values[Peer]{&s.Trust, ParsePeer, Peer.String}},
	}
}

// What msrp.ws_auth may list.
const (
	DigestAuth      = "digest"      // a password of auth.users or auth.users_file
	CertificateAuth = "certificate" // one of tls.client_ca that names the user
)

func msrpKeys(m *MSRP) section {
	return section{
		{"listen", "tcp, tls, ws and wss, as NETWORK://HOST:PORT, with a /path for the last two", listeners(&m.Listen)},
		{"advertise", "host[:port] for a=path where it differs from the listener; for one on all addresses the default is the host of sip.advertise, or an address of this host", text(&m.Advertise, optional(hostPort))},
		{"max_message", "largest message, CPIM wrapper included", size(&m.MaxMessage, 1<<10, 64<<20)},
		{"strict", "tolerate nothing of clients beyond the standards", flag(&m.Strict)},
		{"cema", "offer that middleboxes may anchor media (RFC 6714); who offers it is answered so in any case", flag(&m.CEMA)},
		{"legacy_cipher", "allow TLS_RSA_WITH_AES_128_CBC_SHA, which RFC 4975 asks for and which lacks forward secrecy", flag(&m.LegacyCipher)},
		{"plain_ws", "allow ws listeners beyond loopback, as behind a server that ends TLS", flag(&m.PlainWS)},
		{"ws_auth", "digest, certificate: how who opens a WebSocket has to prove that he is the user of the session; empty for not at all, as the session URI is a secret", texts(&m.WSAuth, oneOf(DigestAuth, CertificateAuth))},
	}
}

func httpKeys(h *HTTP) section {
	return section{
		{"listen", "host:port of the API, /metrics, /healthz and /readyz; empty serves no HTTP", text(&h.Listen, optional(address))},
		{"admin_token_file", "bearer token of the API; without it the API answers loopback only", text(&h.AdminTokenFile, anything)},
		{"origins", "web origins besides our own whose pages may connect; a server behind a proxy needs its own here, too", texts(&h.Origins, origin)},
	}
}

func tlsKeys(t *TLS) section {
	return section{
		{"certificate", "PEM file, with the chain; read again on SIGHUP and when it changes", text(&t.Certificate, anything)},
		{"key", "PEM file", text(&t.Key, anything)},
		{"client_ca", "PEM file; clients are asked for a certificate, and one that is shown must be of it", text(&t.ClientCA, anything)},
		{"ca", "PEM file of roots of servers that we connect to, besides the system's; read at start", text(&t.CA, anything)},
		{"min_version", "1.2 or 1.3", choice(&t.MinVersion, "1.2", "1.3")},
	}
}
