package invite_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// outcome collects what came of a re-INVITE of ours.
type outcome struct {
	n    int
	resp *sipmsg.Response
	err  error
}

func (o *outcome) done(resp *sipmsg.Response, err error) { o.n, o.resp, o.err = o.n+1, resp, err }

// is fails the test unless the re-INVITE failed with that status, 0 for success.
func (o *outcome) is(t *testing.T, status int) {
	t.Helper()
	synctest.Wait()
	switch {
	case o.n != 1:
		t.Fatalf("told %d times", o.n)
	case status == 0 && o.err == nil && o.resp.Status == 200:
	case status != 0 && errors.Is(o.err, &sip.Error{Status: status}):
	default:
		t.Fatalf("got %v, want %d", o.err, status)
	}
}

// inSession runs f in a bubble where the peer has called and the session is
// confirmed; tag is ours.
func inSession(t *testing.T, f func(x *scene, h *record, tag string)) {
	t.Helper()
	h := &record{}
	bubble(t, accepting(h), func(x *scene) {
		tag := establish(x.peer)
		h.alive(x.t)
		f(x, h, tag)
	})
}

const newOffer = "v=0\no=focus 1 2 IN IP4 10.0.0.1\n"

// reinvite sends a re-INVITE with newOffer.
func reinvite(s *invite.Session) *outcome {
	o := &outcome{}
	s.Reinvite(invite.Answer{Body: []byte(newOffer)}, o.done)
	return o
}

func bye(p *testnet.Peer, cseq int, tag string) {
	p.Send(request("BYE", "bye", cseq, tag))
	p.Response(200)
}

func TestPeerChangesSession(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MOD-07", "COM-13")
	h := &record{onReoffer: func(r *invite.Reoffer) {
		if len(r.Request().Body) == 0 {
			r.Reject(&sip.Error{Status: 488})
			return
		}
		r.Accept(invite.Answer{Body: []byte(newOffer)}, nil)
	}}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		tag := establish(p)
		moved := "Contact: <sip:alice@10.0.0.2;moved=1>"
		p.Send(replace(request("INVITE", "r2", 2, tag), "Contact: <sip:alice@10.0.0.2;x=1>", moved))
		p.Response(488)
		p.Send(request("ACK", "r2", 2, tag))
		p.Send(replace(request("INVITE", "r3", 5, tag, offer), "Contact: <sip:alice@10.0.0.2;x=1>",
			"Contact: <sip:alice@10.0.0.2;moved=2>"))
		ok := p.Response(200)
		if ok.Header.Value("Contact") != conferenceContact || string(ok.Body) != newOffer {
			t.Errorf("200 %v %q", ok.Header.Fields, ok.Body)
		}
		p.Send(request("ACK", "k3", 5, tag))
		p.Send(request("INVITE", "r4", 4, tag, offer))
		p.Response(500) // lower CSeq
		p.Send(request("ACK", "r4", 4, tag))
		h.alive(t)
		h.session.Bye()
		req := p.Request(sipmsg.BYE)
		if got := req.URI.String(); got != "sip:alice@10.0.0.2;moved=2" {
			t.Errorf("BYE to %s", got)
		}
		p.Answer(req, 200, "", "", "")
	})
}

func TestOverlappingReinvites(t *testing.T) {
	t.Parallel()
	h := &record{}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		tag := establish(p)
		p.Send(request("INVITE", "r2", 2, tag, offer))
		p.Send(request("INVITE", "r3", 3, tag, offer))
		resp := p.Response(500)
		seconds, err := strconv.Atoi(resp.Header.Value("Retry-After"))
		if err != nil || seconds < 0 || seconds > 10 {
			t.Errorf("Retry-After %q", resp.Header.Value("Retry-After"))
		}
		p.Send(request("ACK", "r3", 3, tag))
		synctest.Wait()
		// Our own has to wait for theirs.
		o := reinvite(h.session)
		h.reoffer[0].Accept(invite.Answer{Body: []byte(answer)}, nil)
		p.Response(200)
		p.Quiet(400 * time.Millisecond)
		p.Send(request("ACK", "k2", 2, tag))
		req := p.Request(sipmsg.INVITE)
		if string(req.Body) != newOffer || req.Header.Value("Contact") != conferenceContact {
			t.Errorf("re-INVITE %s", req.Append(nil))
		}
		p.Send(request("INVITE", "r4", 4, tag, offer)) // crossing
		p.Response(491)
		p.Send(request("ACK", "r4", 4, tag))
		p.Answer(req, 200, "", peerContact, offer)
		p.Request(sipmsg.ACK)
		o.is(t, 0)
		bye(p, 5, tag)
		h.ended(t, invite.RemoteBye)
	})
}

