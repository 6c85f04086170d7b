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

// Incoming is an INVITE outside any dialog that waits for its final answer. Exactly
// one of Accept and Reject takes effect; a CANCEL before that ends it by itself with
// 487. [FOC-FAC-08]
type Incoming struct {
	// fixed after construction
	agent  *Agent
	tx     *transaction.ServerTx
	callID string

	// owned by the shard
	d        *dialog.Dialog // from the first provisional response on
	done     bool           // the final response is on its way
	end      End            // set if the peer gave up
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

// OnCancel registers what is called if the peer gives up before the final answer, by
// CANCEL, by BYE or because the INVITE's Expires passed. It must be called within
// [Handler.Invite]; later calls might come too late.
func (in *Incoming) OnCancel(f func(End)) { in.onCancel = f }

// Do runs f on the shard of the Call-ID.
func (in *Incoming) Do(f func()) { in.agent.dl.Do(in.callID, f) }

// Provisional sends a response with a status from 101 to 199, which makes the early
// dialog. It is repeated every minute while the final answer is pending.
func (in *Incoming) Provisional(status int, a Answer) {
	in.Do(func() {
		if in.done || status <= 100 || status >= 200 || !in.form(a.Contact) {
			return
		}
		in.last, in.status = &a, status
		in.d.Respond(in.tx, a.response(in.Request(), status, nil))
		in.keepAlive()
	})
}

func (in *Incoming) keepAlive() {
	in.agent.dl.After(in.callID, &in.again, pendingRefresh, func() {
		if in.done {
			return
		}
		in.d.Respond(in.tx, in.last.response(in.Request(), in.status, nil))
		in.keepAlive()
	})
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
	in.d = d
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
	if in.d != nil {
		in.d.Detach(in)
	}
}

// Accept answers the INVITE with 200. The session is there from this moment: h hears
// of its ACK and its end, and if the peer has given up meanwhile, of nothing but that.
func (in *Incoming) Accept(a Answer, h SessionHandler) *Session {
	s := &Session{agent: in.agent, handler: h, id: in.ID().Clone()}
	in.Do(func() { in.accept(s, a) })
	return s
}

func (in *Incoming) accept(s *Session, a Answer) {
	if in.done || !in.form(a.Contact) {
		end := in.end
		if end.Cause == 0 {
			end.Cause = Cancelled
		}
		s.finish(end)
		return
	}
	in.stop()
	s.d = in.d
	s.d.Replace(in, s)
	cseq, _ := in.Request().Header.CSeq()
	s.confirm(&confirmation{
		tx:    in.tx,
		resp:  a.response(in.Request(), 200, in.agent.fields),
		seq:   cseq.Seq,
		offer: len(in.Request().Body) == 0 && len(a.Body) > 0,
		acked: s.handler.Confirmed,
	})
}

// giveUp answers 487 because the peer does not want the session any more.
func (in *Incoming) giveUp(end End) {
	if in.done {
		return
	}
	in.end = end
	in.refuse(&sip.Error{Status: 487})
	if in.onCancel != nil {
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
	default:
		return false
	}
	return true
}
