package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// endpoint waits until a user's only endpoint has a status, and returns it.
func (w *watcher) endpoint(uri string, status confinfo.Status) confinfo.Endpoint {
	w.rig.t.Helper()
	for {
		for _, u := range w.roster.Users.List {
			if u.Entity == uri && len(u.Endpoints) == 1 && u.Endpoints[0].Status == status {
				return u.Endpoints[0]
			}
		}
		w.notified()
	}
}

// TestRosterOfCalls shows how those fare who are called.
func TestRosterOfCalls(t *testing.T) {
	conform.Covers(t, "FOC-OUT-07", "FOC-OUT-08", "FOC-OUT-12", "FOC-LST-16", "FOC-MRF-06")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	w := r.watch("tcp", "alice")
	w.full()
	bob := r.callee("tcp", "bob")
	_, invite := r.invited(bob)
	w.endpoint(bob.named(), confinfo.StatusDialingOut)
	// A response out of order is not acknowledged. RFC 3262 §4
	reliable := func(status int, rseq string) *sipmsg.Response {
		return bob.call.Respond(invite, status, "Require: 100rel", "RSeq: "+rseq)
	}
	bob.Send(reliable(183, "10"))
	prack := bob.Request()
	field(t, prack, "RAck", "10 "+invite.Header.Value("CSeq"))
	bob.Answer(prack, 200)
	bob.Send(reliable(180, "12"), reliable(180, "11"))
	prack = bob.Request()
	field(t, prack, "RAck", "11 "+invite.Header.Value("CSeq"))
	bob.Answer(prack, 200)
	w.endpoint(bob.named(), confinfo.StatusAlerting)
	bob.pickUp(invite)
	e := w.endpoint(bob.named(), confinfo.StatusConnected)
	if e.JoiningMethod != "dialed-out" || e.JoiningInfo.By != alice.aor() {
		t.Errorf("%+v", e)
	}
	alice.say("hello")
	bob.hear("hello")

	i := r.issuer("alice")
	for status, method := range map[int]confinfo.DisconnectionMethod{486: "busy", 600: "busy", 404: "failed", 603: "failed"} {
		carol := r.callee("udp", "carol"+string(rune('a'+status%26)))
		list := entries(carol.entry(""))
		i.dialog = i.Dialog(i.aor(), lobby)
		req := i.dialog.Request(sipmsg.REFER, "Refer-To: <cid:l@x>", "Require: multiple-refer", "Refer-Sub: false",
			"Content-Type: application/resource-lists+xml", "Content-Disposition: recipient-list", "Content-ID: <l@x>")
		req.Body = []byte(list)
		i.Send(req)
		i.Expect(200, sipmsg.REFER)
		invite := carol.called()
		carol.Send(carol.call.Respond(invite, status))
		carol.Request()
		gone := w.endpoint(carol.named(), confinfo.StatusDisconnected)
		if gone.DisconnectionMethod != method || !strings.Contains(gone.DisconnectionInfo.Reason, "SIP;cause=") {
			t.Errorf("%d: %+v", status, gone)
		}
	}
	w.valid()
	bob.leave()
	alice.leave()
}

// TestClaimedReferral shows a Referred-By as a claim, and refuses a broken one.
func TestClaimedReferral(t *testing.T) {
	conform.Covers(t, "FOC-JOI-12")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	w := r.watch("tcp", "alice")
	w.full()
	bob := r.guest("tcp", "bob").join(lobby, "Referred-By: <sip:alice@example.test>")
	w.until("bob", "connected")
	if e := w.endpoint(bob.aor(), confinfo.StatusConnected); e.Referred.By != alice.aor() {
		t.Errorf("%+v", e)
	}
	r.guest("tcp", "carol").refused(lobby, 429, "Referred-By: <sip:alice@example.test>;cid=\"missing@x\"")
	dave := r.guest("tcp", "dave")
	for contentType, status := range map[string]int{"text/plain;handling=optional": 429, "message/sipfrag": 200} {
		req := dave.invite(lobby, "Referred-By: <sip:alice@example.test>;cid=\"token@x\"")
		req.Header.Set("Content-Type", "multipart/mixed;boundary=b7")
		req.Body = []byte("--b7\r\nContent-Type: application/sdp\r\n\r\n" + dave.sdp + "\r\n" + testnet.Lines(
			"--b7", "Content-Type: "+contentType, "Content-ID: <token@x>", "", "Refer-To: <sip:x@y>", "--b7--"))
		if status == 429 {
			dave.denied(429, req)
			continue
		}
		dave.create(req)
		dave.leave()
	}
	bob.leave()
	alice.leave()
}

// TestTokenOfReferral goes to the invited user as it came, whether it is all of the body
// of the REFER or a part of it.
func TestTokenOfReferral(t *testing.T) {
	conform.Covers(t, "FOC-OUT-04")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.callee("tcp", "bob")
	i := r.issuer("alice")
	const (
		signed = "multipart/signed;boundary=s"
		token  = "--s\r\nContent-Type: message/sipfrag\r\n\r\nRefer-To: <sip:bob@x>\r\n\r\n--s\r\n\r\nSIGNATURE\r\n--s--\r\n"
		id     = "Content-ID: <20398823.2UWQFN309shb3@referrer.example>"
	)
	for _, body := range []struct{ contentType, text, id string }{
		{signed, token, id},
		{"multipart/mixed;boundary=b7", "--b7\r\nContent-Type: " + signed + "\r\n" + id + "\r\n\r\n" + token + "\r\n--b7--\r\n", "Content-ID: <whole>"},
	} {
		i.dialog = i.Dialog(i.aor(), lobby)
		req := i.dialog.Request(sipmsg.REFER, "Refer-To: "+bob.referTo(""),
			`Referred-By: <sip:alice@example.test>;cid="20398823.2UWQFN309shb3@referrer.example"`,
			"Content-Type: "+body.contentType, body.id)
		req.Body = []byte(body.text)
		i.Send(req)
		i.Expect(202, sipmsg.REFER)
		i.reported("SIP/2.0 100 Trying", "active")
		invite := bob.called()
		field(t, invite, "Referred-By", req.Header.Value("Referred-By"))
		if !strings.Contains(string(invite.Body), "Content-Type: "+signed+"\r\n"+id+"\r\n\r\n"+token) {
			t.Errorf("%s", invite.Body)
		}
		bob.Send(bob.call.Respond(invite, 486))
		bob.Request()
		i.reportedLast()
	}
	alice.leave()
	r.vacant()
}
