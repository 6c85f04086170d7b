package invite_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// checking accepts what is not too short.
func checking(h *record) invite.Handler {
	return serve(func(in *invite.Incoming) {
		if e := in.Check(); e != nil {
			in.Reject(e)
			return
		}
		h.session = in.Accept(invite.Answer{Body: []byte(answer), Contact: conferenceContact}, h)
	})
}

// TestSessionTimerGranted has table 2 of RFC 4028 §9, and intervals that are too small
// or too large.
func TestSessionTimerGranted(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-02", "TMR-03", "TMR-04")
	const supported = "Supported: timer"
	tests := []struct {
		name   string
		fields []string
		status int
		want   string // Session-Expires
		need   bool   // Require: timer
	}{
		{name: "asks, no choice", fields: []string{supported, "Session-Expires: 600"}, want: "600;refresher=uac", need: true},
		{name: "chooses uac", fields: []string{supported, "Session-Expires: 600;refresher=uac"}, want: "600;refresher=uac", need: true},
		{name: "chooses uas", fields: []string{supported, "Session-Expires: 600;refresher=uas"}, want: "600;refresher=uas", need: true},
		{name: "a proxy asks", fields: []string{"Session-Expires: 600"}, want: "600;refresher=uas"},
		{name: "does not ask", fields: []string{supported}, want: "1800;refresher=uac", need: true},
		{name: "does not know it", want: "1800;refresher=uas"},
		{name: "too long", fields: []string{supported, "Session-Expires: 86400"}, want: "1800;refresher=uac", need: true},
		{name: "too long, with a floor", fields: []string{supported, "Session-Expires: 86400", "Min-SE: 3600"}, want: "3600;refresher=uac", need: true},
		{name: "too short", fields: []string{supported, "Session-Expires: 89"}, status: 422},
		{name: "a proxy's is too short", fields: []string{"Session-Expires: 60"}, want: "1800;refresher=uas"},
		{name: "compact", fields: []string{"k: timer", "x: 90"}, want: "90;refresher=uac", need: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := &record{}
			bubble(t, checking(h), func(x *scene) {
				t, p := x.t, x.peer
				p.Send(request("INVITE", "i1", 1, "", append(tt.fields, offer)...))
				if tt.status != 0 {
					refused := p.Response(tt.status)
					if got := refused.Header.Value("Min-SE"); got != "90" {
						t.Errorf("Min-SE %q", got)
					}
					p.Send(request("ACK", "i1", 1, toTag(refused)))
					return
				}
				ok := p.Response(200)
				if got := ok.Header.Value("Session-Expires"); got != tt.want {
					t.Errorf("Session-Expires %q, want %q", got, tt.want)
				}
				if got := ok.Header.HasToken("Require", "timer"); got != tt.need {
					t.Errorf("Require: timer %v", got)
				}
				if ok.Header.Has("Min-SE") || !ok.Header.HasToken("Supported", "timer") {
					t.Errorf("fields %v", ok.Header.Fields)
				}
				p.Send(request("ACK", "k1", 1, toTag(ok)))
				bye(p, 2, toTag(ok))
			})
		})
	}
}

// timed plays a call with a session timer and returns our tag.
func timed(p *testnet.Peer, fields ...string) string {
	p.Send(request("INVITE", "i1", 1, "", append(fields, offer)...))
	tag := toTag(p.Response(200))
	p.Send(request("ACK", "k1", 1, tag))
	synctest.Wait()
	return tag
}

