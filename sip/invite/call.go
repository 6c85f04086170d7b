package invite

import (
	"slices"
	"strconv"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// CallHandler hears what becomes of an INVITE of ours. It is called on the shard of
// the Call-ID and must not block. Exactly one of Answered and Failed is called.
type CallHandler interface {
	// Progress is called for each response from 101 to 199, except that a 199 ends
	// its early dialog.
	Progress(resp *sipmsg.Response)
	// Answered is called for the first 2xx. answer is the session description that
	// counts: the first one received in the dialog, even in a provisional response
	// (RFC 3261 §13.2.1). It returns who hears about the session from now on, and the
	// answer that goes into the ACK if the 2xx made the offer.
	Answered(s *Session, resp *sipmsg.Response, answer []byte) (SessionHandler, Answer)
	// Failed is called with a *sip.Error: the final response, 408 for none within
	// Timer B, 503 for a failing transport, 487 if the callee hung up before we heard of
	// its answer. After [Call.Cancel], and when nobody has answered within the ring time,
	// it is 487 too, whatever ends the INVITE without a final response: 64*T1 after the
	// CANCEL, or Timer B and the transport where no response let a CANCEL leave.
	Failed(err error)
}

// EarlyHandler is implemented by a [CallHandler] that takes part in what is negotiated
// before the 2xx. It is called like that.
type EarlyHandler interface {
	// EarlyAnswer is called for the first session description of a branch in a reliable
	// provisional response, before Progress. If the INVITE had no offer the description
	// is one, and what is returned goes into the PRACK as its answer.
	EarlyAnswer(b *Branch, resp *sipmsg.Response) Answer
	// EarlyOffer is called for an UPDATE with an offer in an early dialog. Where there is
	// no EarlyHandler it is refused with 488.
	EarlyOffer(b *Branch, r *Reoffer)
}

// Call is an INVITE of ours and the dialogs that grow from it.
type Call struct {
	// fixed after construction
	agent   *Agent
	origin  *dialog.Origin
	handler CallHandler
	offer   bool // the INVITE carries the offer

	// owned by the shard
	tx     *transaction.ClientTx // nil until sent
	reason []sipmsg.Field        // of the CANCEL
	cancel bool                  // Cancel was called
	done   bool                  // the handler has been told
	forks  []*Branch
	tries  int
	timer  sessionTimer // what was learned before there is a dialog
	ring   wheel.Timer
}

// Invite sends an INVITE. out.Method is set; out.Contact must be there.
func (a *Agent) Invite(out dialog.Outgoing, h CallHandler) *Call {
	out.Method = sipmsg.INVITE
	out.Fields = append(a.announced(out.Fields), out.Fields...)
	if len(out.Body) > 0 && out.ContentType == "" {
		out.ContentType = sdpType
	}
	ring, fields := a.ringTime(out.Fields)
	out.Fields = fields
	c := &Call{agent: a, origin: a.dl.Originate(out), handler: h, offer: len(out.Body) > 0}
	c.origin.Receive = c.stray
	c.origin.Do(func() {
		if ring > 0 {
			a.dl.After(c.CallID(), &c.ring, ring, func() {
				c.giveUp([]sipmsg.Field{{Name: "Reason", Value: "SIP;cause=408"}}) // [FOC-OUT-20]
			})
		}
		c.send()
	})
	return c
}

// announced returns what goes into every INVITE, but for fields that this one has.
func (a *Agent) announced(own []sipmsg.Field) []sipmsg.Field {
	h := sipmsg.Header{Fields: own}
	return slices.DeleteFunc(slices.Clone(a.fields), func(f sipmsg.Field) bool { return h.Has(f.Name) })
}

// ringTime returns how long an INVITE may stay without final answer, and its fields with
// an Expires that says so (RFC 3261 §13.2.1). [FOC-OUT-13]
func (a *Agent) ringTime(fields []sipmsg.Field) (time.Duration, []sipmsg.Field) {
	h := sipmsg.Header{Fields: fields}
	if n, ok := h.Expires(); ok && n > 0 {
		return time.Duration(n) * time.Second, fields
	}
	if a.cfg.Ring < 0 {
		return 0, fields
	}
	return a.cfg.Ring, append(fields, sipmsg.Field{
		Name: "Expires", Value: strconv.FormatUint(uint64(seconds(a.cfg.Ring)), 10),
	})
}

// CallID returns the Call-ID.
func (c *Call) CallID() string { return c.origin.CallID() }

// Began tells whether a dialog belongs to the call. It may be called from any goroutine.
func (c *Call) Began(id dialog.ID) bool {
	return id.CallID == c.origin.CallID() && id.Local == c.origin.Tag()
}

func (c *Call) send() {
	if c.done {
		return
	}
	c.tries++
	n := c.tries
	c.origin.Send(transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, src transport.Source) {
			if n == c.tries {
				c.response(resp, src)
			}
		},
		End: func(err error) {
			if n == c.tries {
				c.end(err)
			}
		},
	}, func(tx *transaction.ClientTx) {
		c.tx = tx
		if c.cancel {
			tx.Cancel(c.reason...)
		}
	}, c.interval()...)
}

