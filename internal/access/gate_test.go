package access

import (
	"net/netip"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

const (
	trusted  = "10.1.2.3"
	stranger = "203.0.113.9"
)

// gate is one with a conference, an alias of it, and a factory, on port 5060.
func gate(t *testing.T, change func(*Config)) *Gate {
	t.Helper()
	const domain = "conf.example.test"
	d, err := instance.NewDirectory(instance.Config{Journal: local.New(local.Limits{}), Domain: domain}, instance.Definition{
		Address: instance.Address{User: "Lobby", Host: domain},
		Aliases: []instance.Address{{User: "welcome", Host: domain}},
	})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{
		Directory: d, Domain: domain, Factories: []sipmsg.URI{uri(t, "sip:factory@conf.example.test")},
		Identity: identity.New(identity.Config{Trust: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}),
	}
	if change != nil {
		change(&cfg)
	}
	g := New(cfg)
	g.AddPort(5060)
	return g
}

func uri(t *testing.T, s string) sipmsg.URI {
	t.Helper()
	u, err := sipmsg.ParseURI(s)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func source(remote, network string) transport.Source {
	return transport.Source{
		Transport: network,
		Remote:    netip.AddrPortFrom(netip.MustParseAddr(remote), 40000),
		Local:     netip.MustParseAddrPort("192.0.2.7:5099"),
	}
}

func TestLocate(t *testing.T) {
	conform.Covers(t, "FOC-DSP-01", "FOC-DSP-13")
	g := gate(t, func(c *Config) { c.Host, c.Port = "edge.example.net", 6060 })
	for text, want := range map[string]string{
		"sip:Lobby@conf.example.test":                 "conference",
		"sips:Lobby@conf.example.test":                "conference",
		"sip:%4cobby@CONF.example.test;x=1":           "conference",
		"sip:Lobby@conf.example.test:5060":            "conference",
		"sip:Lobby@edge.example.net:6060":             "conference",
		"sip:Lobby@192.0.2.7":                         "conference",
		"sip:Lobby@[2001:db8::7]:5060":                "conference",
		"sip:welcome@conf.example.test":               "conference",
		"sip:factory@Conf.example.test;transport=tcp": "factory",
		"sip:factory@192.0.2.7:5060":                  "factory",
		"sip:lobby@conf.example.test":                 "",
		"sip:Factory@conf.example.test":               "",
		"sip:Lobby@conf.example.test:5061":            "",
		"sip:Lobby@other.example.test":                "",
		"sip:conf.example.test":                       "",
		"tel:+15551234":                               "",
		"urn:service:sos":                             "",
	} {
		resource, found := g.Locate(uri(t, text))
		got := ""
		switch {
		case found && resource.Factory:
			got = "factory"
		case found:
			got = "conference"
		}
		if got != want {
			t.Errorf("%s is %q, want %q", text, got, want)
		}
		if want == "conference" && resource.Entry.ID != "sip:Lobby@conf.example.test" {
			t.Errorf("%s leads to %s", text, resource.Entry.ID)
		}
	}
	for text, want := range map[string]bool{
		"sip:conf.example.test": true, "sip:192.0.2.7:5060": true, "sip:edge.example.net": true,
		"sip:other.example.test": false, "sip:conf.example.test:1": false, "sip:Lobby@conf.example.test": false,
	} {
		if g.Serves(uri(t, text)) != want {
			t.Errorf("Serves(%s) is not %v", text, want)
		}
	}
}

func TestContact(t *testing.T) {
	conform.Covers(t, "FOC-DSP-04", "FOC-DSP-13")
	const id = "sip:Lobby@conf.example.test"
	for name, test := range map[string]struct {
		change  func(*Config)
		network string
		want    string
	}{
		"by the domain":   {nil, "tcp", "<sip:Lobby@conf.example.test>;isfocus"},
		"advertised, udp": {func(c *Config) { c.Host = "edge.example.net" }, "udp", "<sip:Lobby@edge.example.net>;isfocus"},
		"advertised, tcp": {
			func(c *Config) { c.Host, c.Port = "edge.example.net", 6060 }, "tcp",
			"<sip:Lobby@edge.example.net:6060;transport=tcp>;isfocus",
		},
		"by the listener": {func(c *Config) { c.ByListener = true }, "udp", "<sip:Lobby@192.0.2.7:5099>;isfocus"},
	} {
		if got := gate(t, test.change).Contact(id, source(stranger, test.network)); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

// TestOrderOfQuestions: strangers do not learn which URIs exist.
func TestOrderOfQuestions(t *testing.T) {
	conform.Covers(t, "FOC-DSP-02", "FOC-TRM-09", "COM-08")
	g := gate(t, nil)
	ask := func(text, remote string) int {
		req := &sipmsg.Request{Method: sipmsg.INVITE, URI: uri(t, text)}
		req.Header.Add("From", "<sip:alice@example.test>;tag=1")
		req.Header.Add("P-Asserted-Identity", "<sip:alice@example.test>")
		if _, _, err := g.Admit(req, source(remote, "udp")); err != nil {
			return err.Status
		}
		return 200
	}
	const here, nowhere = "sip:Lobby@conf.example.test", "sip:nobody@conf.example.test"
	for _, test := range []struct {
		uri, remote string
		want        int
	}{
		{here, trusted, 200},
		{nowhere, trusted, 404},
		{here, stranger, 403},
		{nowhere, stranger, 403},
		{"tel:+1", stranger, 416},
	} {
		if got := ask(test.uri, test.remote); got != test.want {
			t.Errorf("%s from %s: %d, want %d", test.uri, test.remote, got, test.want)
		}
	}
	g.Drain()
	if got := ask(here, trusted); got != 503 {
		t.Errorf("while draining: %d", got)
	}
}
