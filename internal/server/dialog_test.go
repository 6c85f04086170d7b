package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestInviteRetransmission repeats an INVITE after its 200, and after the ACK.
func TestInviteRetransmission(t *testing.T) {
	conform.Covers(t, "COM-18", "FOC-FAC-01")
	r := serve(t, nil)
	alice := r.guest("udp", "alice")
	invite := alice.invite(factory)
	alice.Send(invite)
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	alice.call.Learn(alice.ok)
	alice.Send(invite)
	alice.Send(alice.call.Ack())
	alice.Send(invite)
	bye := alice.call.Request(sipmsg.BYE)
	alice.Send(alice.call.Request(sipmsg.OPTIONS, "CSeq: 2 OPTIONS"))
	for done := false; !done; {
		resp := alice.Response()
		if resp.Status != 200 || resp.Header.Value("To") != alice.ok.Header.Value("To") {
			t.Errorf("%s", resp.Append(nil))
		}
		done = strings.HasSuffix(resp.Header.Value("CSeq"), "OPTIONS")
	}
	if n := r.mixer.Legs(); n != 1 || len(r.directory.All()) != 2 {
		t.Errorf("%d legs, %d conferences", n, len(r.directory.All()))
	}
	bye.Header.Set("CSeq", "3 BYE")
	alice.Send(bye)
	alice.Expect(200, sipmsg.BYE)
}

// TestKeepAlives sends line ends between messages.
func TestKeepAlives(t *testing.T) {
	conform.Covers(t, "COM-17")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	alice.Write("\r\n\r\n")
	alice.Octets("\r\n")
	alice.Write("\r\n")
	alice.join(lobby)
	alice.Write("\r\n\r\n")
	alice.Octets("\r\n")
	alice.leave()
}

// TestCompactForms writes an INVITE as short as can be.
func TestCompactForms(t *testing.T) {
	conform.Covers(t, "COM-04")
	r := serve(t, nil)
	alice := r.guest("udp", "alice")
	long := alice.invite(lobby, "X-Unknown: yes", "Supported: timer")
	alice.Write(strings.NewReplacer(
		"\r\nVia:", "\r\nv:", "\r\nFrom:", "\r\nf:", "\r\nTo:", "\r\nt:", "\r\nCall-ID:", "\r\ni:", "\r\nContact:", "\r\nm:",
		"\r\nContent-Type:", "\r\nc:", "\r\nContent-Length:", "\r\nl:", "\r\nSupported:", "\r\nk:",
	).Replace(string(long.Append(nil))))
	alice.call.Learn(alice.Expect(200, sipmsg.INVITE))
	alice.Send(alice.call.Ack())
	alice.leave()
	r.vacant()
}

// TestRecordRoute has a proxy in the path, which is the peer itself.
func TestRecordRoute(t *testing.T) {
	conform.Covers(t, "COM-12")
	r := serve(t, nil)
	alice := r.guest("udp", "alice")
	routes := "<sip:" + alice.Addr() + ";lr>, <sip:p2.example.test;lr>"
	alice.join(lobby, "Record-Route: "+routes, "Contact: <sip:alice@unreachable.invalid>")
	if got := strings.Join(alice.ok.Header.Values("Record-Route"), ", "); got != routes {
		t.Errorf("Record-Route: %s", got)
	}
	r.end()
	bye := alice.Request()
	alice.Answer(bye, 200)
	if got := strings.Join(bye.Header.Values("Route"), ", "); got != routes || bye.URI.String() != "sip:alice@unreachable.invalid" {
		t.Errorf("%s", bye.Append(nil))
	}
	r.vacant()
}

// TestOptions asks what the server can do.
func TestOptions(t *testing.T) {
	conform.Covers(t, "OPT-01", "OPT-03", "OPT-04", "COM-10")
	r := serve(t, nil)
	alice := r.guest("udp", "alice")
	for _, running := range []bool{false, true} {
		alice.Send(alice.other(sipmsg.OPTIONS, lobby, "Max-Forwards: 0"))
		resp := alice.Expect(200, sipmsg.OPTIONS)
		if !strings.HasSuffix(resp.Header.Value("Contact"), ">;isfocus") {
			t.Errorf("Contact: %s", resp.Header.Value("Contact"))
		}
		description, err := sdp.Parse(resp.Body)
		if err != nil || len(description.Media) != 1 || description.Media[0].Port != 0 {
			t.Errorf("%v\n%s", err, resp.Body)
		}
		for _, name := range []string{"Allow", "Allow-Events", "Accept"} {
			if !resp.Header.Has(name) {
				t.Errorf("no %s", name)
			}
		}
		if !running {
			alice.join(lobby)
		}
	}
	alice.Send(alice.other(sipmsg.OPTIONS, factory))
	if resp := alice.Expect(200, sipmsg.OPTIONS); strings.Contains(resp.Header.Value("Contact"), "isfocus") {
		t.Errorf("Contact of the factory: %s", resp.Header.Value("Contact"))
	}
	alice.Send(alice.other(sipmsg.OPTIONS, "sip:"+r.address("sip", "udp")))
	if resp := alice.Expect(200, sipmsg.OPTIONS); len(resp.Body) > 0 {
		t.Errorf("body:\n%s", resp.Body)
	}
	alice.leave()
}

// TestOverlappingReinvites sends the second before the first is answered.
func TestOverlappingReinvites(t *testing.T) {
	conform.Covers(t, "FOC-MOD-02")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	release := r.busy()
	first := alice.call.Offer(sipmsg.INVITE, strings.Replace(alice.sdp, "alice 1 1 ", "alice 1 2 ", 1)+"a=sendonly\r\n")
	second := alice.call.Offer(sipmsg.INVITE, strings.Replace(alice.sdp, "alice 1 1 ", "alice 1 3 ", 1))
	alice.Send(first, second)
	resp := alice.Expect(500, sipmsg.INVITE)
	if resp.Header.Value("Retry-After") == "" || resp.Header.Value("CSeq") != second.Header.Value("CSeq") {
		t.Errorf("%s", resp.Append(nil))
	}
	alice.Send(testnet.Refused(second, resp))
	release()
	alice.Expect(200, sipmsg.INVITE)
	alice.call.CSeq--
	alice.Send(alice.call.Ack())
	alice.call.CSeq++
	alice.say("on")
	alice.leave()
	r.vacant()
}

// TestReasonOfBye tells the others why a user left.
func TestReasonOfBye(t *testing.T) {
	conform.Covers(t, "FOC-LVE-05")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	w := r.watch("tcp", "alice")
	w.full()
	bob := r.guest("tcp", "bob").join(lobby)
	bob.Send(bob.call.Request(sipmsg.BYE, `Reason: SIP;cause=200;text="Tired"`))
	bob.Expect(200, sipmsg.BYE)
	w.until("bob", "disconnected")
	if last := w.bodies[len(w.bodies)-1]; !strings.Contains(last, "Tired") {
		t.Errorf("roster\n%s", last)
	}
	w.valid()
	alice.leave()
}
