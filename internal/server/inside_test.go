package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestRequestFromElsewhere sends requests inside a dialog from another address: who knows
// the tags only is challenged, and changes nothing; who has the password may go on.
func TestRequestFromElsewhere(t *testing.T) {
	conform.Covers(t, "IDN-07")
	r := members(t, nil)
	alice := r.guest("udp", "alice")
	alice.ok = alice.login(alice.invite(lobby), "alice", "secret")
	alice.call.Learn(alice.ok)
	alice.Send(alice.call.Ack())
	elsewhere := testnet.DialSIPFrom(t, "udp", "127.0.0.2:0", r.address("sip", "udp"))
	home := alice.SIPPeer
	alice.SIPPeer, alice.call.Peer = elsewhere, elsewhere
	for _, method := range []sipmsg.Method{sipmsg.OPTIONS, sipmsg.UPDATE, sipmsg.BYE} {
		alice.Send(alice.call.Request(method))
		if resp := alice.Expect(401, method); !resp.Header.Has("WWW-Authenticate") {
			t.Errorf("%s", resp.Append(nil))
		}
	}
	if n := r.users(); n != 1 {
		t.Fatalf("%d users", n)
	}
	// Who proves to be somebody else has no more right to it than who proves nothing.
	own := alice.call.From
	_, tag, _ := strings.Cut(own, ";")
	for name, from := range map[string]string{"bob": "<sip:bob@example.test>;", "hidden bob": "<sip:anonymous@anonymous.invalid>;"} {
		alice.call.From = from + tag
		stolen := alice.call.Request(sipmsg.BYE)
		alice.Send(stolen)
		challenge := alice.Expect(401, sipmsg.BYE)
		alice.Send(alice.repeat(stolen, alice.answer(challenge, "bob", "hidden", stolen)...))
		alice.Expect(403, sipmsg.BYE)
		if n := r.users(); n != 1 {
			t.Fatalf("%s ended the dialog of alice: %d users", name, n)
		}
	}
	alice.call.From = own
	bye := alice.call.Request(sipmsg.BYE)
	alice.Send(bye)
	challenge := alice.Expect(401, sipmsg.BYE)
	alice.Send(alice.repeat(bye, alice.answer(challenge, "alice", "secret", bye)...))
	alice.Expect(200, sipmsg.BYE)
	r.vacant()

	// From where the dialog came nobody is asked, whatever the connection.
	alice.SIPPeer = home
	alice.ok = alice.login(alice.invite(lobby), "alice", "secret")
	alice.call.Learn(alice.ok)
	alice.Send(alice.call.Ack())
	other := r.dial("tcp")
	alice.SIPPeer, alice.call.Peer = other, other
	alice.leave()
	r.vacant()

	// Who hides is known all the same.
	alice.SIPPeer, alice.call.Peer = home, home
	hidden := alice.invite(lobby)
	alice.call.From = "<sip:anonymous@anonymous.invalid>;" + tag
	hidden.Header.Set("From", alice.call.From)
	alice.ok = alice.login(hidden, "alice", "secret")
	alice.call.Learn(alice.ok)
	alice.Send(alice.call.Ack())
	alice.SIPPeer, alice.call.Peer = elsewhere, elsewhere
	for _, as := range []struct {
		name, password string
		status         int
	}{{"bob", "hidden", 403}, {"alice", "secret", 200}} {
		bye := alice.call.Request(sipmsg.BYE)
		alice.Send(bye)
		challenge := alice.Expect(401, sipmsg.BYE)
		alice.Send(alice.repeat(bye, alice.answer(challenge, as.name, as.password, bye)...))
		alice.Expect(as.status, sipmsg.BYE)
	}
	r.vacant()

	// A CANCEL is never challenged.
	alice.SIPPeer = home
	inv := alice.conditioned(lobby, unreserved, "Supported: 100rel, precondition")
	inv = alice.repeat(inv, alice.answer(alice.denied(401, inv), "alice", "secret", inv)...)
	alice.Send(inv)
	progress := alice.Expect(183, sipmsg.INVITE)
	alice.call.Learn(progress)
	alice.Send(alice.call.Request(sipmsg.PRACK, "RAck: "+progress.Header.Value("RSeq")+" "+progress.Header.Value("CSeq")))
	alice.Expect(200, sipmsg.PRACK)
	alice.Send(testnet.Cancel(inv))
	alice.Expect(200, sipmsg.CANCEL)
	alice.Send(testnet.Refused(inv, alice.Expect(487, sipmsg.INVITE)))
	r.vacant()
}

// TestNobodyFromElsewhere: where callers need not say who they are, that they say nothing
// proves nothing either.
func TestNobodyFromElsewhere(t *testing.T) {
	conform.Covers(t, "IDN-07")
	r := serve(t, func(c *config.Config) {
		c.Auth.Local, c.Auth.AllowAnonymous, c.SIP.Trust = false, true, nil
	})
	nobody := r.guest("udp", "nobody")
	req := nobody.invite(lobby)
	_, tag, _ := strings.Cut(nobody.call.From, ";")
	nobody.call.From = "<sip:anonymous@anonymous.invalid>;" + tag
	req.Header.Set("From", nobody.call.From)
	nobody.create(req)
	home := nobody.SIPPeer
	elsewhere := testnet.DialSIPFrom(t, "udp", "127.0.0.2:0", r.address("sip", "udp"))
	nobody.SIPPeer, nobody.call.Peer = elsewhere, elsewhere
	nobody.Send(nobody.call.Request(sipmsg.BYE))
	nobody.Expect(403, sipmsg.BYE)
	nobody.SIPPeer, nobody.call.Peer = home, home
	nobody.leave()
	r.vacant()
}
