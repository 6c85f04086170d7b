package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

// TestPrivacyOfACalledUser: who is called, and wants privacy as he answers, is
// shown by an anonymous URI from then on, speaks under it and is reached by it.
func TestPrivacyOfACalledUser(t *testing.T) {
	conform.Covers(t, "PRV-01", "PRV-05")
	for _, early := range []bool{false, true} {
		r := serve(t, nil)
		alice := r.guest("tcp", "alice").join(lobby).connect()
		w := r.watch("tcp", "alice")
		w.full()
		bob := r.callee("udp", "bob")
		i := r.issuer("alice")
		i.accepted(lobby, bob.referTo(""))
		invite := bob.called()
		privacy := "Privacy: none"
		if early {
			bob.Send(bob.call.Respond(invite, 180, "Privacy: id"))
		} else {
			privacy = "Privacy: id"
		}
		bob.answers(invite, privacy)
		const shown = "sip:anonymous1@anonymous.invalid"
		for known := false; !known; {
			w.notified()
			for _, u := range w.roster.Users.List {
				known = known || u.Entity == shown && u.Endpoints[0].Status == "connected"
			}
		}
		for _, u := range w.roster.Users.List {
			if strings.Contains(u.Entity, "bob") {
				t.Errorf("early %v: %s is still shown", early, u.Entity)
			}
		}
		bob.msrp.Expect(bob.msrp.Send("open", "message/cpim", cpim(bob.named(), lobby, "x")), 403)
		bob.msrp.Expect(bob.msrp.Send("hidden", "message/cpim", cpim(shown, lobby, "guess who")), 200)
		alice.hear("guess who")
		alice.msrp.Expect(alice.msrp.Send("back", "message/cpim", cpim(alice.aor(), shown, "psst")), 200)
		bob.hear("psst")
	}
}
