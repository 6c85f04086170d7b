package server

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// conferenceURI is the URI of the conference that a 200 leads to, by the name
// that the server asserts.
func (g *guest) conferenceURI() string {
	g.rig.t.Helper()
	asserted, err := g.ok.Header.AssertedIdentities()
	if err != nil || len(asserted) != 1 {
		g.rig.t.Fatalf("P-Asserted-Identity: %v\n%s", err, g.ok.Append(nil))
	}
	return asserted[0].URI.String()
}

// TestFactory has a conference from the factory to its end, with others who join it by its
// URI and by its Contact. The messages of its beginning are in F-A.txt.
func TestFactory(t *testing.T) {
	conform.Covers(t, "FOC-FAC-01", "FOC-FAC-03", "FOC-FAC-13", "FOC-DSP-03", "FOC-DSP-04", "FOC-JOI-01", "PRE-13",
		"FOC-TRM-06")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(factory).connect()
	uri := alice.conferenceURI()
	user := strings.TrimSuffix(strings.TrimPrefix(uri, "sip:"), "@conf.localhost")
	if len(user) < 20 || user == uri {
		t.Errorf("conference URI %s", uri)
	}
	_, port, _ := net.SplitHostPort(r.address("sip", "tcp"))
	field(t, alice.ok, "Contact", "<sip:"+user+"@127.0.0.1:"+port+";transport=tcp>;isfocus")
	to, err := alice.ok.Header.To()
	if err != nil || to.URI.String() != factory || to.Tag() == "" {
		t.Errorf("To: %s", alice.ok.Header.Value("To"))
	}
	answer, err := sdp.Parse(alice.ok.Body)
	if err != nil || len(answer.Media) != 1 || strings.Contains(string(alice.ok.Body), "a=curr") {
		t.Errorf("%v\n%s", err, alice.ok.Body)
	}
	if again := r.guest("tcp", "alice").join(factory); again.conferenceURI() == uri {
		t.Error("two INVITEs made one conference")
	}

	bob := r.guest("udp", "bob").join(uri).connect()
	carol := r.guest("tcp", "carol").join(alice.call.URI).connect() // by the Contact
	bob.msrp.Expect(bob.msrp.Send("hi", "message/cpim", cpim(bob.aor(), uri, "hello")), 200)
	alice.hear("hello")
	carol.hear("hello")

	alice.leave()
	bob.leave()
	ended := r.directory.Lookup(instance.Address{User: user, Host: "conf.localhost"}).Instance
	carol.leave()
	<-ended.Gone()
	dave := r.guest("tcp", "dave")
	late := dave.invite(uri)
	dave.Send(late)
	dave.Send(testnet.Refused(late, dave.Expect(404, sipmsg.INVITE)))
}

// TestOfferlessInvite has the focus make the offer.
func TestOfferlessInvite(t *testing.T) {
	conform.Covers(t, "FOC-FAC-10")
	r := serve(t, nil)
	bob := r.guest("tcp", "bob").join(lobby).connect()
	alice := r.guest("tcp", "alice")
	description := alice.sdp
	alice.sdp = ""
	answers := map[string]string{"": "", "nonsense": "nonsense", "refused": strings.Replace(description, "m=message 2855", "m=message 0", 1)}
	for name, answer := range answers {
		alice.Send(alice.invite(lobby))
		alice.ok = alice.Expect(200, sipmsg.INVITE)
		alice.call.Learn(alice.ok)
		ack := alice.call.Ack()
		if ack.Body = []byte(answer); answer != "" {
			ack.Header.Set("Content-Type", "application/sdp")
		}
		alice.Send(ack)
		bye := alice.Request()
		if bye.Method != sipmsg.BYE {
			t.Fatalf("%q: want BYE, got %s", name, bye.Method)
		}
		alice.Answer(bye, 200)
	}
	alice.Send(alice.invite(lobby))
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	alice.call.Learn(alice.ok)
	if got := attribute(t, alice.ok.Body, "setup"); got != "actpass" {
		t.Errorf("we offer setup:%s", got)
	}
	ack := alice.call.Ack()
	ack.Header.Set("Content-Type", "application/sdp")
	ack.Body = []byte(description)
	// The answer to the OPTIONS shows that the ACK, and so our path, is known.
	alice.Send(ack, alice.call.Request(sipmsg.OPTIONS))
	alice.Expect(200, sipmsg.OPTIONS)
	alice.msrp = testnet.DialMSRP(t, attribute(t, ack.Body, "path"), attribute(t, alice.ok.Body, "path"))
	alice.msrp.Bind()
	alice.say("hello")
	bob.hear("hello")
	alice.leave()
	bob.leave()
	r.vacant()
}

// TestRaceForReservedConference has 50 users dial a conference that does not
// run, all at once.
func TestRaceForReservedConference(t *testing.T) {
	conform.Covers(t, "FOC-CRE-01", "FOC-CRE-04")
	r := serve(t, nil)
	guests := make([]*guest, 50)
	for i := range guests {
		guests[i] = r.guest([]string{"udp", "tcp"}[i%2], "user"+strconv.Itoa(i))
	}
	together(guests, func(_ int, g *guest) { g.join(lobby) })
	if all := r.directory.All(); len(all) != 1 || all[0].Status != instance.Active {
		t.Errorf("%+v", all)
	}
	if n := r.mixer.Legs(); n != len(guests) {
		t.Errorf("%d legs", n)
	}
	together(guests, func(_ int, g *guest) { g.leave() })
	r.vacant()
}

