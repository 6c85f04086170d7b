package invite

import (
	"crypto/rand"
	"encoding/binary"
	"strconv"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/wheel"
)

// tagReliable is the option tag of RFC 3262.
const tagReliable = "100rel"

// provisional is a reliable provisional response of ours (RFC 3262 §3).
type provisional struct {
	in        *Incoming
	status    int
	answer    Answer
	acked     func(prack *sipmsg.Request)
	described bool // it carries a session description
	offer     bool // which is our offer

	resp     *sipmsg.Response
	rack     sipmsg.RAck
	timer    wheel.Timer
	interval time.Duration
	elapsed  time.Duration
}

// TakesReliable reports whether the peer can acknowledge provisional responses
// (RFC 3262 §3). [PRE-01]
func (in *Incoming) TakesReliable() bool {
	h := &in.Request().Header
	return h.HasToken("Supported", tagReliable) || h.HasToken("Require", tagReliable)
}

// Reliably sends a provisional response, 101 to 199, that is repeated until the peer
// acknowledges it with PRACK; then acked, if not nil, is called with that. The body, if
// it is the first, is the answer to the INVITE's offer or, without one there, the offer
// that the PRACK answers (RFC 3262 §5). Responses leave one after the other. Without
// PRACK for 64·T1 the INVITE is rejected with 504, and the handler of
// [Incoming.OnCancel] hears of it. To a peer that cannot acknowledge it is sent
// unreliably, and acked is not called. [PRE-01]
func (in *Incoming) Reliably(status int, a Answer, acked func(prack *sipmsg.Request)) {
	in.Do(func() {
		switch {
		case in.done || in.held != nil || status <= 100 || status >= 200 || !in.form(a.Contact):
		case !in.TakesReliable():
			in.unreliably(status, a)
		default:
			in.queue = append(in.queue, &provisional{in: in, status: status, answer: a, acked: acked})
			in.proceed()
		}
	})
}

// transmit sends the response for the first time.
func (p *provisional) transmit() {
	in, x := p.in, p.in.x
	if in.rseq == 0 {
		in.rseq = firstRSeq()
	} else {
		in.rseq++
	}
	cseq, _ := in.Request().Header.CSeq()
	p.rack = sipmsg.RAck{RSeq: in.rseq, CSeq: cseq}
	p.described = len(p.answer.Body) > 0
	if p.described && !x.settled {
		if p.offer = !in.offers(); p.offer {
			x.open = us
		} else {
			x.settle()
		}
	}
	p.resp = p.answer.response(in.Request(), p.status, append([]sipmsg.Field{
		{Name: "Require", Value: tagReliable},
		{Name: "RSeq", Value: strconv.FormatUint(uint64(in.rseq), 10)},
	}, in.agent.answers...))
	x.unacked, p.interval = p, in.agent.cfg.T1
	in.d.Respond(in.tx, p.resp)
	p.arm()
	in.keepAlive()
}

// firstRSeq is a number anywhere from 1 to 2^31-1 (RFC 3262 §3). [PRE-01]
func firstRSeq() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return max(1, binary.BigEndian.Uint32(b[:])>>1)
}

// arm repeats the response after T1, doubling without limit (RFC 3262 §3). [PRE-02]
func (p *provisional) arm() {
	cfg := &p.in.agent.cfg
	wait := min(p.interval, 64*cfg.T1-p.elapsed)
	p.in.agent.dl.After(p.in.callID, &p.timer, wait, func() {
		p.elapsed += wait
		switch {
		case p.in.done:
		case p.elapsed >= 64*cfg.T1:
			p.in.abort(End{Cause: Unacknowledged, Err: errNoPRACK}, &sip.Error{Status: 504})
		default:
			p.in.tx.Respond(p.resp)
			p.interval *= 2
			p.arm()
		}
	})
}

// pracked takes a PRACK (RFC 3262 §3). [PRE-02] [PRE-03]
func (x *exchange) pracked(tx *transaction.ServerTx, s *Session, ask func(*Reoffer)) {
	req := tx.Request()
	p := x.unacked
	rack, err := req.Header.RAck()
	if p == nil || err != nil || rack != p.rack {
		dialog.Reply(tx, 481, "")
		return
	}
	described := len(req.Body) > 0
	if described && !p.offer && x.collides(tx) {
		return
	}
	p.timer.Stop()
	x.unacked = nil
	switch {
	case p.offer && !described:
		// RFC 3262 §5: the answer had to be here. The PRACK itself is in order, and
		// RFC 3261 §15 leaves only the INVITE to be refused. [FOC-FAC-10]
		x.d.Respond(tx, sipmsg.NewResponse(req, 200, ""))
		p.in.abort(End{Cause: Unanswered}, &sip.Error{Status: 488, Reason: "Answer Missing in PRACK"})
		return
	case described && !p.offer:
		x.ask(&Reoffer{x: x, s: s, tx: tx}, ask)
	default:
		if p.offer {
			x.settle()
		}
		x.d.Respond(tx, sipmsg.NewResponse(req, 200, ""))
	}
	if p.acked != nil && !p.in.done {
		p.acked(req)
	}
	x.proceed()
}
