package access_test

import (
	"net/netip"
	"testing"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

const (
	room = "sip:Room@conf.example.test"
	hall = "sip:Room@elsewhere.test" // another one, outside the domain
)

// gate returns a gate to a server with one reserved conference, its alias and a
// factory, that listens on port 5070.
func gate(t *testing.T, cfg access.Config) *access.Gate {
	t.Helper()
	directory, err := instance.NewDirectory(
		instance.Config{Journal: local.New(local.Limits{}), Domain: "conf.example.test"},
		instance.Definition{
			Address: instance.Address{User: "Room", Host: "conf.example.test"},
			Aliases: []instance.Address{{User: "shift", Host: "alias.test"}},
		},
		instance.Definition{Address: instance.Address{User: "Room", Host: "elsewhere.test"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Directory, cfg.Identity, cfg.Domain = directory, identity.New(identity.Config{}), "Conf.Example.Test"
	cfg.Factories = []sipmsg.URI{parse(t, "sip:factory@conf.example.test")}
	g := access.New(cfg)
	g.AddPort(5070)
	return g
}

func parse(t *testing.T, text string) sipmsg.URI {
	t.Helper()
	uri, err := sipmsg.ParseURI(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return uri
}

func TestLocate(t *testing.T) {
	conform.Covers(t, "FOC-DSP-01", "FOC-DSP-12", "FOC-DSP-13")
	g := gate(t, access.Config{Host: "edge.example.test", Port: 5090})
	for text, want := range map[string]string{
		"sip:Room@conf.example.test":                       room,
		"sips:Room@conf.example.test":                      room,
		"sip:%52oom@CONF.example.test;x=1":                 room,
		"sip:Room@conf.example.test:5070":                  room,
		"sip:Room@edge.example.test:5090":                  room,
		"sip:Room@192.0.2.1:5070":                          room,
		"sip:Room@[2001:db8::1]:5070":                      room,
		"sip:shift@alias.test":                             room,
		"sip:Room@elsewhere.test":                          hall,
		"sip:Room@192.0.2.1;domain=Elsewhere.test":         hall,
		"sip:Room@192.0.2.1;domain=nowhere.test":           "",
		"sip:Room@conf.example.test;domain=elsewhere.test": hall,
		"sip:factory@conf.example.test":                    "factory",
		"sip:factory@192.0.2.1;transport=tcp":              "factory",
		"sip:room@conf.example.test":                       "",
		"sip:Room@conf.example.test:5071":                  "",
		"sip:Room@elsewhere.example.test":                  "",
		"sip:shift@conf.example.test":                      "",
		"sip:conf.example.test":                            "",
		"tel:+15550100":                                    "",
		"sip:factory@elsewhere.example.test":               "",
		"sip:Room@conf.example.test.":                      "",
		"sip:Room%00@conf.example.test":                    "",
		"sip:Room:secret@conf.example.test":                room,
		"sip:factory@edge.example.test:5090":               "factory",
		"sip:FACTORY@conf.example.test":                    "",
		"sip:Room@conf.example.test;user=none":             room,
	} {
		resource, found := g.Locate(parse(t, text))
		got := string(resource.Entry.ID)
		if resource.Factory {
			got = "factory"
		}
		if got != want || found != (want != "") {
			t.Errorf("%s: %q, %v; want %q", text, got, found, want)
		}
	}
}

func TestContact(t *testing.T) {
	conform.Covers(t, "FOC-DSP-04", "FOC-DSP-13")
	source := func(network, local string) transport.Source {
		return transport.Source{Transport: network, Local: netip.MustParseAddrPort(local)}
	}
	for _, test := range []struct {
		cfg  access.Config
		src  transport.Source
		want string
	}{
		{access.Config{}, source("tcp", "192.0.2.1:5070"), "<sip:Room@conf.example.test>;isfocus"},
		{access.Config{ByListener: true}, source("udp", "127.0.0.1:5070"), "<sip:Room@127.0.0.1:5070>;isfocus"},
		{access.Config{ByListener: true}, source("tcp", "[::1]:5070"), "<sip:Room@[::1]:5070;transport=tcp>;isfocus"},
		{access.Config{ByListener: true}, source("tcp", "[::ffff:127.0.0.1]:5070"), "<sip:Room@127.0.0.1:5070;transport=tcp>;isfocus"},
		{access.Config{ByListener: true}, source("udp", "0.0.0.0:5070"), "<sip:Room@conf.example.test>;isfocus"},
		{access.Config{Host: "edge.example.test"}, source("udp", "10.0.0.1:5070"), "<sip:Room@edge.example.test>;isfocus"},
		{
			access.Config{Host: "2001:db8::1", Port: 5090, ByListener: true},
			source("tcp", "127.0.0.1:5070"),
			"<sip:Room@[2001:db8::1]:5090;transport=tcp>;isfocus",
		},
	} {
		g := gate(t, test.cfg)
		got := g.Contact(room, test.src)
		if got != test.want {
			t.Errorf("%+v: %s, want %s", test.src, got, test.want)
		}
		contact, err := sipmsg.ParseAddress(got)
		if err != nil {
			t.Fatal(err)
		}
		if r, found := g.Locate(contact.URI); !found || r.Entry.ID != room {
			t.Errorf("%s does not lead back", got)
		}
		contact, err = sipmsg.ParseAddress(g.Contact(hall, test.src))
		if err != nil {
			t.Fatal(err)
		}
		if r, found := g.Locate(contact.URI); !found || r.Entry.ID != hall {
			t.Errorf("%s does not lead back to %s", contact, hall)
		}
	}
}
