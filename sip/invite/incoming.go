package invite

import (
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// pendingRefresh is how often an INVITE that waits for its final answer is kept
// alive with another provisional response (RFC 3261 §13.3.1.1).
const pendingRefresh = time.Minute

// reliableRefresh is the same where the responses are reliable (RFC 3262 §3).
const reliableRefresh = 150 * time.Second

// aftercare is how long a PRACK is still answered for an INVITE that was refused, in
// units of T1 (RFC 3262 §3).
const aftercare = 10

// Incoming is an INVITE outside any dialog that waits for its final answer. Exactly
// one of Accept and Reject takes effect; a CANCEL before that ends it by itself with
// 487. [FOC-FAC-08]
type Incoming struct {
	// fixed after construction
	agent  *Agent
	tx     *transaction.ServerTx
	callID string

	owner string // set before an answer

	// owned by the shard
	d        *dialog.Dialog // from the first provisional response on
	x        *exchange      // of d
	rseq     uint32         // of the reliable response sent last; 0: none
	queue    []*provisional // reliable responses that wait for their turn
	held     *held          // what Accept was called with
	onOffer  func(*Reoffer)
	done     bool // the final response is on its way
	end      End  // set if the peer gave up
	onCancel func(End)
	last     *Answer // provisional response sent last
	status   int     // its status
	again    wheel.Timer
	expiry   wheel.Timer
}

func newIncoming(a *Agent, tx *transaction.ServerTx) *Incoming {
	req := tx.Request()
	in := &Incoming{agent: a, tx: tx, callID: req.Header.CallID()}
	tx.OnCancel(func(cancel *sipmsg.Request) {
		in.giveUp(End{Cause: Cancelled, Request: cancel})
	})
	if !req.Header.Has("Expires") {
		return in
	}
	// RFC 3261 §13.3.1: the invitation itself may be limited in time.
	if seconds, ok := req.Header.Expires(); ok && seconds > 0 {
		a.dl.After(in.callID, &in.expiry, time.Duration(seconds)*time.Second, func() {
			in.giveUp(End{Cause: Cancelled})
		})
	}
	return in
}

// Request returns the INVITE.
func (in *Incoming) Request() *sipmsg.Request { return in.tx.Request() }

// Source tells where the INVITE came from.
func (in *Incoming) Source() transport.Source { return in.tx.Source() }

// ID names the dialog that the INVITE forms when it is accepted.
func (in *Incoming) ID() dialog.ID {
	return dialog.ID{CallID: in.callID, Local: in.tx.LocalTag(), Remote: in.Request().Header.FromTag()}
}

// Own tells who the caller has proved to be, where From may hide it; see
// [dialog.Dialog.Own]. It must be called before anything is answered.
func (in *Incoming) Own(caller string) { in.owner = caller }

// OnCancel registers what is called if the peer gives up before the final answer, by
// CANCEL, by BYE or because the INVITE's Expires passed. It must be called within
// [Handler.Invite]; later calls might come too late.
func (in *Incoming) OnCancel(f func(End)) { in.onCancel = f }

// OnOffer registers who answers an offer that an UPDATE or a PRACK brings before the
// final answer; without anybody it is refused with 488. It must be called within
// [Handler.Invite].
func (in *Incoming) OnOffer(f func(*Reoffer)) { in.onOffer = f }

// Check returns 422 if the INVITE asks for a session interval shorter than our minimum,
// else nil (RFC 4028 §9). It is for the handler to find the time for it. [TMR-02]
func (in *Incoming) Check() *sip.Error { return in.agent.tooShort(&in.Request().Header) }

// Update sends an UPDATE in the early dialog, as soon as the rules of offer and answer
// permit (RFC 3311 §5.1); see [Session.Update].
func (in *Incoming) Update(offer Answer, done func(resp *sipmsg.Response, err error)) {
	in.Do(func() {
		if in.done || in.x == nil {
			done(nil, ErrEnded)
			return
		}
		in.x.update(nil, offer, done)
	})
}

// offers tells whether the INVITE carries an offer.
func (in *Incoming) offers() bool { return len(in.Request().Body) > 0 }

// Do runs f on the shard of the Call-ID.
func (in *Incoming) Do(f func()) { in.agent.dl.Do(in.callID, f) }

// Provisional sends a response with a status from 101 to 199, which makes the early
// dialog. It is repeated every minute while the final answer is pending. If the INVITE
// requires 100rel it is sent as by [Incoming.Reliably].
func (in *Incoming) Provisional(status int, a Answer) {
	if in.requiresReliable() {
		in.Reliably(status, a, nil) // [PRE-01]
		return
	}
	in.Do(func() {
		if in.done || in.held != nil || status <= 100 || status >= 200 || !in.form(a.Contact) {
			return
		}
		in.unreliably(status, a)
	})
}

func (in *Incoming) requiresReliable() bool {
	return in.Request().Header.HasToken("Require", tagReliable)
}

func (in *Incoming) unreliably(status int, a Answer) {
	in.d.Respond(in.tx, a.response(in.Request(), status, nil))
	in.last, in.status = &a, status
	in.keepAlive()
}

// keepAlive sends another provisional response in a while, so that no proxy takes the
// INVITE for dead. [FOC-JOI-13]
func (in *Incoming) keepAlive() {
	again, after := in.remind, pendingRefresh
	if in.requiresReliable() {
		again, after = in.remindReliably, reliableRefresh
	}
	in.agent.dl.After(in.callID, &in.again, after, func() {
		if !in.done {
			again()
			in.keepAlive()
		}
	})
}

func (in *Incoming) remind() {
	if in.last == nil { // a reliable response is not repeated once it was acknowledged
		in.last, in.status = &Answer{}, 183
	}
	in.d.Respond(in.tx, in.last.response(in.Request(), in.status, nil))
}

func (in *Incoming) remindReliably() {
	if in.x.unacked == nil {
		(&provisional{in: in, status: 183}).transmit()
	}
}

// proceed sends what has waited: the next reliable provisional response, or the 2xx.
func (in *Incoming) proceed() {
	switch {
	case in.done || in.x == nil:
	case in.held != nil:
		// RFC 3262 §5: not before what was described is acknowledged. [PRE-03]
		if !in.x.holds() && in.x.theirs == nil {
			in.answer(in.held.s, in.held.a)
		}
	case in.x.unacked == nil && len(in.queue) > 0:
		p := in.queue[0]
		in.queue = in.queue[1:]
		p.transmit()
	}
}

// held is an answer that waits until it may be given.
type held struct {
	s *Session
	a Answer
}

// form makes the early dialog, unless it is there. An INVITE from which none can be
// made is refused.
func (in *Incoming) form(contact string) bool {
	if in.d != nil {
		if contact != "" {
			in.d.SetContact(contact)
		}
		return true
	}
	d, err := in.agent.dl.Accept(in.tx, contact)
	if err != nil {
		in.refuse(sip.AsError(err))
		return false
	}
	d.Own(in.owner)
	in.d = d
	open := nobody
	if in.offers() {
		open = them
	}
	in.x = in.agent.newExchange(d, open, in.proceed)
	d.Attach(in)
	return true
}

// Reject answers the INVITE with a final error, 300 to 699.
func (in *Incoming) Reject(e *sip.Error) {
	in.Do(func() { in.refuse(e) })
}

func (in *Incoming) refuse(e *sip.Error) {
	if in.done {
		return
	}
	in.stop()
	in.tx.Respond(e.Response(in.Request()))
	if in.d == nil {
		return
	}
	waits := in.x.unacked != nil
	in.x.end()
	if !waits {
		in.d.Detach(in)
		return
	}
	// RFC 3262 §3: the PRACK may still come.
	in.agent.dl.After(in.callID, &in.again, aftercare*in.agent.cfg.T1, func() { in.d.Detach(in) })
}

// Accept answers the INVITE with 200. The session is there from this moment: h hears
// of its ACK and its end, and if the peer has given up meanwhile, of nothing but that.
// The 200 waits for the PRACK to a reliable provisional response with a session
// description; without PRACK the session ends as [Unacknowledged]. [PRE-03]
func (in *Incoming) Accept(a Answer, h SessionHandler) *Session {
	s := &Session{agent: in.agent, handler: h, id: in.ID().Clone()}
	in.Do(func() { in.accept(s, a) })
	return s
}

func (in *Incoming) accept(s *Session, a Answer) {
	if in.done || in.held != nil || !in.form(a.Contact) {
		end := in.end
		if end.Cause == 0 {
			end.Cause = Cancelled
		}
		s.finish(end)
		return
	}
	s.d, s.x, s.pending = in.d, in.x, in
	in.held = &held{s, a}
	in.queue = nil // RFC 3262 §3: no new ones after the final answer
	in.proceed()
}

// answer sends the 2xx; from here on the dialog is the session's.
func (in *Incoming) answer(s *Session, a Answer) {
	in.stop()
	in.held, s.pending = nil, nil
	if p := in.x.unacked; p != nil {
		// Its PRACK may come at any time: only what that is compared with stays.
		p.timer.Stop()
		in.x.unacked = &provisional{rack: p.rack}
	}
	s.d.Replace(in, s)
	s.x.free = s.next
	h := &in.Request().Header
	cseq, _ := h.CSeq()
	s.confirm(&confirmation{
		tx:    in.tx,
		resp:  a.response(in.Request(), 200, append(s.grant(h), in.agent.answers...)),
		seq:   cseq.Seq,
		offer: !in.offers() && !in.x.settled && len(a.Body) > 0,
		acked: s.handler.Confirmed,
	})
}

// giveUp answers 487 because the peer does not want the session any more.
func (in *Incoming) giveUp(end End) { in.abort(end, &sip.Error{Status: 487}) }

// abort refuses an INVITE that the handler has not answered, or whose answer is held
// back, and tells who has to know.
func (in *Incoming) abort(end End, e *sip.Error) {
	if in.done {
		return
	}
	in.end = end
	in.refuse(e)
	switch h := in.held; {
	case h != nil:
		h.s.pending = nil
		h.s.finish(end)
	case in.onCancel != nil:
		in.onCancel(end)
	}
}

// stop ends what runs until the final answer.
func (in *Incoming) stop() {
	in.done = true
	in.again.Stop()
	in.expiry.Stop()
}

// Serve takes the requests of the early dialog.
func (in *Incoming) Serve(tx *transaction.ServerTx) bool {
	switch tx.Request().Method {
	case sipmsg.BYE:
		// RFC 3261 §15.1.2: 200, and 487 to what is pending. [FOC-LVE-02]
		dialog.Reply(tx, 200, "")
		in.giveUp(End{Cause: Cancelled, Request: tx.Request()})
	case sipmsg.INVITE:
		overlapping(tx)
	case sipmsg.PRACK:
		in.x.pracked(tx, nil, in.onOffer)
	case sipmsg.UPDATE:
		if in.done {
			dialog.Reply(tx, 481, "")
			return true
		}
		in.x.updated(tx, nil, in.onOffer)
	default:
		return false
	}
	return true
}
