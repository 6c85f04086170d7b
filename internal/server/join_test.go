package server

import (
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// refused dials uri, and fails the test unless the answer is status.
func (g *guest) refused(uri string, status int, fields ...string) *sipmsg.Response {
	g.rig.t.Helper()
	req := g.invite(uri, fields...)
	g.Send(req)
	resp := g.Expect(status, sipmsg.INVITE)
	g.Send(testnet.Refused(req, resp))
	return resp
}

// TestWaysToWriteTheURI joins by other spellings of the conference URI.
func TestWaysToWriteTheURI(t *testing.T) {
	conform.Covers(t, "FOC-DSP-01")
	r := serve(t, nil)
	host := r.guest("tcp", "host").join(lobby)
	for _, uri := range []string{
		"sip:%6cobby@CONF.localhost;x=1", "sip:lobby@conf.localhost;transport=udp",
		"sip:lobby@" + r.address("sip", "udp"), "sip:lobby@conf.localhost:" + strings.Split(r.address("sip", "tcp"), ":")[1],
	} {
		g := r.guest("tcp", "guest").join(uri)
		if g.conferenceURI() != lobby {
			t.Errorf("%s leads to %s", uri, g.conferenceURI())
		}
		g.leave()
	}
	host.refused("sip:lobby@conf.localhost:1", 404)
}

// TestMembersOnly has a conference for some and not for others.
func TestMembersOnly(t *testing.T) {
	conform.Covers(t, "FOC-JOI-03", "IDN-08", "OPT-01")
	r := serve(t, func(c *config.Config) {
		c.Conferences[0].Policy.Join = config.JoinMembers
		c.Conferences[0].Members = []string{"sip:alice@example.test"}
	})
	mallory := r.guest("tcp", "mallory")
	begins(t, mallory.refused(lobby, 403), "Warning", "399 ")
	r.vacant()
	alice := r.guest("tcp", "alice").join(lobby)
	mallory.Send(mallory.other(sipmsg.OPTIONS, lobby))
	mallory.Expect(403, sipmsg.OPTIONS)
	mallory.refused(lobby, 403)
	alice.leave()
	r.vacant()
}

// TestTooManyDevices has one user with one device more than he may.
func TestTooManyDevices(t *testing.T) {
	conform.Covers(t, "FOC-JOI-07")
	r := serve(t, nil)
	devices := make([]*guest, conference.DefaultPolicy().EndpointsPerUser)
	for i := range devices {
		devices[i] = r.guest("tcp", "alice").join(lobby)
	}
	w := r.watch("tcp", "alice")
	w.full()
	if w.roster.ConferenceState.UserCount != 1 || len(w.roster.Users.List) != 1 || len(w.roster.Users.List[0].Endpoints) != len(devices) {
		t.Errorf("roster\n%s", w.bodies[0])
	}
	r.guest("tcp", "alice").refused(lobby, 486)
	devices[0].leave()
	r.guest("tcp", "alice").join(lobby)
}

// TestSameDeviceAgain has a device that crashed come back.
func TestSameDeviceAgain(t *testing.T) {
	conform.Covers(t, "FOC-JOI-14")
	r := serve(t, nil)
	device := `;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E128>"`
	bob := r.guest("tcp", "bob").join(lobby).connect()
	var old *guest
	for i := range conference.DefaultPolicy().EndpointsPerUser + 1 {
		alice := r.guest("tcp", "alice")
		alice.join(lobby, "Contact: "+alice.Contact()+device).connect()
		if old != nil {
			bye := old.Request()
			if bye.Method != sipmsg.BYE {
				t.Fatalf("%s", bye.Append(nil))
			}
			old.Answer(bye, 200)
		}
		alice.say("again" + strconv.Itoa(i))
		bob.hear("again" + strconv.Itoa(i))
		old = alice
	}
	w := r.watch("udp", "bob")
	w.full()
	connected := 0
	for _, u := range w.roster.Users.List {
		for _, e := range u.Endpoints {
			if u.Entity == old.aor() && e.Status == "connected" {
				connected++
			}
		}
	}
	if connected != 1 {
		t.Errorf("%d devices\n%s", connected, w.bodies[0])
	}
}

// TestCalledDeviceAgain has a device that was called crash, and call back.
func TestCalledDeviceAgain(t *testing.T) {
	conform.Covers(t, "FOC-JOI-14")
	r := serve(t, func(c *config.Config) { c.Limits.EndpointsPerUser = 1 })
	alice := r.guest("tcp", "alice").join(lobby)
	device := `;+sip.instance="<urn:uuid:00000000-0000-1000-8000-000A95A0E129>"`
	bob := r.callee("tcp", "bob")
	if err := <-r.call(bob.address(), nil).decided; err != nil {
		t.Fatal(err)
	}
	bob.answers(bob.called(), "Contact: "+bob.Contact()+device)
	again := r.guest("tcp", "bob")
	again.join(lobby, "Contact: "+again.Contact()+device, "P-Asserted-Identity: <"+bob.named()+">").connect()
	bye := bob.Request()
	if bye.Method != sipmsg.BYE {
		t.Fatalf("%s", bye.Append(nil))
	}
	bob.Answer(bye, 200)
	if n := r.users(); n != 2 {
		t.Errorf("%d users", n)
	}
	again.leave()
	alice.leave()
	r.vacant()
}

// TestTooManyConferences has one user make more than he may.
func TestTooManyConferences(t *testing.T) {
	conform.Covers(t, "FOC-FAC-12")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	for range 10 {
		alice.join(factory)
	}
	last := alice.call
	begins(t, alice.refused(factory, 403), "Warning", "399 ")
	r.guest("tcp", "bob").join(factory)
	alice.call = last
	alice.leave()
	if n := r.mixer.Legs(); n != 10 {
		t.Errorf("%d legs", n)
	}
}

// TestFailedCreationLeavesNothing sends what cannot be accepted to a factory.
func TestFailedCreationLeavesNothing(t *testing.T) {
	conform.Covers(t, "FOC-FAC-02")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	alice.sdp = strings.Replace(alice.sdp, "m=message", "m=audio", 1)
	alice.refused(factory, 488)
	alice.refused(factory, 420, "Require: foo")
	alice.refused(factory, 403, "From: <sip:anonymous@anonymous.invalid>;tag=x")
	if all := r.directory.All(); len(all) != 1 || all[0].Status != instance.Reserved || r.mixer.Legs() != 0 {
		t.Errorf("%+v", all)
	}
}

// TestCreatorCancels lets the one who started the conference go again while
// somebody else is in it.
func TestCreatorCancels(t *testing.T) {
	conform.Covers(t, "FOC-CRE-05", "FOC-CRE-06", "FOC-LVE-06")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("tcp", "bob").join(lobby).connect()
	carol := r.guest("tcp", "carol").join(lobby).connect()
	alice.leave()
	bob.say("still here")
	carol.hear("still here")
	bob.leave()
	carol.leave()
	r.vacant()
}

// TestPrivacy has a user who wants to be nobody.
func TestPrivacy(t *testing.T) {
	conform.Covers(t, "SW-PUB-14", "PRV-01")
	r := serve(t, nil)
	bob := r.guest("tcp", "bob").join(lobby).connect()
	w := r.watch("tcp", "bob")
	w.full()
	alice := r.guest("tcp", "alice")
	alice.join(lobby, "Privacy: id", "Contact: <sip:alice@"+alice.Addr()+";transport=tcp>;isfocus").connect()
	for len(w.roster.Users.List) < 2 {
		w.notified()
	}
	shown := w.roster.Users.List[1].Entity
	if !strings.HasSuffix(shown, "@anonymous.invalid") {
		t.Errorf("shown as %s", shown)
	}
	alice.msrp.Expect(alice.msrp.Send("open", "message/cpim", cpim(alice.aor(), lobby, "x")), 403)
	alice.msrp.Expect(alice.msrp.Send("hidden", "message/cpim", cpim(shown, lobby, "guess who")), 200)
	bob.hear("guess who")
	bob.msrp.Expect(bob.msrp.Send("back", "message/cpim", cpim(bob.aor(), shown, "psst")), 200)
	alice.hear("psst")
	// Nor does it show whom he has referred, though he tells them who he is.
	carol, dave := r.callee("udp", "carol"), r.guest("tcp", "dave")
	i := r.issuer("alice")
	i.accepted(lobby, carol.referTo(""), "Referred-By: <sips:alice@EXAMPLE.test:5061>")
	carol.pickUp(carol.called())
	dave.join(lobby, "Referred-By: <sip:alice@example.test>")
	for len(w.roster.Users.List) < 4 {
		w.notified()
	}
	for _, u := range w.roster.Users.List[2:] {
		if by := u.Endpoints[0].Referred.By; by != shown {
			t.Errorf("%s was referred by %q", u.Entity, by)
		}
	}
	for _, body := range w.bodies {
		if strings.Contains(body, "alice") {
			t.Errorf("the name shows in\n%s", body)
		}
	}
}
