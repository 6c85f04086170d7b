package dialog

import (
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

func TestRequestFollowsRouteSet(t *testing.T) {
	t.Parallel()
	const target = "sip:alice@192.0.2.11:5070;gr=urn:uuid:1;ob;x=y"
	tests := []struct {
		name   string
		routes []string
		uri    string
		route  string
	}{
		{name: "no proxies", uri: target},
		{
			name: "loose", routes: []string{"sip:p1.example;lr", "sip:p2.example;lr;x=1"},
			uri: target, route: "<sip:p1.example;lr>, <sip:p2.example;lr;x=1>",
		},
		{
			name: "strict", routes: []string{"sip:p1.example;method=INVITE;transport=tcp?Subject=a", "sip:p2.example;lr"},
			uri: "sip:p1.example;transport=tcp", route: "<sip:p2.example;lr>, <" + target + ">",
		},
		{
			name: "strict alone", routes: []string{"sip:p1.example"},
			uri: "sip:p1.example", route: "<" + target + ">",
		},
		{
			name: "strict behind loose", routes: []string{"sip:p1.example;lr", "sip:p2.example"},
			uri: target, route: "<sip:p1.example;lr>, <sip:p2.example>",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conform.Covers(t, "FOC-DSP-10")
			d := &Dialog{
				layer: &Layer{},
				id:    ID{CallID: "c1", Local: "f", Remote: "a"}, local: "<sip:CONF@x>;tag=f",
				remote: `"Alice" <sip:alice@x>;tag=a`, contact: "<sip:CONF@x>;isfocus",
				target: target, routes: tt.routes, localSeq: 7,
			}
			req := d.NewRequest(sipmsg.NOTIFY)
			if got := req.URI.String(); got != tt.uri {
				t.Errorf("Request-URI %s, want %s", got, tt.uri)
			}
			want := map[string]string{
				"Max-Forwards": "70", "From": d.local, "To": d.remote, "Call-ID": "c1",
				"CSeq": "8 NOTIFY", "Contact": d.contact, "Route": tt.route,
			}
			got := map[string]string{"Route": ""}
			for _, f := range req.Header.Fields {
				got[f.Name] = f.Value
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if bye := d.NewRequest(sipmsg.BYE); bye.Header.Has("Contact") {
				t.Error("BYE carries Contact")
			}
		})
	}
}

// TestProxyIsNotThePeer: behind an HTTP proxy, the address that a dialog came from is the
// proxy's, as a rule on this very host, and opens nothing there to the peer.
func TestProxyIsNotThePeer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-03")
	refused := &sip.Error{Status: 403}
	l := New(Config{Permit: func(to transport.Target) error {
		if to.Addr.Addr().IsLoopback() {
			return refused
		}
		return nil
	}})
	local := netip.MustParseAddrPort("127.0.0.1:6379")
	from := transport.Source{Transport: transport.WSS, Remote: netip.MustParseAddrPort("127.0.0.1:40000")}
	targets := []transport.Target{{Transport: transport.TCP, Addr: local}}
	if to, err := l.permitted(targets, from); err != nil || len(to) != 1 {
		t.Errorf("a peer on this host: %v, %v", to, err)
	}
	from.Proxied = true
	if to, err := l.permitted(targets, from); !errors.Is(err, refused) {
		t.Errorf("a peer behind a proxy on this host: %v, %v", to, err)
	}
}
