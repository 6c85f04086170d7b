package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestAlias reaches a conference by another name: what comes back has its own.
func TestAlias(t *testing.T) {
	conform.Covers(t, "FOC-DSP-12", "FOC-DSP-02")
	const own, alias = "sip:hall@conf.localhost", "sip:town-hall@halls.test"
	r := serve(t, nil)
	if err := r.directory.Reserve(t.Context(), instance.Definition{
		Address: instance.Address{User: "hall", Host: "conf.localhost"},
		Aliases: []instance.Address{{User: "town-hall", Host: "halls.test"}}, Policy: conference.DefaultPolicy(),
	}); err != nil {
		t.Fatal(err)
	}
	canonical := func(resp *sipmsg.Response) {
		t.Helper()
		if c := resp.Header.Value("Contact"); !strings.HasPrefix(c, "<sip:hall@") || !strings.HasSuffix(c, ">;isfocus") {
			t.Errorf("Contact: %s", c)
		}
	}
	alice := r.guest("tcp", "alice").join(alias)
	canonical(alice.ok)
	bob := r.guest("tcp", "bob").join(own)
	if len(r.directory.All()) != 2 {
		t.Errorf("%v", r.directory.All())
	}
	alice.Send(alice.other(sipmsg.OPTIONS, alias))
	canonical(alice.Expect(200, sipmsg.OPTIONS))
	w := r.guest("tcp", "alice")
	w.Send(w.other(sipmsg.SUBSCRIBE, alias, "Event: conference", "Expires: 0"))
	canonical(w.Expect(200, sipmsg.SUBSCRIBE))
	notify := w.Request()
	w.Answer(notify, 200)
	doc, err := confinfo.Unmarshal(notify.Body, confinfo.Limits{})
	if err != nil || doc.Entity != own || len(doc.Users.List) != 2 {
		t.Fatalf("%v\n%s", err, notify.Append(nil))
	}
	if uris := doc.Description.ConferenceURIs; len(uris) != 2 || uris[0].URI != own || uris[1].URI != alias || uris[1].Purpose != "participation" {
		t.Errorf("conference URIs %+v", uris)
	}
	w.Send(w.other(sipmsg.REFER, alias, "Refer-To: <"+bob.aor()+";method=BYE>", "Refer-Sub: false"))
	w.Expect(403, sipmsg.REFER) // nobody owns it: alice has no right to that
	w.Send(w.other(sipmsg.REFER, alias, "Refer-To: <"+bob.aor()+">", "Refer-Sub: false"))
	canonical(w.Expect(200, sipmsg.REFER))
	bob.leave()
	alice.leave()
	r.vacant()
}
