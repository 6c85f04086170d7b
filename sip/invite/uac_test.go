package invite_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// call calls the peer with an offer.
func call(t *testing.T, r *rig, h *record) *invite.Call {
	t.Helper()
	return callWith(t, r, h, []byte(answer))
}

func callWith(t *testing.T, r *rig, h *record, body []byte) *invite.Call {
	t.Helper()
	return callHandled(t, r, h, body)
}

func callHandled(t *testing.T, r *rig, h invite.CallHandler, body []byte) *invite.Call {
	t.Helper()
	to, err := sipmsg.ParseURI("sip:alice@10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	from, err := sipmsg.ParseAddress("<sip:conf@10.0.0.1>")
	if err != nil {
		t.Fatal(err)
	}
	return r.agent.Invite(dialog.Outgoing{URI: to, From: from, Contact: conferenceContact, Body: body}, h)
}

// calling runs f in a bubble where the stack has called the peer, which has got
// the INVITE.
func calling(t *testing.T, h *record, f func(x *scene, c *invite.Call, inv *sipmsg.Request)) {
	t.Helper()
	bubble(t, nil, func(x *scene) {
		c := call(x.t, x.rig, h)
		f(x, c, x.peer.Request(sipmsg.INVITE))
	})
}

// cancelRinging plays 180 to the INVITE, then CANCEL and 200.
func cancelRinging(p *testnet.Peer, c *invite.Call, inv *sipmsg.Request, fields ...sipmsg.Field) (cancel *sipmsg.Request) {
	p.Answer(inv, 180, "x", peerContact, "")
	synctest.Wait()
	c.Cancel(fields...)
	cancel = p.Request(sipmsg.CANCEL)
	p.Answer(cancel, 200, "x", "", "")
	return cancel
}

// failed fails the test unless the call failed once with that status.
func (r *record) failed(t *testing.T, status int) {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errs) != 1 || !errors.Is(r.errs[0], &sip.Error{Status: status}) {
		t.Fatalf("errors %v, want one %d", r.errs, status)
	}
	if len(r.answers) != 0 {
		t.Fatal("answered as well")
	}
}

func (r *record) answered(t *testing.T) *invite.Session {
	t.Helper()
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.answers) != 1 || len(r.errs) != 0 {
		t.Fatalf("answered %d times, errors %v", len(r.answers), r.errs)
	}
	return r.session
}

const (
	peerContact = "Contact: <sip:alice@10.0.0.2>"
	withSDP     = peerContact + "\nContent-Type: application/sdp"
)

func TestRepeatedAnswerIsAcknowledgedAgain(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-12")
	h := &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		t, p := x.t, x.peer
		if inv.Header.Value("Contact") != conferenceContact || inv.Header.Value("Max-Forwards") != "70" {
			t.Errorf("INVITE %v", inv.Header.Fields)
		}
		var first string
		for i := range 3 {
			p.Answer(inv, 200, "x", withSDP+"\nRecord-Route: <sip:p2.example;lr>, <sip:10.0.0.2;lr;a=1>", offer)
			ack := p.Request(sipmsg.ACK)
			got := string(ack.Append(nil))
			if i == 0 {
				first = got
			}
			if got != first {
				t.Errorf("another ACK:\n%s\n%s", first, got)
			}
			if route := ack.Header.Value("Route"); route != "<sip:10.0.0.2;lr;a=1>, <sip:p2.example;lr>" {
				t.Errorf("Route %s", route)
			}
			if cseq, _ := ack.Header.CSeq(); cseq.Seq != 1 {
				t.Errorf("CSeq %d", cseq.Seq)
			}
		}
		h.answered(t).Bye()
		p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
		h.ended(t, invite.LocalBye)
	})
}