func TestGlareIsRetriedOnce(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MOD-03")
	t.Run("call of theirs", func(t *testing.T) {
		t.Parallel()
		for range 20 {
			inSession(t, func(x *scene, h *record, tag string) {
				t, p := x.t, x.peer
				retried(t, p, h.session, 0, 2*time.Second)
				bye(p, 2, tag)
			})
		}
	})
	t.Run("call of ours", func(t *testing.T) {
		t.Parallel()
		for range 20 {
			h := &record{}
			bubble(t, nil, func(x *scene) {
				t, p := x.t, x.peer
				call(t, x.rig, h)
				p.Answer(p.Request(sipmsg.INVITE), 200, "x", withSDP, offer)
				p.Request(sipmsg.ACK)
				retried(t, p, h.answered(t), 2100*time.Millisecond, 4*time.Second)
				h.session.Bye()
				p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
			})
		}
	})
}

// retried plays a re-INVITE that gets 491 twice and checks the wait between.
func retried(t *testing.T, p *testnet.Peer, s *invite.Session, least, most time.Duration) {
	t.Helper()
	o := reinvite(s)
	p.Answer(p.Request(sipmsg.INVITE), 491, "", "", "")
	p.Request(sipmsg.ACK)
	start := time.Now()
	again, ok := p.Next(5 * time.Second).(*sipmsg.Request)
	if !ok || again.Method != sipmsg.INVITE {
		t.Fatal("not retried")
	}
	// The wheel may be a tick late.
	if d := time.Since(start); d < least || d > most+20*time.Millisecond {
		t.Errorf("retried after %v", d)
	}
	p.Answer(again, 491, "", "", "")
	p.Request(sipmsg.ACK)
	o.is(t, 491)
	p.Quiet(10 * time.Second)
}

func TestFailedReinvite(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MOD-03")
	for _, status := range []int{481, 408, 0} {
		inSession(t, func(x *scene, h *record, _ string) {
			p := x.peer
			o := reinvite(h.session)
			req := p.Request(sipmsg.INVITE)
			if status != 0 {
				p.Answer(req, status, "", "", "")
				p.Request(sipmsg.ACK)
			}
			for req != nil && req.Method == sipmsg.INVITE { // repeated until Timer B
				req, _ = p.Next(40 * time.Second).(*sipmsg.Request)
			}
			if req == nil || req.Method != sipmsg.BYE {
				x.t.Fatal("no BYE")
			}
			h.ended(x.t, invite.Lost)
			if !errors.Is(h.ends[0].Err, o.err) {
				x.t.Errorf("ended by %v, told %v", h.ends[0].Err, o.err)
			}
			for req != nil { // the BYE is not answered, only repeated
				req, _ = p.Next(time.Minute).(*sipmsg.Request)
			}
		})
	}
	inSession(t, func(x *scene, h *record, tag string) {
		t, p := x.t, x.peer
		o := reinvite(h.session)
		p.Answer(p.Request(sipmsg.INVITE), 488, "", "", "")
		p.Request(sipmsg.ACK)
		o.is(t, 488)
		h.alive(t)
		bye(p, 2, tag)
	})
}

func TestByeSettlesWhatIsPending(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LVE-02")
	h := &record{}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		tag := establish(p)
		p.Send(request("INVITE", "r2", 2, tag, offer))
		p.Send(request("BYE", "b3", 3, tag))
		p.Response(200)
		p.Response(487)
		p.Send(request("ACK", "r2", 2, tag))
		h.ended(t, invite.RemoteBye)
		h.reoffer[0].Accept(invite.Answer{}, nil)
		p.Quiet(time.Minute)
	})
}

func TestByeAbandonsReinvite(t *testing.T) {
	t.Parallel()
	inSession(t, func(x *scene, h *record, _ string) {
		t, p := x.t, x.peer
		o, second := reinvite(h.session), reinvite(h.session)
		h.session.Bye()
		h.session.Bye()
		inv := p.Request(sipmsg.INVITE)
		p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
		p.Answer(inv, 200, "", peerContact, offer)
		p.Request(sipmsg.ACK)
		h.ended(t, invite.LocalBye)
		if !errors.Is(o.err, invite.ErrEnded) || !errors.Is(second.err, invite.ErrPending) {
			t.Errorf("told %v and %v", o.err, second.err)
		}
	})
}

func TestReinviteBeforeAck(t *testing.T) {
	t.Parallel()
	h := &record{}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		p.Send(request("INVITE", "i1", 1, "")) // no offer: ours is in the 200
		tag := toTag(p.Response(200))
		p.Send(request("INVITE", "r2", 2, tag, offer))
		p.Response(491)
		p.Send(request("ACK", "r2", 2, tag))
		p.Send(request("ACK", "k1", 1, tag, offer))
		h.alive(t)
		bye(p, 3, tag)
	})
}