// TestFullConference has more users than places.
func TestFullConference(t *testing.T) {
	conform.Covers(t, "FOC-JOI-04", "OPT-01")
	r := serve(t, func(c *config.Config) {
		c.Conferences[0].Policy.MaxUsers = 2
	})
	host := r.guest("tcp", "host").join(lobby)
	host.Send(host.call.Request(sipmsg.OPTIONS))
	field(t, host.Expect(200, sipmsg.OPTIONS), "Allow", "INVITE")
	guests := make([]*guest, 10)
	for i := range guests {
		guests[i] = r.guest("tcp", "user"+strconv.Itoa(i))
	}
	var mu sync.Mutex
	statuses := make(map[int]int)
	together(guests, func(_ int, g *guest) {
		invite := g.invite(lobby)
		g.Send(invite)
		resp := g.Response()
		mu.Lock()
		defer mu.Unlock()
		statuses[resp.Status]++
		if resp.Status == 200 {
			g.call.Learn(resp)
			g.Send(g.call.Ack())
			return
		}
		g.Send(testnet.Refused(invite, resp))
		if resp.Header.Value("Retry-After") == "" {
			t.Errorf("no Retry-After in\n%s", resp.Append(nil))
		}
	})
	if statuses[200] != 1 || statuses[486] != 9 {
		t.Errorf("%v", statuses)
	}
	late := r.guest("tcp", "late")
	late.Send(late.other(sipmsg.OPTIONS, lobby))
	late.Expect(486, sipmsg.OPTIONS)
	second := r.guest("tcp", "host").join(lobby) // another device needs no place
	second.leave()
}

// TestSecondDevice has one user with two devices.
func TestSecondDevice(t *testing.T) {
	conform.Covers(t, "SW-GEN-05", "SW-PUB-05")
	r := serve(t, nil)
	phone := r.guest("udp", "alice").join(lobby).connect()
	laptop := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	phone.say("from the phone")
	laptop.hear("from the phone")
	bob.hear("from the phone")
	bob.say("to alice")
	phone.hear("to alice")
	laptop.hear("to alice")
	phone.leave()
	bob.say("still there")
	laptop.hear("still there")
}

// TestStaleBye hangs up twice.
func TestStaleBye(t *testing.T) {
	conform.Covers(t, "FOC-LVE-02", "COM-13")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	stale := alice.call.Request(sipmsg.BYE)
	old := alice.call.Request(sipmsg.OPTIONS, "CSeq: 1 OPTIONS")
	alice.Send(alice.call.Request(sipmsg.OPTIONS), old)
	alice.Expect(200, sipmsg.OPTIONS)
	alice.Expect(500, sipmsg.OPTIONS)
	alice.leave()
	stale.Header.Set("CSeq", fmt.Sprintf("%d BYE", alice.call.CSeq+1))
	alice.Send(stale)
	alice.Expect(481, sipmsg.BYE)
	r.vacant()
}

// TestHold changes the direction of the stream by re-INVITEs.
func TestHold(t *testing.T) {
	conform.Covers(t, "FOC-MOD-01", "FOC-MOD-05", "SDP-22")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	reinvite := func(description string) []byte {
		alice.Send(alice.call.Offer(sipmsg.INVITE, description))
		resp := alice.Expect(200, sipmsg.INVITE)
		begins(t, resp, "Contact", "<sip:lobby@")
		ack := alice.call.Ack()
		if description == "" {
			ack.Header.Set("Content-Type", "application/sdp")
			ack.Body = []byte(alice.sdp)
		}
		alice.Send(ack)
		return resp.Body
	}
	if same := reinvite(alice.sdp); string(same) != string(alice.ok.Body) {
		t.Errorf("answer to the same offer:\n%swant\n%s", same, alice.ok.Body)
	}
	version := 1
	for _, step := range []struct{ offer, answer string }{
		{"sendonly", "recvonly"}, {"inactive", "inactive"}, {"recvonly", "sendonly"}, {"sendrecv", ""},
	} {
		version++
		o := strings.Replace(alice.sdp, "alice 1 1 ", "alice 1 "+strconv.Itoa(version)+" ", 1)
		body := string(reinvite(o + "a=" + step.offer + "\r\n"))
		if step.answer != "" && !strings.Contains(body, "a="+step.answer+"\r\n") {
			t.Errorf("offer %s, answer\n%s", step.offer, body)
		}
		status := 200
		if step.offer == "inactive" || step.offer == "recvonly" {
			status = 403
		}
		name := "alice" + step.offer
		alice.msrp.Expect(alice.msrp.Send(name, "message/cpim", cpim(alice.aor(), lobby, name)), status)
		if status == 200 {
			bob.hear(name)
		}
		bob.say("bob" + step.offer)
		if step.offer == "recvonly" || step.offer == "sendrecv" {
			alice.hear("bob" + step.offer)
		}
	}
	alice.sdp = strings.Replace(alice.sdp, "alice 1 1 ", "alice 1 "+strconv.Itoa(version)+" ", 1)
	if ours := reinvite(""); attribute(t, ours, "path") != alice.msrp.Remote {
		t.Errorf("our offer:\n%s", ours)
	}
	bad := alice.call.Offer(sipmsg.INVITE, strings.NewReplacer("alice 1 ", "alice 1 9", "message/cpim", "text/plain").Replace(alice.sdp))
	alice.Send(bad)
	alice.Send(testnet.Refused(bad, alice.Expect(488, sipmsg.INVITE)))
	alice.say("still here")
	bob.hear("still here")
}