func TestForkedCall(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-10")
	h := &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		t, r, p := x.t, x.rig, x.peer
		p.Answer(inv, 180, "x", peerContact, "")
		p.Answer(inv, 180, "y", peerContact, "")
		p.Answer(inv, 180, "z", peerContact, "")
		p.Answer(inv, 199, "z", peerContact, "")
		synctest.Wait()
		r.Dialogs(t, 2)
		p.Answer(inv, 200, "y", withSDP, offer)
		if tag := toTag(p.Request(sipmsg.ACK)); tag != "y" {
			t.Errorf("ACK to %s", tag)
		}
		<-time.After(time.Second)
		p.Answer(inv, 200, "x", withSDP, offer)
		if tag := toTag(p.Request(sipmsg.ACK)); tag != "x" {
			t.Errorf("ACK to %s", tag)
		}
		bye := p.Request(sipmsg.BYE)
		if tag := toTag(bye); tag != "x" {
			t.Errorf("BYE to %s", tag)
		}
		p.Answer(bye, 200, "", "", "")
		p.Answer(inv, 200, "x", withSDP, offer) // repeated: ACK, but no second BYE
		p.Request(sipmsg.ACK)
		p.Quiet(time.Minute)
		if got := h.answered(t).ID().Remote; got != "y" {
			t.Errorf("session with %s", got)
		}
		r.Dialogs(t, 1)
		h.session.Bye()
		p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
	})
}

func TestFirstDescriptionIsTheAnswer(t *testing.T) {
	t.Parallel()
	const second = "v=0\no=alice 9 9 IN IP4 10.0.0.9\n"
	for _, final := range []string{offer, second, ""} {
		h := &record{}
		calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
			t, p := x.t, x.peer
			p.Answer(inv, 183, "x", withSDP, offer)
			p.Answer(inv, 183, "x", withSDP, second)
			p.Answer(inv, 183, "y", withSDP, second)
			p.Answer(inv, 200, "x", withSDP, final)
			p.Request(sipmsg.ACK)
			s := h.answered(t)
			if got := string(h.answers[0]); got != offer {
				t.Errorf("answer %q", got)
			}
			s.Bye()
			p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
		})
	}
}

func TestCallWithoutOffer(t *testing.T) {
	t.Parallel()
	h := &record{ack: invite.Answer{Body: []byte(answer)}}
	bubble(t, nil, func(x *scene) {
		t, r, p := x.t, x.rig, x.peer
		callWith(t, r, h, nil)
		inv := p.Request(sipmsg.INVITE)
		p.Answer(inv, 200, "x", withSDP, offer)
		ack := p.Request(sipmsg.ACK)
		if string(ack.Body) != answer || ack.Header.Value("Content-Type") != "application/sdp" {
			t.Errorf("ACK %s", ack.Append(nil))
		}
		h.answered(t).Bye()
		p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
	})
}

func TestCallCancelled(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-13", "PAR-LVE-03")
	reason := sipmsg.Field{Name: "Reason", Value: "SIP;cause=487"}
	t.Run("after 180", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		calling(t, h, func(x *scene, c *invite.Call, inv *sipmsg.Request) {
			t, p := x.t, x.peer
			cancel := cancelRinging(p, c, inv, reason)
			if cancel.Header.Value("Reason") != reason.Value {
				t.Errorf("CANCEL %v", cancel.Header.Fields)
			}
			p.Answer(inv, 487, "x", "", "")
			p.Request(sipmsg.ACK)
			h.failed(t, 487)
		})
	})
	t.Run("waits for a provisional response", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		calling(t, h, func(x *scene, c *invite.Call, inv *sipmsg.Request) {
			t, p := x.t, x.peer
			c.Cancel()
			p.Quiet(400 * time.Millisecond)
			p.Answer(inv, 100, "", "", "")
			p.Answer(p.Request(sipmsg.CANCEL), 200, "x", "", "")
			p.Answer(inv, 487, "x", "", "")
			p.Request(sipmsg.ACK)
			h.failed(t, 487)
		})
	})
	t.Run("crosses 200", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		calling(t, h, func(x *scene, c *invite.Call, inv *sipmsg.Request) {
			t, p := x.t, x.peer
			cancelRinging(p, c, inv)
			p.Answer(inv, 200, "x", withSDP, offer)
			p.Request(sipmsg.ACK)
			p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
			h.failed(t, 487)
		})
	})
	t.Run("nothing ever arrives", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		calling(t, h, func(x *scene, c *invite.Call, _ *sipmsg.Request) {
			t, r, p := x.t, x.rig, x.peer
			<-time.After(time.Second)
			c.Cancel()
			<-time.After(32 * time.Second) // past Timer B
			h.failed(t, 487)
			for m := p.Next(0); m != nil; m = p.Next(0) {
				if req, ok := m.(*sipmsg.Request); !ok || req.Method != sipmsg.INVITE {
					t.Errorf("unexpected %v", m)
				}
			}
			r.Dialogs(t, 0)
		})
	})
	t.Run("no final answer", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		calling(t, h, func(x *scene, c *invite.Call, inv *sipmsg.Request) {
			t, r, p := x.t, x.rig, x.peer
			cancelRinging(p, c, inv)
			<-time.After(31 * time.Second)
			h.mu.Lock()
			if len(h.errs) != 0 {
				t.Errorf("failed too early: %v", h.errs)
			}
			h.mu.Unlock()
			<-time.After(1100 * time.Millisecond)
			h.failed(t, 487)
			r.Dialogs(t, 0)
		})
	})
}