// interval asks for a session timer. [TMR-01]
func (c *Call) interval() []sipmsg.Field {
	cfg := &c.agent.cfg
	if cfg.SessionExpires < 0 {
		return nil
	}
	se := sipmsg.SessionExpires{Seconds: max(seconds(cfg.SessionExpires), c.timer.minSE)}
	fields := []sipmsg.Field{{Name: "Session-Expires", Value: se.String()}}
	if c.timer.minSE > 0 {
		fields = append(fields, sipmsg.Field{Name: "Min-SE", Value: strconv.FormatUint(uint64(c.timer.minSE), 10)})
	}
	return fields
}

// longer tries again after 422 with the interval that it asks for (RFC 4028 §7.3).
// [TMR-02]
func (c *Call) longer(resp *sipmsg.Response) bool {
	if c.done || c.cancel || c.tries >= maxTries || !c.timer.raise(sip.FromResponse(resp), c.agent.longest()) {
		return false
	}
	c.detach()
	c.send()
	return true
}

// maxTries is how often an INVITE or a re-INVITE is sent that is answered 422 by one after
// the other.
const maxTries = 8

// Cancel gives the call up. The CANCEL, with fields added (Reason), leaves once a
// provisional response is there (RFC 3261 §9.1); a 2xx that crosses it is
// acknowledged and ended with BYE. After the first 2xx Cancel does nothing: use
// [Session.Bye]. [FOC-OUT-13] [PAR-LVE-03]
func (c *Call) Cancel(fields ...sipmsg.Field) {
	c.origin.Do(func() { c.giveUp(fields) })
}

func (c *Call) giveUp(fields []sipmsg.Field) {
	if c.done || c.cancel {
		return
	}
	c.cancel, c.reason = true, fields
	c.origin.Abandon()
	if c.tx != nil {
		c.tx.Cancel(fields...)
	}
}

func (c *Call) response(resp *sipmsg.Response, src transport.Source) {
	switch {
	case resp.Status == 100:
	case resp.Status < 200:
		c.progress(resp, src)
	case resp.Status < 300:
		c.success(resp, src)
	case resp.Status == 422 && c.longer(resp):
	default:
		c.fail(sip.FromResponse(resp))
		c.close()
	}
}

func (c *Call) progress(resp *sipmsg.Response, src transport.Source) {
	if c.done {
		return
	}
	f := c.fork(resp, src)
	if f != nil && !c.acknowledge(f, resp) {
		return
	}
	if f != nil && resp.Status == 199 {
		c.drop(f) // RFC 6228 §4: just this early dialog. [FOC-OUT-18]
		return
	}
	if f != nil {
		f.note(resp)
	}
	c.handler.Progress(resp)
}

