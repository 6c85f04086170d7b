package identity

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// get is a request with a certificate that names URIs, if any are given, and
// whether TLS has verified it.
func get(t *testing.T, verified bool, uris ...string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/msrp?a=b", nil)
	if len(uris) == 0 {
		return r
	}
	certificate := &x509.Certificate{}
	for _, text := range uris {
		u, err := url.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		certificate.URIs = append(certificate.URIs, u)
	}
	r.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{certificate}}
	if verified {
		r.TLS.VerifiedChains = [][]*x509.Certificate{{certificate}}
	}
	return r
}

func TestWhomCertificatesName(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "WS-06")
	for name, test := range map[string]struct {
		request *http.Request
		want    []conference.Identity
	}{
		"no TLS":       {get(t, false), nil},
		"a user":       {get(t, true, "sips:alice@Example.test:5061"), []conference.Identity{"sip:alice@example.test"}},
		"two users":    {get(t, true, "sip:a@b.test", "sip:b.test", "sip:c@b.test"), []conference.Identity{"sip:a@b.test", "sip:c@b.test"}},
		"a domain":     {get(t, true, "sip:example.test"), nil},
		"other things": {get(t, true, "https://alice@example.test/", "tel:+1"), nil},
		"not verified": {get(t, false, "sip:alice@example.test"), nil},
	} {
		got, err := (&Handshake{Certificates: true}).Identify(test.request)
		if diff := cmp.Diff(test.want, got); diff != "" || (err == nil) != (test.want != nil) {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
		if _, err := (&Handshake{}).Identify(test.request); !errors.Is(err, &sip.Error{Status: 403}) {
			t.Errorf("%s, though nothing counts: %v", name, err)
		}
	}
}

func TestPasswordByHTTP(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "WS-06")
	h := newHouse(t)
	for uri, status := range map[string]int{
		"/msrp?a=b": 0, "http://example.com/msrp?a=b": 0, "/msrp": 400, "sip:lobby@conf.example.test": 400, "nonsense": 400,
	} {
		x := digest.NewClient("alice", "secret").Exchange()
		x.Challenged(&sipmsg.Response{Status: 401, Header: sipmsg.Header{Fields: h.server.Challenge(false)}})
		r := get(t, false)
		r.Header.Add("Authorization", "Basic YWxpY2U6c2VjcmV0")
		door := Handshake{Accounts: h.Accounts}
		if _, err := door.Identify(r); !errors.Is(err, &sip.Error{Status: 401}) {
			t.Errorf("Basic: %v", err)
		}
		for _, f := range x.Credentials(http.MethodGet, uri) {
			r.Header.Add(f.Name, f.Value)
		}
		got, err := door.Identify(r)
		if status == 0 && !cmp.Equal(got, []conference.Identity{"sip:alice@example.test"}) || status != 0 && !errors.Is(err, &sip.Error{Status: status}) {
			t.Errorf("%s: %v, %v", uri, got, err)
		}
	}
}
