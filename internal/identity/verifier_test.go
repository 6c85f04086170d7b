package identity

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// invite is an INVITE with further header lines.
func invite(t *testing.T, from string, lines ...string) *sipmsg.Request {
	t.Helper()
	text := strings.Join(append([]string{
		"INVITE sip:lobby@conf.example.test SIP/2.0",
		"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1",
		"From: " + from + ";tag=1",
		"To: <sip:lobby@conf.example.test>",
		"Call-ID: 1",
		"CSeq: 1 INVITE",
		"Contact: <sip:alice@192.0.2.1>",
	}, lines...), "\r\n") + "\r\n\r\n"
	m, err := sipmsg.ParseDatagram([]byte(text), sipmsg.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	req, ok := m.(*sipmsg.Request)
	if !ok {
		t.Fatal("no request")
	}
	return req
}

func from(address string) transport.Source {
	return transport.Source{Transport: "udp", Remote: netip.AddrPortFrom(netip.MustParseAddr(address), 5060)}
}

const (
	proxy    = "10.1.2.3"
	stranger = "203.0.113.9"
	loopback = "127.0.0.1"
)

func TestIdentify(t *testing.T) {
	conform.Covers(t, "IDN-01", "IDN-02", "IDN-04", "PRV-03")
	trust := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	asserted := `P-Asserted-Identity: "Alice" <sip:alice@IMS.example>`
	tests := []struct {
		name   string
		cfg    Config
		from   string
		lines  []string
		source string
		want   Identity
		status int
	}{
		{
			name: "trusted peer asserts", source: proxy, from: "<sip:bob@example.test>", lines: []string{asserted},
			want: Identity{User: "sip:alice@ims.example", Display: "Alice", Trusted: true, Asserted: true},
		},
		{
			name: "and adds a number", source: proxy, from: "<sip:bob@example.test>",
			lines: []string{asserted + ", <tel:+15550100>"},
			want:  Identity{User: "sip:alice@ims.example", Display: "Alice", AORs: []string{"tel:+15550100"}, Trusted: true, Asserted: true},
		},
		{
			name: "more than two values: the first SIP URI", source: proxy, from: "<sip:bob@example.test>",
			lines: []string{asserted + ", <tel:+15550100>, <sip:eve@ims.example>"},
			want:  Identity{User: "sip:alice@ims.example", Display: "Alice", Trusted: true, Asserted: true},
		},
		{name: "nobody else's assertion counts", source: stranger, from: "<sip:alice@ims.example>", lines: []string{asserted}, status: 403},
		{name: "trusted peer asserts nothing", source: proxy, from: "<sip:alice@ims.example>", status: 403},
		{
			name: "privacy", source: proxy, from: "<sip:alice@ims.example>", lines: []string{asserted, "Privacy: id;critical"},
			want: Identity{User: "sip:alice@ims.example", Display: "Alice", Privacy: true, Trusted: true, Asserted: true},
		},
		{
			name: "no privacy", source: proxy, from: "<sip:alice@ims.example>", lines: []string{asserted, "Privacy: none"},
			want: Identity{User: "sip:alice@ims.example", Display: "Alice", Trusted: true, Asserted: true},
		},
		{name: "anonymous behind a trusted peer", source: proxy, from: `"Anonymous" <sip:anonymous@anonymous.invalid>`, status: 403},
		{
			name: "local profile: From", cfg: Config{Local: true}, source: loopback, from: `"Bob" <sip:bob@Example.test:5070>`,
			want: Identity{User: "sip:bob@example.test", Display: "Bob"},
		},
		{
			name: "local profile: a preferred identity before From", cfg: Config{Local: true}, source: loopback,
			from: "<sip:bob@example.test>", lines: []string{"P-Preferred-Identity: <sip:robert@example.test>"},
			want: Identity{User: "sip:robert@example.test"},
		},
		{name: "local profile is for this host only", cfg: Config{Local: true}, source: stranger, from: "<sip:bob@example.test>", status: 403},
		{name: "local profile needs a name", cfg: Config{Local: true}, source: loopback, from: "<sip:anonymous@anonymous.invalid>", status: 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Trust = trust
			got, err := New(tt.cfg).Identify(invite(t, tt.from, tt.lines...), from(tt.source))
			if tt.status != 0 {
				if !errors.Is(err, &sip.Error{Status: tt.status}) {
					t.Fatalf("got %+v, %v; want status %d", got, err, tt.status)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestAnonymousCallersWhereTheyAreAllowed(t *testing.T) {
	conform.Covers(t, "IDN-04")
	v := New(Config{AllowAnonymous: true, Trust: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	req := invite(t, "<sip:anonymous@anonymous.invalid>")
	first, err := v.Identify(req, from(proxy))
	if err != nil {
		t.Fatal(err)
	}
	second, err := v.Identify(req, from(proxy))
	if err != nil {
		t.Fatal(err)
	}
	if !first.Anonymous || !first.Privacy || first.User == second.User {
		t.Errorf("got %+v and %+v: want two different anonymous callers", first, second)
	}
}

// accounts is an Authenticator that knows whom every request is from.
type accounts struct{ asked int }

func (a *accounts) Authenticate(*sipmsg.Request, transport.Source) (Identity, error) {
	a.asked++
	return Identity{User: "sip:alice@example.test"}, nil
}

func TestAccountsAreAskedWhereNothingIsAsserted(t *testing.T) {
	auth := &accounts{}
	v := New(Config{Auth: auth, Trust: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	for _, source := range []string{proxy, stranger} {
		id, err := v.Identify(invite(t, "<sip:alice@example.test>"), from(source))
		if err != nil || id.User != "sip:alice@example.test" {
			t.Errorf("from %s: %+v, %v", source, id, err)
		}
	}
	if auth.asked != 2 {
		t.Errorf("asked %d times, want 2", auth.asked)
	}
}

// A name proves a peer wherever it is; an address does not prove whom a proxy
// stands before.
func TestTrustByNameAndThroughProxies(t *testing.T) {
	conform.Covers(t, "IDN-01")
	v := New(Config{
		Local: true, TrustNames: []string{"sbc.example.test"}, Trust: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
	})
	for _, tt := range []struct {
		name    string
		source  string
		names   []string
		proxied bool
		want    bool
	}{
		{"by name", stranger, []string{"other.test", "sbc.example.test"}, false, true},
		{"another name", stranger, []string{"example.test", "x.sbc.example.test"}, false, false},
		{"by address", proxy, nil, false, true},
		{"address of an HTTP proxy", proxy, nil, true, false},
		{"name through an HTTP proxy", proxy, []string{"sbc.example.test"}, true, true},
	} {
		src := from(tt.source)
		src.PeerNames, src.Proxied = tt.names, tt.proxied
		if got := v.Trusted(src); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	src := from(loopback)
	src.Proxied = true
	if id, err := v.Identify(invite(t, "<sip:bob@example.test>"), src); err == nil {
		t.Errorf("the local profile takes %s who came through a proxy", id.User)
	}
}

// TestOf: one user has one address of record, however it is written.
func TestOf(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-RMV-03", "FOC-DSP-01")
	for want, spellings := range map[conference.Identity][]string{
		"sip:bob@a.test":           {"sip:%62ob@A.test:5070;transport=tcp?subject=x", "sips:bob@a.test", "sip:bob:secret@a.test"},
		"sip:bob@[2001:db8::1]":    {"sip:bob@[2001:DB8::1]", "sip:bob@[2001:db8:0:0::1]:5060"},
		"tel:+15550100":            {"tel:+1-555-0100", "TEL:+1(555)0100"},
		"tel:100;phone-context=+1": {"tel:1-00;Phone-Context=+1"},
		"urn:uuid:1":               {"urn:uuid:1"},
	} {
		for _, spelling := range spellings {
			uri, err := sipmsg.ParseURI(spelling)
			if err != nil {
				t.Fatal(err)
			}
			if got := Of(uri); got != want {
				t.Errorf("%s: %s, want %s", spelling, got, want)
			}
		}
	}
}
