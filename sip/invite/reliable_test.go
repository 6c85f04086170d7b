package invite_test

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// reliably checks a reliable provisional response and returns its RSeq.
func reliably(t *testing.T, resp *sipmsg.Response) uint32 {
	t.Helper()
	rseq, ok := resp.Header.RSeq()
	if !ok || !resp.Header.HasToken("Require", "100rel") {
		t.Fatalf("not reliable:\n%s", resp.Append(nil))
	}
	return rseq
}

// prack writes the PRACK to a response with that RSeq.
func prack(branch string, cseq int, tag string, rseq uint32, more ...string) string {
	return request("PRACK", branch, cseq, tag, append([]string{fmt.Sprintf("RAck: %d 1 INVITE", rseq)}, more...)...)
}

// ring plays INVITE, with these fields, and the reliable 183 to it. It returns our tag
// and the RSeq.
func ring(t *testing.T, p *testnet.Peer, more ...string) (tag string, rseq uint32) {
	t.Helper()
	p.Send(request("INVITE", "i1", 1, "", more...))
	first := p.Response(183)
	return toTag(first), reliably(t, first)
}

// ringing is a callee of a test: it sends a reliable 183 with the answer and waits.
type ringing struct {
	record
	in     *invite.Incoming
	pracks int
	ends0  []invite.End
	offers []*invite.Reoffer
	offer  func(*invite.Reoffer)
}

func (h *ringing) Invite(in *invite.Incoming) {
	h.in = in
	in.OnCancel(func(e invite.End) { h.ends0 = append(h.ends0, e) })
	in.OnOffer(func(r *invite.Reoffer) {
		h.offers = append(h.offers, r)
		if h.offer != nil {
			h.offer(r)
		}
	})
	in.Reliably(183, invite.Answer{Body: []byte(answer), Contact: conferenceContact}, func(*sipmsg.Request) { h.pracks++ })
}

// joins plays 200, ACK and BYE.
func (h *ringing) joins(p *testnet.Peer, cseq int, tag string) {
	h.accept()
	p.Response(200)
	p.Send(request("ACK", "k1", 1, tag))
	bye(p, cseq, tag)
}

func (h *ringing) accept() { h.session = h.in.Accept(invite.Answer{}, &h.record) }

func TestReliableProvisional(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-01", "PRE-02", "PRE-03")
	h := &ringing{}
	bubble(t, h, func(x *scene) {
		t, p := x.t, x.peer
		p.Send(request("INVITE", "i1", 1, "", "Supported: 100rel", offer))
		first := p.Response(183)
		rseq, tag := reliably(t, first), toTag(first)
		if rseq == 0 || rseq >= 1<<31 || string(first.Body) != answer {
			t.Fatalf("RSeq %d\n%s", rseq, first.Append(nil))
		}
		// It is repeated after T1 and twice as long each time, without limit.
		at := time.Now()
		for _, want := range []float64{0.5, 1.5, 3.5, 7.5, 15.5} {
			again, ok := p.Next(10 * time.Second).(*sipmsg.Response)
			if got := time.Since(at).Seconds(); !ok || reliably(t, again) != rseq || math.Abs(got-want) > 0.05 {
				t.Fatalf("repeated after %v s, want %v s", got, want)
			}
		}
		// The 200 waits for the PRACK, and so does the next provisional response.
		h.in.Reliably(180, invite.Answer{}, nil)
		p.Quiet(time.Second)
		p.Ask(prack("p0", 2, tag, rseq+1), 481)
		p.Ask(request("PRACK", "p1", 3, tag, fmt.Sprintf("RAck: %d 2 INVITE", rseq)), 481)
		p.Ask(prack("p2", 4, tag, rseq), 200)
		if h.pracks != 1 {
			t.Errorf("%d PRACKs told", h.pracks)
		}
		if second := p.Response(180); reliably(t, second) != rseq+1 {
			t.Errorf("RSeq %d after %d", reliably(t, second), rseq)
		}
		p.Ask(prack("p3", 5, tag, rseq), 481) // acknowledged already
		// Without session description in the 180 the 200 need not wait.
		h.accept()
		ok := p.Response(200)
		if len(ok.Body) != 0 || ok.Header.Value("Contact") != conferenceContact {
			t.Errorf("200 with a second answer:\n%s", ok.Append(nil))
		}
		p.Ask(prack("p4", 6, tag, rseq+1), 200)
		p.Send(request("ACK", "k1", 1, tag))
		p.Quiet(5 * time.Second)
		bye(p, 7, tag)
		h.ended(t, invite.RemoteBye)
	})
}