func TestCallFails(t *testing.T) {
	t.Parallel()
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
			t, r, p := x.t, x.rig, x.peer
			p.Answer(inv, 183, "x", withSDP, offer)
			p.Answer(inv, 480, "x", "Retry-After: 7\nUnsupported: a", "")
			p.Request(sipmsg.ACK)
			h.failed(t, 480)
			e := sip.AsError(h.errs[0])
			if e.RetryAfter != 7*time.Second || len(e.Header) != 1 {
				t.Errorf("%+v", e)
			}
			r.Dialogs(t, 0)
		})
	})
	t.Run("no answer at all", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		bubble(t, nil, func(x *scene) {
			t, r := x.t, x.rig
			call(t, r, h)
			<-time.After(33 * time.Second)
			h.failed(t, 408)
		})
	})
}

// inside writes a request of the callee in the dialog that its tag makes of inv.
func inside(inv *sipmsg.Request, tag, method, branch string, cseq int, more ...string) string {
	text := replace(request(method, branch, cseq, "", more...), `From: "Alice" <sip:alice@ims.example>;tag=a1`, "From: <sip:alice@10.0.0.2>;tag="+tag)
	text = replace(text, "To: <sip:conf@10.0.0.1>", "To: "+inv.Header.Value("From"))
	return replace(text, "Call-ID: c1", "Call-ID: "+inv.Header.CallID())
}

func TestRequestsThatOvertakeTheAnswer(t *testing.T) {
	t.Parallel()
	for _, early := range []bool{false, true} {
		h := &record{onReoffer: func(r *invite.Reoffer) { r.Accept(invite.Answer{Body: []byte(answer)}, nil) }}
		calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
			p := x.peer
			if early {
				p.Answer(inv, 180, "x", peerContact, "")
			}
			p.Send(inside(inv, "x", "INVITE", "r1", 1, offer))
			p.Response(491)
			p.Answer(inv, 200, "x", withSDP, offer)
			p.Send(inside(inv, "x", "INVITE", "r2", 2, offer))
			p.Request(sipmsg.ACK)
			p.Response(200)
			p.Send(inside(inv, "x", "ACK", "k2", 2))
			p.Send(inside(inv, "x", "BYE", "b3", 3))
			p.Response(200)
			h.ended(x.t, invite.RemoteBye)
		})
	}
	h := &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		t, p := x.t, x.peer
		p.Answer(inv, 200, "x", withSDP, offer)
		p.Send(inside(inv, "x", "BYE", "b1", 1))
		p.Request(sipmsg.ACK)
		p.Response(200)
		h.ended(t, invite.RemoteBye)
	})
}

func TestByeOvertakesAnswer(t *testing.T) {
	t.Parallel()
	h := &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		t, p := x.t, x.peer
		p.Answer(inv, 180, "x", peerContact, "")
		p.Send(inside(inv, "x", "BYE", "b1", 1))
		p.Response(200)
		p.Answer(p.Request(sipmsg.CANCEL), 200, "x", "", "") // in case the answer is lost
		p.Answer(inv, 200, "x", withSDP, offer)
		p.Request(sipmsg.ACK)
		h.failed(t, 487)
		p.Quiet(time.Minute)
	})
}

// TestCalleeHangsUpUnheard: none of the callee's 2xx arrived, so it has given up with
// BYE. The call is over, and the INVITE does not wait for an answer for ever.
func TestCalleeHangsUpUnheard(t *testing.T) {
	t.Parallel()
	h := &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		p := x.peer
		p.Answer(inv, 180, "x", peerContact, "")
		p.Send(inside(inv, "x", "BYE", "b1", 1))
		p.Response(200)
		h.failed(x.t, 487)
	})
}
