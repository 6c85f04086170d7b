package cpim_test

import (
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

func TestAddress(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-05")
	for _, tt := range []struct{ value, name, uri string }{
		{"<sip:bob@x>", "", "sip:bob@x"},
		{"Bob <sip:bob@x>", "Bob", "sip:bob@x"},
		{"Bob Bee <sip:bob@x>", "Bob Bee", "sip:bob@x"},
		{"Bob<sip:bob@x>", "Bob", "sip:bob@x"},
		{`"Bob Bee" <sips:bob@x;y=z?h=v>`, "Bob Bee", "sips:bob@x;y=z?h=v"},
		{`"a\"b"<im:b@x>`, `a"b`, "im:b@x"},
		{`"a\\\"" <tel:+49-12>`, `a\"`, "tel:+49-12"},
		{"O'Brien, Bob; @x <sip:bob@x>", "O'Brien, Bob; @x", "sip:bob@x"},
		{"Jürgen <sip:bob@x>", "Jürgen", "sip:bob@x"},
		{`a\u003cb\u003e <sip:bob@x>`, "a<b>", "sip:bob@x"},
		{`" <sip:bob@x>`, `"`, "sip:bob@x"},
		{"<x-other.scheme+1:anything>", "", "x-other.scheme+1:anything"},
	} {
		m := parse(t, "From: "+tt.value+"\r\n"+to+mime)
		sender, err := m.Sender()
		if err != nil || sender.Name() != tt.name || string(sender.URI) != tt.uri {
			t.Errorf("%q: %q <%s>, %v", tt.value, sender.Name(), sender.URI, err)
		}
	}
}

func TestBrackets(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SW-PUB-21")
	for _, value := range []string{
		"<sip:bob@x> <sip:alice@x>", `"<sip:bob@x>" <sip:alice@x>`, "<<sip:alice@x>", "<sip:alice@x>>", "a > <sip:alice@x>",
		`a \< <sip:alice@x>`, "<sip:alice@x> (Alice)", "<sip:alice@x> x", "sip:alice@x", "<sip:alice@x", "sip:alice@x>", "><", "<>", "",
		"<alice>", "<:x>", "<sip:>", "<1:x>", "<s p:x>", "<sip:a b@x>", `<sip:\u0061@x>`, `<sip:"a"@x>`,
	} {
		checkStatus(t, []statusCase{
			{"From: " + value + "\r\n" + to + mime, 403},
			{from + "To: " + value + "\r\n" + mime, 400},
			{"From: " + value + "\r\n" + "To: " + value + "\r\n" + mime, 400},
		})
	}
	checkStatus(t, []statusCase{
		{"From:;x=\"<sip:bob@x>\" <sip:alice@x>\r\n" + to + mime, 403},
		{"From:;lang=en Alice <sip:alice@x>\r\n" + to + mime, 200},
	})
}