func TestAnswerHeldForPRACK(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-03")
	h := &ringing{}
	bubble(t, h, func(x *scene) {
		t, p := x.t, x.peer
		tag, rseq := ring(t, p, "Require: 100rel", offer)
		h.accept()
		p.Quiet(400 * time.Millisecond)
		p.Send(prack("p1", 2, tag, rseq))
		p.Response(200)
		ok := p.Response(200)
		if cseq, _ := ok.Header.CSeq(); cseq.Method != sipmsg.INVITE {
			t.Errorf("200 to %s", cseq)
		}
		p.Send(request("ACK", "k1", 1, tag))
		synctest.Wait()
		bye(p, 3, tag)
	})
}

// TestNoPRACK: 64·T1 without PRACK, and the INVITE is refused, whether or not it has
// been accepted meanwhile.
func TestNoPRACK(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-02")
	for _, accepted := range []bool{false, true} {
		t.Run(fmt.Sprint(accepted), func(t *testing.T) {
			t.Parallel()
			h := &ringing{}
			bubble(t, h, func(x *scene) {
				t, p := x.t, x.peer
				tag, rseq := ring(t, p, "Supported: 100rel", offer)
				if accepted {
					h.accept()
				}
				at := time.Now()
				var last *sipmsg.Response
				for last == nil || last.Status == 183 {
					last, _ = p.Next(time.Minute).(*sipmsg.Response)
				}
				if got := time.Since(at); last.Status != 504 || (got-32*time.Second).Abs() > time.Second {
					t.Fatalf("%d after %v", last.Status, got)
				}
				// RFC 3262 §3: the PRACK of the last one may still arrive.
				p.Ask(prack("p1", 2, tag, rseq), 200)
				p.Send(request("ACK", "i1", 1, tag))
				synctest.Wait()
				if accepted {
					h.ended(t, invite.Unacknowledged)
				} else if len(h.ends0) != 1 || h.ends0[0].Cause != invite.Unacknowledged {
					t.Errorf("told %v", h.ends0)
				}
			})
		})
	}
}

// TestReliableOnlyIfWanted: no RSeq ever to who does not know it, always to who
// requires it.
func TestReliableOnlyIfWanted(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-01", "FOC-JOI-13")
	var in *invite.Incoming
	handler := serve(func(i *invite.Incoming) {
		in = i
		in.Provisional(183, invite.Answer{})
	})
	bubble(t, handler, func(x *scene) {
		t, p := x.t, x.peer
		p.Send(request("INVITE", "i1", 1, "", offer))
		plain := p.Response(183)
		if plain.Header.Has("RSeq") || plain.Header.Has("Require") || in.TakesReliable() {
			t.Errorf("reliable:\n%s", plain.Append(nil))
		}
		// Kept alive every minute.
		p.Quiet(59 * time.Second)
		p.Response(183)
		in.Reject(&sip.Error{Status: 480})
		p.Response(480)
		p.Send(request("ACK", "i1", 1, toTag(plain)))
		p.Send(replace(request("INVITE", "i2", 1, "", "Require: 100rel", offer), "Call-ID: c1", "Call-ID: c2"))
		first := p.Response(183)
		rseq := reliably(t, first)
		p.Ask(replace(prack("p1", 2, toTag(first), rseq), "Call-ID: c1", "Call-ID: c2"), 200)
		// Kept alive every two and a half minutes, reliably.
		p.Quiet(149 * time.Second)
		again := p.Response(183)
		if reliably(t, again) != rseq+1 {
			t.Errorf("RSeq %d after %d", reliably(t, again), rseq)
		}
		p.Ask(replace(prack("p2", 3, toTag(first), rseq+1), "Call-ID: c1", "Call-ID: c2"), 200)
		in.Reject(&sip.Error{Status: 480})
		p.Response(480)
		p.Send(replace(request("ACK", "i2", 1, toTag(first)), "Call-ID: c1", "Call-ID: c2"))
	})
}