// acknowledge sends PRACK where it is asked for, and reports whether the response is to
// be looked at: one that is repeated or too early is not. [FOC-OUT-07]
func (c *Call) acknowledge(f *Branch, resp *sipmsg.Response) bool {
	if !reliable(resp) {
		return true
	}
	if !f.order.next(resp) {
		return false
	}
	f.note(resp)
	var answer Answer
	early, takesPart := c.handler.(EarlyHandler)
	if len(resp.Body) > 0 && !f.x.settled {
		f.x.settle()
		if takesPart {
			f.x.pracks++ // what the handler sends waits for the PRACK
			answer = early.EarlyAnswer(f, resp)
			f.x.pracks--
		}
	}
	f.x.prack(resp, answer)
	return true
}

// earlyOffer is who answers an offer of a branch.
func (c *Call) earlyOffer(f *Branch) func(*Reoffer) {
	early, ok := c.handler.(EarlyHandler)
	if !ok {
		return nil
	}
	return func(r *Reoffer) { early.EarlyOffer(f, r) }
}

// success acknowledges every 2xx. The first answers the call; what another branch
// answers later, or after Cancel, is ended again. [FOC-OUT-10]
func (c *Call) success(resp *sipmsg.Response, src transport.Source) {
	f := c.fork(resp, src)
	if f == nil {
		c.agent.cfg.Log.Warn("unusable 2xx to INVITE", "call_id", c.CallID())
		return
	}
	if f.ack != nil {
		f.d.SendAck(f.ack) // a repeated 2xx. [FOC-OUT-08]
		return
	}
	f.ack = f.d.NewAck(c.origin.Seq())
	f.ack.Header.Fields = append(f.ack.Header.Fields, c.origin.Credentials()...)
	if c.done || c.cancel || f.gone {
		c.surplus(f)
		return
	}
	c.answered(f, resp)
}

func (c *Call) answered(f *Branch, resp *sipmsg.Response) {
	f.note(resp)
	c.done = true
	c.ring.Stop()
	s := &Session{agent: c.agent, id: f.d.ID(), d: f.d, x: f.x, updates: f.allows}
	f.d.Replace(f, s)
	f.x.settle()
	f.x.free = s.next
	if u := f.x.ours; u != nil {
		u.s = s
	}
	s.agreed(&resp.Header)
	var ack Answer
	s.handler, ack = c.handler.Answered(s, resp, f.answer)
	if c.offer {
		s.described(c.origin.Body())
	}
	f.ack.Header.Fields = append(f.ack.Header.Fields, ack.Fields...)
	if len(ack.Body) > 0 {
		f.ack.Header.Add("Content-Type", ack.contentType())
		f.ack.Body = ack.Body
		s.described(ack.Body)
	}
	f.d.SendAck(f.ack)
	f.x.proceed()
}

// surplus acknowledges a 2xx that nobody wants, and hangs up.
func (c *Call) surplus(f *Branch) {
	f.d.SendAck(f.ack)
	if !f.gone {
		bye := f.d.NewRequest(sipmsg.BYE)
		bye.Header.Fields = append(bye.Header.Fields, c.reason...)
		f.d.Send(bye, transaction.ClientEvents{})
	}
	if c.cancel || f.gone {
		c.fail(&sip.Error{Status: 487})
	}
}

// fail tells the handler that there will be no session.
func (c *Call) fail(err *sip.Error) {
	if c.done {
		return
	}
	c.done = true
	c.ring.Stop()
	c.handler.Failed(err)
}

// end is the end of the transaction, at the latest 64·T1 after the first 2xx.
func (c *Call) end(err error) {
	c.fail(c.failure(err))
	c.close()
}

// close ends the early dialogs that no 2xx has confirmed. [FOC-OUT-18]
func (c *Call) close() {
	c.origin.Close()
	c.detach()
	c.tx = nil
}

func (c *Call) detach() {
	for _, f := range c.forks {
		if f.d.Serves(f) {
			f.end()
		}
	}
	c.forks = nil
}

func (c *Call) failure(err error) *sip.Error {
	if c.cancel {
		return &sip.Error{Status: 487}
	}
	return dialog.Failure(err)
}
