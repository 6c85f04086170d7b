package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestConferenceOfAnotherDomain: the Contact of a conference that is reserved under a name
// outside the server's domain leads to it, whatever is sent there.
func TestConferenceOfAnotherDomain(t *testing.T) {
	conform.Covers(t, "FOC-DSP-04", "FOC-DSP-13")
	const hall = "sip:lobby@hall.example.test"
	r := serve(t, func(c *config.Config) {
		other := c.Conferences[0]
		other.URI = hall
		c.Conferences = append(c.Conferences, other)
	})
	host := r.guest("tcp", "host").join(lobby)
	alice := r.guest("tcp", "alice").join(hall)
	contact, err := sipmsg.ParseAddress(alice.ok.Header.Value("Contact"))
	if err != nil || !strings.HasPrefix(contact.URI.Host, "127.") {
		t.Fatalf("%v, %v", contact, err)
	}
	at := contact.URI.String()
	w := r.guest("tcp", "alice")
	w.Send(w.other(sipmsg.SUBSCRIBE, at, "Event: conference", "Expires: 0"))
	w.Expect(200, sipmsg.SUBSCRIBE)
	notify := w.Request()
	w.Answer(notify, 200)
	if !strings.Contains(string(notify.Body), `entity="`+hall+`"`) {
		t.Errorf("%s", notify.Append(nil))
	}
	alice.Send(alice.other(sipmsg.OPTIONS, at))
	alice.Expect(200, sipmsg.OPTIONS)
	bob := r.guest("tcp", "bob").join(at)
	i := r.issuer("alice")
	i.accepted(at, "<"+bob.aor()+">")
	i.reported("SIP/2.0 200 OK", "terminated")
	bob.leave()
	alice.leave()
	host.leave()
	r.vacant()
}
