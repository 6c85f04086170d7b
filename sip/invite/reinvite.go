package invite

import (
	"errors"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// Errors of [Session.Reinvite] that no response stands for.
var (
	// ErrPending: another re-INVITE of ours is under way or waits.
	ErrPending = errors.New("invite: re-INVITE pending")
	// ErrEnded: the session is over.
	ErrEnded = errors.New("invite: session ended")
)

// reinvite is a re-INVITE of ours.
type reinvite struct {
	s       *Session
	offer   Answer
	done    func(*sipmsg.Response, error)
	running bool // sent, no final response yet
	backing bool // the timer is the back-off after 491
	backed  bool // there has been one
	attempt int
	order   order  // of its reliable provisional responses
	answer  []byte // that came in one of them
	tx      *transaction.ClientTx
	ack     *sipmsg.Request
	timer   wheel.Timer // back-off, or patience with the peer
}

// patience is how long a re-INVITE may stay without final answer after a provisional
// one, before it is cancelled.
const patience = 3 * time.Minute

// Reinvite sends a re-INVITE with a complete session description, or as soon as no
// other INVITE of the dialog is in progress (RFC 3261 §14.1). done gets the 2xx, which
// has been acknowledged, or the error: a *sip.Error for a response, after which the
// session stays as it was unless it was 408 or 481, [ErrPending], [ErrEnded]. After
// 491 one more attempt is made before done hears of it.
func (s *Session) Reinvite(offer Answer, done func(resp *sipmsg.Response, err error)) {
	s.Do(func() {
		switch {
		case s.ended:
			done(nil, ErrEnded)
		case s.ours != nil:
			done(nil, ErrPending)
		default:
			s.reinvite(offer, done)
		}
	})
}

func (s *Session) reinvite(offer Answer, done func(*sipmsg.Response, error)) {
	s.ours = &reinvite{s: s, offer: offer, done: done}
	s.next()
}

// next sends the re-INVITE that waits, if nothing stands in its way.
func (s *Session) next() {
	o := s.ours
	if o == nil || o.running || o.backing || s.ended || s.theirs != nil || s.unacked != nil || !s.x.idle() {
		return
	}
	o.send()
}

func (o *reinvite) send() {
	o.running = true
	o.s.x.open = us
	o.attempt++
	attempt, d := o.attempt, o.s.d
	if o.offer.Contact != "" {
		d.SetContact(o.offer.Contact)
	}
	req := d.NewRequest(sipmsg.INVITE)
	req.Header.Fields = append(req.Header.Fields, o.s.agent.fields...)
	req.Header.Fields = append(req.Header.Fields, o.offer.Fields...)
	req.Header.Fields = o.s.timer.ask(req.Header.Fields)
	o.order, o.answer = order{}, nil
	if len(o.offer.Body) > 0 {
		req.Header.Add("Content-Type", o.offer.contentType())
		req.Body = o.offer.Body
	}
	o.s.agent.dl.After(o.s.id.CallID, &o.timer, patience, o.cancel)
	d.SendInvite(req, transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, _ transport.Source) { o.response(resp) },
		End: func(err error) {
			if attempt != o.attempt {
				return // what absorbed the repetitions of the 491
			}
			if o.running {
				o.fail(dialog.Failure(err))
			}
			o.ack, o.tx = nil, nil
		},
	}, func(tx *transaction.ClientTx) {
		o.tx = tx
		if !o.running {
			tx.Cancel() // abandoned meanwhile
		}
	})
}

// cancel gives a re-INVITE up that the peer does not answer; otherwise its transaction
// might last for ever.
func (o *reinvite) cancel() {
	if o.tx != nil {
		o.tx.Cancel()
	}
}

func (o *reinvite) response(resp *sipmsg.Response) {
	switch {
	case resp.Status < 200:
		o.progress(resp)
	case resp.Status < 300:
		if o.ack == nil {
			cseq, _ := resp.Header.CSeq() // not that of the first sending if it was challenged
			o.ack = o.s.d.NewAck(cseq.Seq)
		}
		o.s.d.SendAck(o.ack) // for every repetition too
		if o.running {
			o.success(resp)
		}
	case o.running && resp.Status == 422 && !o.s.ended && o.attempt < maxTries &&
		o.s.timer.raise(sip.FromResponse(resp), o.s.agent.longest()):
		o.running, o.s.x.open = false, nobody
		o.s.next() // [TMR-02]
	case resp.Status == 491 && !o.backed && o.running && !o.s.ended:
		o.running, o.backing, o.backed, o.s.x.open = false, true, true, nobody
		o.s.agent.dl.After(o.s.id.CallID, &o.timer, backOff(o.s.d.OwnsCallID()), func() {
			o.backing = false
			o.s.next()
		})
	case o.running:
		o.fail(sip.FromResponse(resp))
	}
}

// progress acknowledges a reliable provisional response. A session description in it is
// the answer (RFC 3262 §5).
func (o *reinvite) progress(resp *sipmsg.Response) {
	if !reliable(resp) || !o.order.next(resp) || !o.running {
		return
	}
	if len(resp.Body) > 0 && o.answer == nil {
		o.answer, o.s.x.open = resp.Body, nobody
	}
	o.s.x.prack(resp, Answer{})
}

func (o *reinvite) success(resp *sipmsg.Response) {
	if len(resp.Body) == 0 && o.answer != nil {
		again := *resp
		again.Body = o.answer
		resp = &again
	}
	o.s.agreed(&resp.Header)
	o.s.described(o.offer.Body)
	o.settle(resp, nil)
	o.s.x.proceed()
}

// fail ends the attempt; 408, 481 and silence end the session too (RFC 3261 §14.1).
func (o *reinvite) fail(err *sip.Error) {
	o.settle(nil, err)
	if err.Status == 408 || err.Status == 481 {
		o.s.lost(err) // [FOC-MOD-03]
	}
	o.s.x.proceed()
}

func (o *reinvite) settle(resp *sipmsg.Response, err error) {
	if o.running && o.answer == nil {
		o.s.x.open = nobody
	}
	o.running = false
	o.timer.Stop()
	if o.s.ours == o {
		o.s.ours = nil
	}
	if done := o.done; done != nil {
		o.done = nil
		done(resp, err)
	}
}

// abandon tells the caller that the session is over. A transaction under way is
// cancelled; if it brings a 2xx nevertheless that is acknowledged.
func (o *reinvite) abandon() {
	o.cancel()
	o.settle(nil, ErrEnded)
}