// TestOfferInProvisional: an INVITE without offer gets one in the reliable 183, and the
// PRACK answers it.
func TestOfferInProvisional(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-10")
	for _, answered := range []bool{true, false} {
		h := &ringing{}
		bubble(t, h, func(x *scene) {
			t, p := x.t, x.peer
			tag, rseq := ring(t, p, "Supported: 100rel")
			if !answered {
				// RFC 3261 §15: no BYE in an early dialog; the INVITE is refused. [FOC-FAC-10]
				p.Ask(prack("p1", 2, tag, rseq), 200)
				p.Response(488)
				p.Send(request("ACK", "i1", 1, tag))
				p.Quiet(time.Minute)
				if len(h.ends0) != 1 || h.ends0[0].Cause != invite.Unanswered || h.pracks != 0 {
					t.Errorf("ended %v, %d PRACKs told", h.ends0, h.pracks)
				}
				return
			}
			p.Ask(request("UPDATE", "u1", 2, tag, offer), 491)
			p.Ask(prack("p1", 3, tag, rseq, offer), 200)
			h.accept()
			if ok := p.Response(200); len(ok.Body) != 0 {
				t.Errorf("offered again: %q", ok.Body)
			}
			p.Send(request("ACK", "k1", 1, tag))
			bye(p, 4, tag)
		})
	}
}

// TestOfferInPRACK: an offer that comes with the PRACK is answered in its 200.
func TestOfferInPRACK(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-03")
	h := &ringing{offer: func(r *invite.Reoffer) { r.Accept(invite.Answer{Body: []byte(newOffer)}, nil) }}
	bubble(t, h, func(x *scene) {
		t, p := x.t, x.peer
		tag, rseq := ring(t, p, "Supported: 100rel", offer)
		ok := p.Ask(prack("p1", 2, tag, rseq, offer), 200)
		if string(ok.Body) != newOffer || h.pracks != 1 {
			t.Errorf("200 to PRACK: %q, %d told", ok.Body, h.pracks)
		}
		h.joins(p, 3, tag)
	})
}

// suspend plays INVITE, reliable 183, PRACK and returns our tag.
func suspend(t *testing.T, p *testnet.Peer) string {
	t.Helper()
	tag, rseq := ring(t, p, "Supported: 100rel", "Allow: UPDATE, INVITE", offer)
	p.Ask(prack("p1", 2, tag, rseq), 200)
	return tag
}

func TestUpdateInEarlyDialog(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-19", "FOC-MOD-02")
	h := &ringing{}
	bubble(t, h, func(x *scene) {
		t, p := x.t, x.peer
		tag := suspend(t, p)
		p.Send(request("UPDATE", "u1", 3, tag, offer))
		synctest.Wait()
		// One offer at a time, and whoever sent it too many waits.
		busy := p.Ask(request("UPDATE", "u2", 4, tag, offer), 500)
		if !busy.Header.Has("Retry-After") {
			t.Error("500 without Retry-After")
		}
		h.accept() // waits for the answer to the UPDATE
		p.Quiet(100 * time.Millisecond)
		h.offers[0].Accept(invite.Answer{Body: []byte(newOffer)}, nil)
		ok := p.Response(200)
		if cseq, _ := ok.Header.CSeq(); cseq.Seq != 3 || string(ok.Body) != newOffer || ok.Header.Value("Contact") != conferenceContact {
			t.Errorf("answer to UPDATE:\n%s", ok.Append(nil))
		}
		p.Response(200)
		p.Send(request("ACK", "k1", 1, tag))
		p.Ask(request("UPDATE", "u3", 5, tag), 200)
		bye(p, 6, tag)
	})
}

// TestUndecidedUpdate: who does not answer an UPDATE at once has it refused with 504.
func TestUndecidedUpdate(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MOD-08")
	h := &ringing{}
	bubble(t, h, func(x *scene) {
		t, p := x.t, x.peer
		tag := suspend(t, p)
		p.Send(request("UPDATE", "u1", 3, tag, offer))
		p.Quiet(2 * time.Second)
		p.Response(504)
		h.offers[0].Accept(invite.Answer{Body: []byte(newOffer)}, nil) // too late
		p.Send(request("CANCEL", "i1", 1, ""))
		p.Response(200)
		p.Response(487)
		p.Send(request("ACK", "i1", 1, tag))
		synctest.Wait()
		if len(h.ends0) != 1 {
			t.Errorf("told of CANCEL %d times", len(h.ends0))
		}
	})
}

// TestUpdateWithoutBody refreshes the remote target, and asks nobody.
func TestUpdateWithoutBody(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MOD-07", "FOC-MOD-08")
	inSession(t, func(x *scene, h *record, tag string) {
		t, p := x.t, x.peer
		moved := replace(request("UPDATE", "u1", 2, tag), "Contact: <sip:alice@10.0.0.2;x=1>", "Contact: <sip:alice@10.0.0.2;moved=1>")
		ok := p.Ask(moved, 200)
		if len(ok.Body) != 0 || ok.Header.Value("Contact") != conferenceContact || len(h.reoffer) != 0 {
			t.Errorf("%d told of it\n%s", len(h.reoffer), ok.Append(nil))
		}
		h.session.Bye()
		farewell := p.Request(sipmsg.BYE)
		if got := farewell.URI.String(); got != "sip:alice@10.0.0.2;moved=1" {
			t.Errorf("BYE to %s", got)
		}
		p.Answer(farewell, 200, "", "", "")
	})
}

