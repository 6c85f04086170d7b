package identity

import (
	"crypto/x509"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Handshake says who sends an HTTP request, such as one that opens a WebSocket (RFC
// 7977 §7). The zero value lets nobody in. It is safe for concurrent use. [WS-06]
type Handshake struct {
	// Accounts are asked for a password (RFC 7616), with the same realm, nonces and
	// locks as in SIP; nil: there are none.
	Accounts *Accounts
	// Certificates lets a client certificate do, which TLS must have verified: it is
	// for the users that it names by SIP URIs (RFC 5280 §4.2.1.6).
	Certificates bool
}

// Identify returns the users that the request proves to be, more than one only where
// a certificate names several. The error is a [*sip.Error], whose status and fields
// are those of HTTP as well.
func (h *Handshake) Identify(r *http.Request) ([]conference.Identity, error) {
	if h.Certificates && r.TLS != nil && len(r.TLS.VerifiedChains) > 0 {
		if users := usersOf(r.TLS.VerifiedChains[0][0]); len(users) > 0 {
			return users, nil
		}
	}
	if h.Accounts == nil {
		// RFC 9110 §11.6.1: a 401 would need a challenge.
		return nil, forbidden("A Certificate Of A User Is Required")
	}
	user, err := h.Accounts.authenticateHTTP(r)
	if err != nil {
		return nil, err
	}
	return []conference.Identity{user}, nil
}

// usersOf returns the users that a certificate names. URIs without a user part are
// domains, which are no users (RFC 5922 §7.1).
func usersOf(certificate *x509.Certificate) []conference.Identity {
	var users []conference.Identity
	for _, named := range certificate.URIs {
		uri, err := sipmsg.ParseURI(named.String())
		if err == nil && uri.IsSIP() && uri.User != "" {
			users = append(users, Of(uri))
		}
	}
	return users
}

// authenticateHTTP returns the account whose password a request proves.
func (a *Accounts) authenticateHTTP(r *http.Request) (conference.Identity, error) {
	var header sipmsg.Header
	for _, value := range r.Header.Values("Authorization") {
		header.Add("Authorization", value)
	}
	remote, _ := netip.ParseAddrPort(r.RemoteAddr) // the zero value is an address, too
	acc, err := a.prove(&claim{
		header: &header, method: sipmsg.Method(r.Method), from: remote.Addr(),
		serves: func(uri string) bool { return targets(uri, r) },
	})
	if err != nil {
		return "", err
	}
	return acc.aor, nil
}

// targets reports whether the uri of credentials is the target of the request, in
// either form (RFC 7616 §3.4.6).
func targets(text string, r *http.Request) bool {
	uri, err := url.ParseRequestURI(text)
	return err == nil && uri.RequestURI() == r.URL.RequestURI()
}
