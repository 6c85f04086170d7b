package invite_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// taking takes part in what happens in early dialogs.
type taking struct {
	record
	early   []string // descriptions, by the branch's tag
	branch  *invite.Branch
	answers invite.Answer
	offers  int
}

func (h *taking) EarlyAnswer(b *invite.Branch, resp *sipmsg.Response) invite.Answer {
	h.early = append(h.early, b.ID().Remote+" "+string(resp.Body))
	h.branch = b
	return h.answers
}

func (h *taking) EarlyOffer(_ *invite.Branch, r *invite.Reoffer) {
	h.offers++
	r.Accept(invite.Answer{Body: []byte(newOffer)}, nil)
}

// progress is the header of a reliable 183.
func progress(rseq uint32) string {
	return withSDP + fmt.Sprintf("\nRequire: 100rel\nAllow: INVITE, UPDATE\nRSeq: %d", rseq)
}

// acknowledged takes the PRACK to a response of that branch and answers it.
func acknowledged(x *scene, tag string, rseq uint32) *sipmsg.Request {
	x.t.Helper()
	req := x.peer.Request(sipmsg.PRACK)
	rack, err := req.Header.RAck()
	want := sipmsg.RAck{RSeq: rseq, CSeq: sipmsg.CSeq{Seq: 1, Method: sipmsg.INVITE}}
	if err != nil || rack != want || toTag(req) != tag {
		x.t.Fatalf("PRACK to %s, RAck %s, %v; want %s to %s", toTag(req), rack, err, want, tag)
	}
	if !req.Header.HasToken("Supported", "timer") {
		x.t.Error("PRACK without Supported: timer") // [TMR-01]
	}
	x.peer.Answer(req, 200, "", "", "")
	return req
}

// hangUp answers with 200, and ends the session that this makes.
func hangUp(x *scene, inv *sipmsg.Request, tag, body string, h *record) {
	x.t.Helper()
	x.peer.Answer(inv, 200, tag, withSDP, body)
	x.peer.Request(sipmsg.ACK)
	h.answered(x.t).Bye()
	x.peer.Answer(x.peer.Request(sipmsg.BYE), 200, "", "", "")
}

// TestPRACKPerBranch: reliable responses are acknowledged in the order of RSeq and once,
// in each early dialog by itself.
func TestPRACKPerBranch(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-07", "FOC-OUT-18", "TMR-01")
	h := &taking{}
	bubble(t, nil, func(x *scene) {
		t, p := x.t, x.peer
		callEarly(x, h)
		inv := p.Request(sipmsg.INVITE)
		if !inv.Header.HasToken("Supported", "100rel") {
			t.Error("100rel not offered")
		}
		p.Answer(inv, 183, "x", progress(70), offer)
		acknowledged(x, "x", 70)
		p.Answer(inv, 183, "y", progress(9), newOffer)
		acknowledged(x, "y", 9)
		p.Answer(inv, 183, "x", progress(70), offer) // repeated
		p.Answer(inv, 180, "x", progress(72), "")    // before its turn
		p.Quiet(time.Second)
		p.Answer(inv, 180, "x", progress(71), "")
		acknowledged(x, "x", 71)
		p.Answer(inv, 180, "x", progress(72), "")
		acknowledged(x, "x", 72)
		p.Answer(inv, 199, "y", progress(10), "") // this branch is over
		acknowledged(x, "y", 10)
		synctest.Wait()
		x.rig.Dialogs(t, 1)
		if got := fmt.Sprint(h.early); got != fmt.Sprint([]string{"x " + offer, "y " + newOffer}) {
			t.Errorf("told %q", got)
		}
		if len(h.resps) != 4 {
			t.Errorf("%d responses told", len(h.resps))
		}
		hangUp(x, inv, "x", "", &h.record)
		if string(h.record.answers[0]) != offer {
			t.Errorf("answer %q", h.record.answers[0])
		}
	})
}

func callEarly(x *scene, h *taking) {
	x.t.Helper()
	callHandled(x.t, x.rig, h, []byte(answer))
}

// ringsAt calls, and a branch answers with a reliable 183. It returns the INVITE.
func ringsAt(x *scene, h *taking, tag string, rseq uint32) *sipmsg.Request {
	x.t.Helper()
	callEarly(x, h)
	inv := x.peer.Request(sipmsg.INVITE)
	x.peer.Answer(inv, 183, tag, progress(rseq), offer)
	acknowledged(x, tag, rseq)
	return inv
}