// TestCrossingOffers is the table of RFC 3311 §5.2 and RFC 6337 §4.2 in a session: an
// offer while one of ours is open gets 491, while one of the peer's own is 500; an UPDATE
// without offer is served.
func TestCrossingOffers(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-MOD-02")
	inSession(t, func(x *scene, h *record, tag string) {
		t, p := x.t, x.peer
		// Ours is open, in a re-INVITE and in an UPDATE.
		o := reinvite(h.session)
		inv := p.Request(sipmsg.INVITE)
		p.Ask(request("UPDATE", "u1", 2, tag, offer), 491)
		p.Ask(request("UPDATE", "u2", 3, tag), 200)
		p.Answer(inv, 200, "", withSDP, offer)
		p.Request(sipmsg.ACK)
		o.is(t, 0)
		o = &outcome{}
		h.session.Update(invite.Answer{Body: []byte(newOffer)}, o.done)
		upd := p.Request(sipmsg.UPDATE)
		p.Ask(request("UPDATE", "u3", 4, tag, offer), 491)
		p.Ask(request("INVITE", "r1", 5, tag, offer), 491)
		p.Send(request("ACK", "r1", 5, tag))
		waits := reinvite(h.session)
		p.Quiet(100 * time.Millisecond)
		p.Answer(upd, 200, "", withSDP, offer)
		o.is(t, 0)
		p.Answer(p.Request(sipmsg.INVITE), 488, "", "", "") // its turn has come
		p.Request(sipmsg.ACK)
		waits.is(t, 488)
		// The peer's is open, in a re-INVITE and in an UPDATE.
		p.Send(request("INVITE", "r2", 6, tag, offer))
		busy := p.Ask(request("UPDATE", "u4", 7, tag, offer), 500)
		if !busy.Header.Has("Retry-After") {
			t.Error("500 without Retry-After")
		}
		p.Ask(request("UPDATE", "u5", 8, tag), 200)
		h.reoffer[0].Reject(&sip.Error{Status: 488})
		p.Response(488)
		p.Send(request("ACK", "r2", 6, tag))
		p.Send(request("UPDATE", "u6", 9, tag, offer))
		p.Ask(request("INVITE", "r3", 10, tag, offer), 500)
		p.Send(request("ACK", "r3", 10, tag))
		p.Ask(request("UPDATE", "u7", 11, tag, offer), 500)
		h.reoffer[1].Accept(invite.Answer{Body: []byte(answer)}, nil)
		p.Response(200)
		bye(p, 12, tag)
	})
}

// TestUpdateOfCallee: the callee of an early dialog sends an offer once the first
// exchange is complete, and not while one of the peer's is open.
func TestUpdateOfCallee(t *testing.T) {
	t.Parallel()
	h := &ringing{}
	bubble(t, h, func(x *scene) {
		t, p := x.t, x.peer
		tag, rseq := ring(t, p, "Supported: 100rel", offer)
		o := &outcome{}
		h.in.Update(invite.Answer{Body: []byte(newOffer)}, o.done)
		p.Quiet(400 * time.Millisecond) // the PRACK is missing
		p.Send(prack("p1", 2, tag, rseq))
		p.Response(200)
		upd := p.Request(sipmsg.UPDATE)
		p.Ask(request("UPDATE", "u1", 3, tag, offer), 491)
		p.Answer(upd, 491, "", "", "")
		upd = p.Request(sipmsg.UPDATE) // once more after a while
		p.Answer(upd, 200, "", "Contact: <sip:alice@10.0.0.2>\nContent-Type: application/sdp", offer)
		o.is(t, 0)
		h.joins(p, 4, tag)
	})
}

// TestOfferAfterTheEnd: a PRACK may still come when the INVITE was refused, but nobody is
// asked about an offer in it.
func TestOfferAfterTheEnd(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PRE-03")
	h := &ringing{}
	bubble(t, h, func(x *scene) {
		t, p := x.t, x.peer
		tag, rseq := ring(t, p, "Supported: 100rel", offer)
		h.in.Reject(&sip.Error{Status: 486})
		p.Response(486)
		p.Send(request("ACK", "i1", 1, tag))
		p.Ask(prack("p1", 2, tag, rseq, offer), 488)
		if len(h.offers) != 0 {
			t.Errorf("asked %d times", len(h.offers))
		}
	})
}
