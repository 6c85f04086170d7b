package invite

import (
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
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
	// answer that goes into the ACK if the INVITE had no offer.
	Answered(s *Session, resp *sipmsg.Response, answer []byte) (SessionHandler, Answer)
	// Failed is called with a *sip.Error: the final response, 408 for none within
	// Timer B, 503 for a failing transport, 487 after [Call.Cancel] or if the callee
	// hung up before we heard of its answer.
	Failed(err error)
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
	forks  []*fork
}

// Invite sends an INVITE. out.Method is set; out.Contact must be there.
func (a *Agent) Invite(out dialog.Outgoing, h CallHandler) *Call {
	out.Method = sipmsg.INVITE
	out.Fields = append(append([]sipmsg.Field(nil), a.fields...), out.Fields...)
	if len(out.Body) > 0 && out.ContentType == "" {
		out.ContentType = sdpType
	}
	c := &Call{agent: a, origin: a.dl.Originate(out), handler: h, offer: len(out.Body) > 0}
	c.origin.Receive = c.stray
	c.origin.Do(c.send)
	return c
}

// CallID returns the Call-ID.
func (c *Call) CallID() string { return c.origin.CallID() }

func (c *Call) send() {
	if c.done {
		return
	}
	c.origin.Send(transaction.ClientEvents{Response: c.response, End: c.end}, func(tx *transaction.ClientTx) {
		c.tx = tx
		if c.cancel {
			tx.Cancel(c.reason...)
		}
	})
}

// Cancel gives the call up. The CANCEL, with fields added (Reason), leaves once a
// provisional response is there (RFC 3261 §9.1); a 2xx that crosses it is
// acknowledged and ended with BYE. After the first 2xx Cancel does nothing: use
// [Session.Bye]. [FOC-OUT-13] [PAR-LVE-03]
func (c *Call) Cancel(fields ...sipmsg.Field) {
	c.origin.Do(func() {
		if c.done || c.cancel {
			return
		}
		c.cancel, c.reason = true, fields
		c.origin.Abandon()
		if c.tx != nil {
			c.tx.Cancel(fields...)
		}
	})
}

func (c *Call) response(resp *sipmsg.Response, src transport.Source) {
	switch {
	case resp.Status == 100:
	case resp.Status < 200:
		c.progress(resp, src)
	case resp.Status < 300:
		c.success(resp, src)
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
	if f != nil && resp.Status == 199 {
		c.drop(f) // RFC 6228 §4: just this early dialog. [FOC-OUT-18]
		return
	}
	if f != nil {
		f.note(resp)
	}
	c.handler.Progress(resp)
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

func (c *Call) answered(f *fork, resp *sipmsg.Response) {
	f.note(resp)
	c.done = true
	s := &Session{agent: c.agent, id: f.d.ID(), d: f.d}
	f.d.Replace(f, s)
	var ack Answer
	s.handler, ack = c.handler.Answered(s, resp, f.answer)
	f.ack.Header.Fields = append(f.ack.Header.Fields, ack.Fields...)
	if len(ack.Body) > 0 {
		f.ack.Header.Add("Content-Type", ack.contentType())
		f.ack.Body = ack.Body
	}
	f.d.SendAck(f.ack)
}

// surplus acknowledges a 2xx that nobody wants, and hangs up.
func (c *Call) surplus(f *fork) {
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
	for _, f := range c.forks {
		f.d.Detach(f)
	}
	c.forks, c.tx = nil, nil
}

func (c *Call) failure(err error) *sip.Error {
	if c.cancel {
		return &sip.Error{Status: 487}
	}
	return dialog.Failure(err)
}