// TestRefreshByUs: at half the interval, by UPDATE without body where the peer takes it,
// else by the offer in force again.
func TestRefreshByUs(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-01", "TMR-05", "TMR-07")
	h := &record{}
	bubble(t, checking(h), func(x *scene) {
		t, p := x.t, x.peer
		tag := timed(p, "Supported: timer", "Allow: INVITE, UPDATE", "Session-Expires: 100;refresher=uas", "Min-SE: 95")
		p.Quiet(49 * time.Second)
		upd := p.Request(sipmsg.UPDATE)
		if len(upd.Body) != 0 || upd.Header.Value("Session-Expires") != "100;refresher=uac" ||
			upd.Header.Value("Min-SE") != "95" || !upd.Header.HasToken("Supported", "timer") {
			t.Errorf("UPDATE\n%s", upd.Append(nil))
		}
		// Who knows better asks for more.
		p.Answer(upd, 422, "", "Min-SE: 120", "")
		upd = p.Request(sipmsg.UPDATE)
		if upd.Header.Value("Session-Expires") != "120;refresher=uac" || upd.Header.Value("Min-SE") != "120" {
			t.Errorf("UPDATE\n%s", upd.Append(nil))
		}
		p.Answer(upd, 200, "", peerContact+"\nSession-Expires: 120;refresher=uas", "")
		// Now the peer is to refresh: what he sends keeps the interval and the role.
		<-time.After(50 * time.Second)
		ok := p.Ask(request("UPDATE", "u1", 2, tag, "Supported: timer"), 200)
		if got := ok.Header.Value("Session-Expires"); got != "120;refresher=uac" {
			t.Errorf("Session-Expires %q", got)
		}
		p.Ask(request("UPDATE", "u2", 3, tag, "Supported: timer", "Session-Expires: 30"), 422)
		// Nobody refreshes: hung up 32 s before the end, at the latest.
		p.Quiet(87 * time.Second)
		gone := p.Request(sipmsg.BYE)
		p.Answer(gone, 200, "", "", "")
		h.ended(t, invite.Lost)
	})
}

func TestRefreshByReinvite(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-04", "TMR-05")
	h := &record{}
	bubble(t, checking(h), func(x *scene) {
		t, p := x.t, x.peer
		tag := timed(p)
		p.Quiet(899 * time.Second)
		inv := p.Request(sipmsg.INVITE)
		if string(inv.Body) != answer || inv.Header.Value("Session-Expires") != "1800;refresher=uac" {
			t.Errorf("re-INVITE\n%s", inv.Append(nil))
		}
		// Another refusal changes nothing, but there is not much time left.
		p.Answer(inv, 503, "", "", "")
		p.Request(sipmsg.ACK)
		p.Quiet(433 * time.Second)
		inv = p.Request(sipmsg.INVITE)
		p.Answer(inv, 200, "", withSDP+"\nSession-Expires: 1800;refresher=uac", offer)
		p.Request(sipmsg.ACK)
		p.Quiet(899 * time.Second)
		inv = p.Request(sipmsg.INVITE)
		// Without Session-Expires it is switched off.
		p.Answer(inv, 200, "", withSDP, offer)
		p.Request(sipmsg.ACK)
		p.Quiet(2 * time.Hour)
		bye(p, 2, tag)
	})
}

// TestRefreshByReinviteAfterAll: a peer that has said that it takes UPDATE, and does not,
// gets the session description again, and no other UPDATE.
func TestRefreshByReinviteAfterAll(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-05")
	for _, status := range []int{405, 501} {
		h := &record{}
		bubble(t, checking(h), func(x *scene) {
			t, p := x.t, x.peer
			tag := timed(p, "Supported: timer", "Allow: INVITE, UPDATE", "Session-Expires: 100;refresher=uas")
			p.Quiet(49 * time.Second)
			p.Answer(p.Request(sipmsg.UPDATE), status, "", "Allow: INVITE, UPDATE", "")
			inv := p.Request(sipmsg.INVITE)
			if string(inv.Body) != answer || inv.Header.Value("Session-Expires") != "100;refresher=uac" {
				t.Errorf("re-INVITE\n%s", inv.Append(nil))
			}
			granted := withSDP + "\nAllow: INVITE, UPDATE\nSession-Expires: 100;refresher=uac"
			p.Answer(inv, 200, "", granted, offer)
			p.Request(sipmsg.ACK)
			p.Quiet(49 * time.Second)
			p.Answer(p.Request(sipmsg.INVITE), 200, "", granted, offer)
			p.Request(sipmsg.ACK)
			bye(p, 2, tag)
		})
	}
}

// describing is a handler that keeps its description.
type describing struct{ *record }

func (describing) Description() []byte { return []byte("v=0\r\ns=again\r\n") }

// TestRefreshDescribed asks the handler for what is to be repeated.
func TestRefreshDescribed(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-05")
	h := &record{}
	accepting := serve(func(in *invite.Incoming) {
		h.session = in.Accept(invite.Answer{Body: []byte(answer), Contact: conferenceContact}, describing{h})
	})
	bubble(t, accepting, func(x *scene) {
		t, p := x.t, x.peer
		tag := timed(p)
		p.Quiet(899 * time.Second)
		inv := p.Request(sipmsg.INVITE)
		if string(inv.Body) != "v=0\r\ns=again\r\n" {
			t.Errorf("re-INVITE\n%s", inv.Append(nil))
		}
		p.Answer(inv, 200, "", withSDP, offer)
		p.Request(sipmsg.ACK)
		bye(p, 2, tag)
	})
}