// TestUpdateOfCaller: UPDATE leaves when PRACK has been answered, and again after what
// crosses it; the peer's is answered in between.
func TestUpdateOfCaller(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-19", "PRE-12")
	h := &taking{}
	bubble(t, nil, func(x *scene) {
		t, p := x.t, x.peer
		callEarly(x, h)
		inv := p.Request(sipmsg.INVITE)
		p.Answer(inv, 183, "x", progress(70), offer)
		prackReq := p.Request(sipmsg.PRACK)
		o := &outcome{}
		synctest.Wait()
		h.branch.Update(invite.Answer{Body: []byte(newOffer)}, o.done)
		p.Quiet(400 * time.Millisecond)
		p.Answer(prackReq, 200, "", "", "")
		upd := p.Request(sipmsg.UPDATE)
		if string(upd.Body) != newOffer || upd.Header.Has("Session-Expires") {
			t.Errorf("UPDATE\n%s", upd.Append(nil))
		}
		p.Send(inside(inv, "x", "UPDATE", "u1", 1, offer))
		p.Response(491)
		p.Send(inside(inv, "x", "UPDATE", "u2", 2))
		p.Response(200)
		p.Answer(upd, 500, "", "Retry-After: 3", "")
		p.Send(inside(inv, "x", "UPDATE", "u3", 3, offer))
		ok := p.Response(200)
		synctest.Wait()
		if string(ok.Body) != newOffer || h.offers != 1 {
			t.Errorf("%d offers, answer %q", h.offers, ok.Body)
		}
		p.Quiet(1900 * time.Millisecond)
		upd = p.Request(sipmsg.UPDATE)
		p.Answer(upd, 200, "", withSDP, offer)
		o.is(t, 0)
		hangUp(x, inv, "x", "", &h.record)
	})
}

// TestAnswerInPRACK: a reliable response makes the offer that the INVITE lacked.
func TestAnswerInPRACK(t *testing.T) {
	t.Parallel()
	h := &taking{answers: invite.Answer{Body: []byte(answer)}}
	bubble(t, nil, func(x *scene) {
		t, p := x.t, x.peer
		callHandled(t, x.rig, h, nil)
		inv := p.Request(sipmsg.INVITE)
		p.Answer(inv, 183, "x", progress(1), offer)
		if req := acknowledged(x, "x", 1); string(req.Body) != answer || req.Header.Value("Content-Type") != "application/sdp" {
			t.Errorf("PRACK\n%s", req.Append(nil))
		}
		hangUp(x, inv, "x", "", &h.record)
	})
}

// TestRingTime: the INVITE says how long it may ring, and is cancelled then.
func TestRingTime(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-13")
	h := &record{}
	calling(t, h, func(x *scene, _ *invite.Call, inv *sipmsg.Request) {
		t, p := x.t, x.peer
		if n, ok := inv.Header.Expires(); !ok || n != 120 {
			t.Errorf("Expires %d", n)
		}
		p.Answer(inv, 180, "x", peerContact, "")
		p.Quiet(119 * time.Second)
		cancel := p.Request(sipmsg.CANCEL)
		if !cancel.Header.HasToken("Supported", "timer") {
			t.Error("CANCEL without Supported: timer") // [TMR-01]
		}
		p.Answer(cancel, 200, "x", "", "")
		// Nobody answers the INVITE any more.
		p.Quiet(31 * time.Second)
		h.mu.Lock()
		if len(h.errs) != 0 {
			t.Error("failed before its time")
		}
		h.mu.Unlock()
		<-time.After(2 * time.Second)
		h.failed(t, 487)
	})
}

// TestEarlyUpdateAnsweredLate: the 200 to an UPDATE of the early dialog arrives after the
// one to the INVITE. It knows nothing of the session timer that was agreed there.
func TestEarlyUpdateAnsweredLate(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-05")
	h := &taking{}
	bubble(t, nil, func(x *scene) {
		t, p := x.t, x.peer
		inv := ringsAt(x, h, "x", 70)
		synctest.Wait()
		o := &outcome{}
		h.branch.Update(invite.Answer{Body: []byte(newOffer)}, o.done)
		upd := p.Request(sipmsg.UPDATE)
		p.Answer(inv, 200, "x", withSDP+"\nAllow: UPDATE\nSession-Expires: 90;refresher=uac", "")
		p.Request(sipmsg.ACK)
		p.Answer(upd, 200, "", withSDP, offer)
		o.is(t, 0)
		p.Quiet(44 * time.Second)
		p.Answer(p.Request(sipmsg.UPDATE), 200, "", peerContact+"\nSession-Expires: 90;refresher=uac", "")
		h.answered(t).Bye()
		p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
	})
}

// TestOfferOfLostBranch: when one branch has answered the call is its own, and no other
// one negotiates any more.
func TestOfferOfLostBranch(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-18")
	h := &taking{}
	bubble(t, nil, func(x *scene) {
		t, p := x.t, x.peer
		inv := ringsAt(x, h, "y", 9)
		p.Answer(inv, 200, "x", withSDP, offer)
		p.Request(sipmsg.ACK)
		h.answered(t)
		for n, body := range []string{offer, ""} {
			p.Ask(inside(inv, "y", "UPDATE", fmt.Sprint("u", n), n+1, body), 481)
		}
		synctest.Wait()
		if h.offers != 0 {
			t.Errorf("asked %d times", h.offers)
		}
		h.answered(t).Bye()
		p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
	})
}
