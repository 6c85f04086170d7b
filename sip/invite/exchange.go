package invite

import (
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// side says whose offer has no answer yet.
type side uint8

const (
	nobody side = iota
	us
	them
)

// exchange is the offer/answer state of one dialog, from its first provisional response
// to its end (RFC 3264, RFC 6337 §2.2). INVITE, reliable provisional responses, PRACK,
// UPDATE and ACK share it, since at most one offer may be open whatever carries it.
type exchange struct {
	// fixed after construction
	agent *Agent
	d     *dialog.Dialog

	// owned by the shard
	open    side
	settled bool         // the first exchange is complete
	unacked *provisional // reliable response of ours that waits for its PRACK
	pracks  int          // PRACKs of ours without final response
	theirs  *Reoffer     // UPDATE, or PRACK with an offer, that is being answered
	ours    *update      // UPDATE of ours that waits or is under way
	free    func()       // called when something is over that the usage may have waited for
	over    bool
}

func (a *Agent) newExchange(d *dialog.Dialog, open side, free func()) *exchange {
	return &exchange{agent: a, d: d, open: open, free: free}
}

// settle closes the first exchange, unless it is closed.
func (x *exchange) settle() {
	if !x.settled {
		x.open, x.settled = nobody, true
	}
}

// idle reports whether an offer of ours may leave (RFC 3311 §5.1, RFC 6337 §4).
func (x *exchange) idle() bool {
	return x.open == nobody && x.settled && x.theirs == nil && x.pracks == 0 && !x.holds() &&
		(x.ours == nil || !x.ours.running)
}

// holds reports whether a session description of ours in a provisional response is
// not acknowledged.
func (x *exchange) holds() bool { return x.unacked != nil && x.unacked.described }

// proceed lets go on what has waited.
func (x *exchange) proceed() {
	if x.over {
		return
	}
	if x.ours != nil {
		x.ours.next()
	}
	x.free()
}

// collides answers a request with an offer that may not be answered now, and tells so:
// 491 if an offer of ours is open, 500 if one of the peer's is (RFC 3311 §5.2, RFC 3261
// §14.2). [FOC-MOD-02] [FOC-OUT-19]
func (x *exchange) collides(tx *transaction.ServerTx) bool {
	switch {
	case x.theirs != nil:
		overlapping(tx)
	case x.open == us && x.settled, x.ours != nil && x.ours.running && x.ours.offers():
		dialog.Reply(tx, 491, "")
	case x.open == us:
		dialog.Reply(tx, 491, "") // our first offer is unanswered
	case x.open == them || !x.settled:
		overlapping(tx)
	default:
		return false
	}
	return true
}

// updated takes an UPDATE. Without a session description it is answered at once; else
// ask is told, who must answer at once (RFC 3311 §5.2).
func (x *exchange) updated(tx *transaction.ServerTx, s *Session, ask func(*Reoffer)) {
	req := tx.Request()
	if x.theirs != nil {
		overlapping(tx)
		return
	}
	if e := x.agent.tooShort(&req.Header); e != nil && s != nil {
		tx.Respond(e.Response(req))
		return
	}
	if len(req.Body) > 0 && x.collides(tx) {
		return
	}
	r := &Reoffer{x: x, s: s, tx: tx}
	if len(req.Body) == 0 {
		r.Accept(Answer{}, nil)
		return
	}
	x.ask(r, ask)
}

// ask hands an offer to who is to answer it. When the INVITE was refused, or the session
// is over, that is nobody.
func (x *exchange) ask(r *Reoffer, ask func(*Reoffer)) {
	x.theirs, x.open = r, them
	x.agent.dl.After(x.d.ID().CallID, &r.timer, prompt, func() {
		// RFC 3311 §5.2: it cannot wait for anybody to decide.
		r.refuse(&sip.Error{Status: 504})
	})
	if ask == nil || x.over {
		r.refuse(&sip.Error{Status: 488})
		return
	}
	ask(r)
}

// end settles what is pending when the dialog is over.
func (x *exchange) end() {
	if x.over {
		return
	}
	x.over = true
	if x.unacked != nil {
		x.unacked.timer.Stop()
	}
	if r := x.theirs; r != nil {
		r.giveUp()
	}
	if u := x.ours; u != nil {
		u.settle(nil, ErrEnded)
	}
}

// allows tells whether a message says that its sender takes a method.
func allows(h *sipmsg.Header, m sipmsg.Method) bool { return h.HasToken("Allow", string(m)) }