func TestReinviteOvertakesAck(t *testing.T) {
	t.Parallel()
	h := &record{}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		p.Send(request("INVITE", "i1", 1, "", offer))
		tag := toTag(p.Response(200))
		p.Send(request("INVITE", "r2", 2, tag, offer)) // the ACK was lost
		h.alive(t)
		h.reoffer[0].Reject(&sip.Error{Status: 488})
		p.Response(488)
		p.Send(request("ACK", "r2", 2, tag))
		p.Quiet(time.Minute)
		bye(p, 3, tag)
	})
}

func TestSlowSecondAttempt(t *testing.T) {
	t.Parallel()
	inSession(t, func(x *scene, h *record, tag string) {
		t, p := x.t, x.peer
		o := reinvite(h.session)
		p.Answer(p.Request(sipmsg.INVITE), 491, "", "", "")
		p.Request(sipmsg.ACK)
		again := p.Request(sipmsg.INVITE)
		p.Answer(again, 180, "", "", "")
		p.Quiet(time.Minute) // the first transaction is over by now
		p.Answer(again, 200, "", peerContact, offer)
		p.Request(sipmsg.ACK)
		o.is(t, 0)
		bye(p, 2, tag)
	})
}

func TestUnansweredReinviteIsCancelled(t *testing.T) {
	t.Parallel()
	inSession(t, func(x *scene, h *record, tag string) {
		t, p := x.t, x.peer
		o := reinvite(h.session)
		inv := p.Request(sipmsg.INVITE)
		p.Answer(inv, 180, "", "", "")
		p.Quiet(179 * time.Second)
		p.Answer(p.Request(sipmsg.CANCEL), 200, "", "", "")
		p.Answer(inv, 487, "", "", "")
		p.Request(sipmsg.ACK)
		o.is(t, 487)
		h.alive(t)
		bye(p, 2, tag)
	})
}

// TestReofferCommitted: a CANCEL that comes when the change has begun is too late,
// one that came before leaves everything as it was.
func TestReofferCommitted(t *testing.T) {
	t.Parallel()
	var held *invite.Reoffer
	commit := true
	cancelled := 0
	h := &record{onReoffer: func(r *invite.Reoffer) {
		held = r
		r.OnCancel(func() { cancelled++ })
		if commit && !r.Commit() {
			t.Error("the re-INVITE counts as answered")
		}
	}}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		tag := establish(p)
		p.Send(request("INVITE", "r2", 2, tag, offer))
		p.Send(request("CANCEL", "r2", 2, tag))
		if resp := p.Response(200); !strings.HasSuffix(resp.Header.Value("CSeq"), "CANCEL") {
			t.Errorf("answer to %s", resp.Header.Value("CSeq"))
		}
		held.Accept(invite.Answer{Body: []byte(newOffer)}, nil)
		if ok := p.Response(200); string(ok.Body) != newOffer {
			t.Errorf("200 %v %q", ok.Header.Fields, ok.Body)
		}
		p.Send(request("ACK", "k2", 2, tag))
		synctest.Wait()
		if cancelled != 0 {
			t.Error("what is committed is told to be cancelled")
		}

		commit = false
		p.Send(request("INVITE", "r3", 3, tag, offer))
		p.Send(request("CANCEL", "r3", 3, tag))
		p.Response(200)
		p.Response(487)
		p.Send(request("ACK", "r3", 3, tag))
		synctest.Wait()
		if held.Commit() {
			t.Error("what was cancelled can be committed")
		}
		if cancelled != 1 {
			t.Errorf("told %d times of one CANCEL", cancelled)
		}

		// Committed is not accepted yet.
		commit = true
		p.Send(request("INVITE", "r4", 4, tag, offer))
		synctest.Wait()
		held.Reject(&sip.Error{Status: 488})
		p.Response(488)
		p.Send(request("ACK", "r4", 4, tag))
		h.alive(t)
		bye(p, 5, tag)
	})
}

// TestDemandsWithoutEnd: a peer that asks for a little more each time does not have us
// send re-INVITEs for ever.
func TestDemandsWithoutEnd(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-02")
	inSession(t, func(x *scene, h *record, tag string) {
		o := reinvite(h.session)
		for n := range 100 {
			req, ok := x.peer.Next(5 * time.Second).(*sipmsg.Request)
			if !ok || req.Method != sipmsg.INVITE {
				break
			}
			x.peer.Answer(req, 422, "", "Min-SE: "+strconv.Itoa(2000+n), "")
			x.peer.Request(sipmsg.ACK)
		}
		o.is(x.t, 422)
		h.alive(x.t)
		bye(x.peer, 2, tag)
	})
}
