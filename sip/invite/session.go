package invite

import (
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// SessionHandler hears what happens to a session. It is called on the shard of the
// Call-ID and must not block. After Ended nothing else is called.
type SessionHandler interface {
	// Confirmed is called with the ACK to the 2xx that accepted the session: its body
	// is the answer if that 2xx carried the offer. It is not called for calls of ours.
	Confirmed(ack *sipmsg.Request)
	// Reoffer is called for each re-INVITE and for each UPDATE with a session
	// description. r is answered now or later, but an UPDATE within three seconds.
	Reoffer(r *Reoffer)
	// Ended is called exactly once.
	Ended(end End)
}

// Describer is a [SessionHandler] that keeps its session description anyway. Of others
// the session keeps it, as a refresh by re-INVITE has to repeat it (RFC 4028 §7.4).
type Describer interface {
	// Description returns our session description in force, nil if there is none. It is
	// called on the shard.
	Description() []byte
}

// Session is a confirmed INVITE usage of a dialog.
type Session struct {
	// fixed after construction
	agent *Agent
	id    dialog.ID

	// owned by the shard
	handler SessionHandler
	d       *dialog.Dialog // nil if the peer gave up before the session was formed
	ended   bool
	unacked *confirmation  // our 2xx that waits for its ACK
	bye     []sipmsg.Field // fields of the BYE that waits for unacked; nil: none waits
	theirs  *Reoffer       // re-INVITE of the peer without final answer
	ours    *reinvite      // re-INVITE of ours under way or waiting
	x       *exchange      // nil like d
	pending *Incoming      // accepted, but the 2xx is held back
	timer   sessionTimer
	updates bool   // the peer says that it takes UPDATE
	balks   bool   // but it does not
	said    []byte // our session description, if the handler is no Describer
	parted  func() // the BYE was answered, or needs no answer; nil: nobody wants to know
}

// ID names the session's dialog.
func (s *Session) ID() dialog.ID { return s.id }

// Do runs f on the session's shard.
func (s *Session) Do(f func()) { s.agent.dl.Do(s.id.CallID, f) }

// Dialog returns the dialog, nil if it was never formed. Call it on the shard.
func (s *Session) Dialog() *dialog.Dialog { return s.d }

// Bye ends the session. The handler hears of it at once; the BYE itself, with fields
// added (Reason), leaves as soon as it may: not before the ACK to our 2xx, or 64·T1
// without one (RFC 3261 §15). [FOC-RMV-12]
func (s *Session) Bye(fields ...sipmsg.Field) {
	s.Do(func() { s.hangUp(End{Cause: LocalBye}, fields) })
}

// OnParting has f called, on the shard, when a BYE of ours was answered, got no answer,
// or turned out not to be needed. It is called before Bye; nil is for nobody.
func (s *Session) OnParting(f func()) {
	if f != nil {
		s.Do(func() { s.parted = f })
	}
}

// part tells that the peer needs no more waiting for.
func (s *Session) part() {
	if f := s.parted; f != nil {
		s.parted = nil
		f()
	}
}

func (s *Session) hangUp(end End, fields []sipmsg.Field) {
	if s.ended {
		s.part()
		return
	}
	s.finish(end)
	if in := s.pending; in != nil {
		in.refuse(&sip.Error{Status: 480}) // there was no 2xx yet
		s.part()
		return
	}
	if s.unacked != nil {
		s.bye = append([]sipmsg.Field{}, fields...)
		return
	}
	s.sendBye(fields)
}

func (s *Session) sendBye(fields []sipmsg.Field) {
	req := s.d.NewRequest(sipmsg.BYE)
	req.Header.Fields = append(req.Header.Fields, fields...)
	s.d.Send(req, dialog.Outcome(func(*sipmsg.Response, *sip.Error) {
		// RFC 3261 §15.1.1: whatever the answer is, and if none comes, it is over.
		s.d.Detach(s)
		s.part()
	}))
}

// finish tells the handler, once, and settles what is pending.
func (s *Session) finish(end End) {
	if s.ended {
		return
	}
	s.ended = true
	if r := s.theirs; r != nil {
		r.giveUp()
	}
	if o := s.ours; o != nil {
		o.abandon()
	}
	s.timer.timer.Stop()
	if s.x != nil {
		s.x.end()
	}
	h := s.handler
	h.Ended(end)
}

// Serve takes the requests of the session.
func (s *Session) Serve(tx *transaction.ServerTx) bool {
	switch tx.Request().Method {
	case sipmsg.BYE:
		s.hungUp(tx)
	case sipmsg.INVITE:
		s.reoffered(tx)
	case sipmsg.UPDATE:
		s.updated(tx)
	case sipmsg.PRACK:
		s.x.pracked(tx, s, s.handler.Reoffer)
	default:
		return false
	}
	return true
}

// hungUp answers the peer's BYE. It is never refused. [FOC-LVE-01]
func (s *Session) hungUp(tx *transaction.ServerTx) {
	if c := s.unacked; c != nil {
		// The ACK will not come any more, nor is our own BYE needed.
		c.stop()
		s.unacked, s.bye = nil, nil
	}
	s.d.Respond(tx, sipmsg.NewResponse(tx.Request(), 200, ""))
	s.finish(End{Cause: RemoteBye, Request: tx.Request()})
	s.d.Detach(s)
	s.part()
}

// lost ends the session because a request of ours got 408, 481 or no answer
// (RFC 3261 §12.2.1.2): one BYE, whose answer does not matter. [FOC-LVE-04]
func (s *Session) lost(err error) {
	s.hangUp(End{Cause: Lost, Err: err}, nil)
}

// Update sends an UPDATE (RFC 3311): with a complete session description, or without
// body to refresh the dialog. It leaves as soon as no other exchange is in progress.
// done is as for [Session.Reinvite]. Whether the peer takes UPDATE, [Session.Updates]
// tells.
func (s *Session) Update(offer Answer, done func(resp *sipmsg.Response, err error)) {
	s.Do(func() {
		if s.ended || s.x == nil {
			done(nil, ErrEnded)
			return
		}
		s.x.update(s, offer, done)
	})
}

// Updates tells whether the peer takes UPDATE (RFC 3311 §4). Call it on the shard.
func (s *Session) Updates() bool { return s.updates }

// updated takes an UPDATE of the peer.
func (s *Session) updated(tx *transaction.ServerTx) {
	if s.ended {
		dialog.Reply(tx, 481, "")
		return
	}
	s.x.updated(tx, s, s.handler.Reoffer)
}
