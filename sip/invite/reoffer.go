package invite

import (
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// Reoffer is a re-INVITE of the peer, or an UPDATE or PRACK with an offer, that waits for
// its final answer. Exactly one of Accept and Reject takes effect. A rejected one changes
// nothing (RFC 3261 §14.1, RFC 3311 §5.2).
type Reoffer struct {
	x  *exchange
	s  *Session // nil in an early dialog
	tx *transaction.ServerTx

	// owned by the shard
	onCancel  func()
	timer     wheel.Timer // an UPDATE is not answered promptly
	committed bool        // a CANCEL is too late
	done      bool
}

// Request returns the request. A re-INVITE without body asks for an offer.
func (r *Reoffer) Request() *sipmsg.Request { return r.tx.Request() }

// Source tells where it came from.
func (r *Reoffer) Source() transport.Source { return r.tx.Source() }

// OnCancel registers what is called if a re-INVITE is over before its final answer: the
// peer has taken it back by CANCEL, or the session has ended. It must be called within
// the Reoffer of [SessionHandler]. RFC 3261 §9.2, §15.1.2.
func (r *Reoffer) OnCancel(f func()) { r.onCancel = f }

// reoffered sorts crossing INVITEs out (RFC 3261 §14.2). [FOC-MOD-02]
func (s *Session) reoffered(tx *transaction.ServerTx) {
	switch {
	case s.ended:
		dialog.Reply(tx, 481, "")
		return
	case s.ours != nil && s.ours.running:
		dialog.Reply(tx, 491, "")
		return
	case s.theirs != nil, s.x.theirs != nil:
		overlapping(tx)
		return
	case s.x.ours != nil && s.x.ours.running && s.x.ours.offers():
		dialog.Reply(tx, 491, "")
		return
	}
	if e := s.agent.tooShort(&tx.Request().Header); e != nil {
		tx.Respond(e.Response(tx.Request()))
		return
	}
	if c := s.unacked; c != nil {
		if c.offer {
			// Our offer is still unanswered: its answer comes in the missing ACK. [FOC-OUT-19]
			dialog.Reply(tx, 491, "")
			return
		}
		// A new INVITE shows that the peer has our 2xx; its ACK was overtaken or lost.
		c.stop()
		s.unacked = nil
		if c.acked != nil {
			c.acked(&sipmsg.Request{Method: sipmsg.ACK})
		}
		if s.ended {
			dialog.Reply(tx, 481, "")
			return
		}
	}
	r := &Reoffer{x: s.x, s: s, tx: tx}
	s.theirs, s.x.open = r, them
	tx.OnCancel(func(*sipmsg.Request) { r.cancel() })
	s.handler.Reoffer(r)
}

// Commit is called before the handler changes anything for the re-INVITE: a CANCEL
// that comes later has no effect any more, so that what was changed is never answered
// 487 (RFC 3261 §9.2, §14.1). It reports false if the final answer has been given, and
// the handler is then to change nothing. Accept or, where nothing was changed after
// all, Reject follows. Call it on the shard, as [SessionHandler] is.
func (r *Reoffer) Commit() bool {
	r.committed = true
	return !r.done
}

// cancel takes the peer's CANCEL.
func (r *Reoffer) cancel() {
	if !r.committed {
		r.giveUp()
	}
}

// giveUp answers 487, as nobody waits for another answer any more.
func (r *Reoffer) giveUp() {
	if r.done {
		return
	}
	r.refuse(&sip.Error{Status: 487})
	if r.onCancel != nil {
		r.onCancel()
	}
}

// Accept answers with 200: with the answer, or with an offer if the re-INVITE had
// none. acked, if not nil, is called with the ACK, which then brings the answer; for
// UPDATE and PRACK, which know no ACK, with an empty one as soon as the 200 has left.
func (r *Reoffer) Accept(a Answer, acked func(ack *sipmsg.Request)) {
	r.x.d.Do(func() {
		if r.done {
			return
		}
		r.settle()
		if a.Contact != "" {
			r.x.d.SetContact(a.Contact)
		}
		if r.tx.Request().Method != sipmsg.INVITE {
			r.respond(a)
			if acked != nil {
				acked(&sipmsg.Request{Method: sipmsg.ACK})
			}
			r.x.proceed()
			return
		}
		s := r.s
		cseq, _ := r.tx.Request().Header.CSeq()
		s.confirm(&confirmation{
			tx:    r.tx,
			resp:  a.response(r.tx.Request(), 200, append(s.grant(&r.tx.Request().Header), s.agent.answers...)),
			seq:   cseq.Seq,
			offer: len(r.tx.Request().Body) == 0 && len(a.Body) > 0,
			acked: acked,
		})
	})
}

// respond is the 200 to UPDATE and PRACK.
func (r *Reoffer) respond(a Answer) {
	req := r.tx.Request()
	fields := r.x.agent.answers
	if r.s != nil && req.Method == sipmsg.UPDATE {
		fields = append(r.s.grant(&req.Header), fields...)
	}
	if r.s != nil {
		r.s.described(a.Body)
	}
	r.x.d.Respond(r.tx, a.response(req, 200, fields))
}

// Reject answers with a final error, usually 488; the session stays as it was.
func (r *Reoffer) Reject(e *sip.Error) {
	r.x.d.Do(func() { r.refuse(e) })
}

func (r *Reoffer) refuse(e *sip.Error) {
	if r.done {
		return
	}
	r.settle()
	r.tx.Respond(e.Response(r.tx.Request()))
	r.x.proceed()
}

func (r *Reoffer) settle() {
	r.done = true
	r.timer.Stop()
	if r.s != nil && r.s.theirs == r {
		r.s.theirs, r.x.open = nil, nobody
	}
	if r.x.theirs == r {
		r.x.theirs, r.x.open = nil, nobody
	}
}