// TestRefreshFails: 408, 481 and silence end the session.
func TestRefreshFails(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-06")
	for _, status := range []int{408, 481, 0} {
		h := &record{}
		bubble(t, checking(h), func(x *scene) {
			t, p := x.t, x.peer
			timed(p, "Supported: timer", "Allow: UPDATE", "Session-Expires: 90;refresher=uas")
			p.Quiet(44 * time.Second)
			upd := p.Request(sipmsg.UPDATE)
			if status != 0 {
				p.Answer(upd, status, "", "", "")
			}
			for m := p.Next(time.Minute); ; m = p.Next(time.Minute) {
				if req, ok := m.(*sipmsg.Request); ok && req.Method == sipmsg.BYE {
					p.Answer(req, 200, "", "", "")
					break
				} else if !ok {
					t.Fatal("no BYE")
				}
			}
			h.ended(t, invite.Lost)
		})
	}
}

// TestExpiry: who was to refresh and does not is hung up on a third of the interval
// before its end, for that is less than 32 s.
func TestExpiry(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-06")
	h := &record{}
	bubble(t, checking(h), func(x *scene) {
		t, p := x.t, x.peer
		tag := timed(p, "Supported: timer", "Session-Expires: 90")
		p.Quiet(30 * time.Second)
		p.Ask(request("INVITE", "r1", 2, tag, "Supported: timer", "Session-Expires: 30", offer), 422)
		p.Send(request("ACK", "r1", 2, tag))
		p.Quiet(29 * time.Second) // what was refused has not refreshed anything
		p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
		h.ended(t, invite.Lost)
	})
}

// TestCallerAsksForTimer: an INVITE of ours asks, asks again after 422, and takes what
// it is granted.
func TestCallerAsksForTimer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-01", "TMR-02", "TMR-05")
	h := &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		t, p := x.t, x.peer
		if inv.Header.Value("Session-Expires") != "1800" || inv.Header.Has("Min-SE") || !inv.Header.HasToken("Supported", "timer") {
			t.Errorf("INVITE\n%s", inv.Append(nil))
		}
		callID, from := inv.Header.CallID(), inv.Header.Value("From")
		p.Answer(inv, 422, "x", "Min-SE: 2000", "")
		p.Request(sipmsg.ACK)
		inv = p.Request(sipmsg.INVITE)
		cseq, _ := inv.Header.CSeq()
		if cseq.Seq != 2 || inv.Header.Value("Session-Expires") != "2000" || inv.Header.Value("Min-SE") != "2000" ||
			inv.Header.CallID() != callID || inv.Header.Value("From") != from || toTag(inv) != "" {
			t.Errorf("INVITE\n%s", inv.Append(nil))
		}
		p.Answer(inv, 200, "x", withSDP+"\nAllow: UPDATE\nRequire: timer\nSession-Expires: 2000;refresher=uac", offer)
		p.Request(sipmsg.ACK)
		s := h.answered(t)
		p.Quiet(999 * time.Second)
		upd := p.Request(sipmsg.UPDATE)
		if upd.Header.Value("Session-Expires") != "2000;refresher=uac" || upd.Header.Has("Min-SE") {
			t.Errorf("UPDATE\n%s", upd.Append(nil))
		}
		p.Answer(upd, 200, "", peerContact+"\nSession-Expires: 2000;refresher=uac", "")
		s.Bye()
		farewell := p.Request(sipmsg.BYE)
		if !farewell.Header.HasToken("Supported", "timer") {
			t.Error("BYE without Supported")
		}
		p.Answer(farewell, 200, "", "", "")
	})
}

// TestCallerGivesUpOn422: the same demand twice is an answer.
func TestCallerGivesUpOn422(t *testing.T) {
	t.Parallel()
	h := &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		p := x.peer
		p.Answer(inv, 422, "x", "Min-SE: 2000", "")
		p.Request(sipmsg.ACK)
		p.Answer(p.Request(sipmsg.INVITE), 422, "x", "Min-SE: 2000", "")
		p.Request(sipmsg.ACK)
		h.failed(x.t, 422)
	})
	// And so is one for ever.
	h = &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		x.peer.Answer(inv, 422, "x", "Min-SE: 86401", "")
		x.peer.Request(sipmsg.ACK)
		h.failed(x.t, 422)
	})
}
