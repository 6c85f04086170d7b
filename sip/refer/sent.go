package refer

import (
	"strconv"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/wheel"
)

// Watcher hears what comes of a REFER of ours. It is called on the shard of the Call-ID
// and must not block. [Watch] is one that does nothing.
type Watcher interface {
	// Accepted is called with the 2xx, which says only that the receiver will try.
	Accepted(resp *sipmsg.Response)
	// Progress is called with each status that the receiver reports, maybe before
	// Accepted, 100 and the final one included.
	Progress(status int, reason string)
	// Ended is called exactly once and last.
	Ended(o Outcome)
}

// Outcome is what came of a REFER.
type Outcome struct {
	// Err is set if the REFER itself was refused or got no answer: a *sip.Error.
	Err error
	// Status and Reason are the last that was reported. 0 means that nothing was,
	// because it was not to be, or because the receiver broke off.
	Status int
	Reason string
}

// Sent is a REFER of ours. [PAR-REF-03]
type Sent struct {
	// fixed after construction
	agent   *Agent
	callID  string
	watcher Watcher
	never   bool                             // nothing will be reported
	origin  *dialog.Origin                   // nil inside a dialog
	ask     func(sipmsg.URI) dialog.Outgoing // nil: the receiver reports by itself

	// owned by the shard
	reports  []*reports // from each who took the request, if it forked
	inquiry  *event.Watch
	answered bool
	outcome  Outcome
	wait     wheel.Timer // Timer N
	over     bool
}

// Refer sends a REFER outside any dialog. out.Method, Body and ContentType are set;
// out.Contact must be there. [PAR-REF-01]
func (a *Agent) Refer(out dialog.Outgoing, o Order, w Watcher) *Sent {
	o.into(&out)
	s := &Sent{agent: a, watcher: w, origin: a.dl.Originate(out), never: o.Never, ask: o.explicit()}
	s.callID = s.origin.CallID()
	s.origin.Receive = s.first
	s.origin.Do(func() { s.origin.Send(s.events(), func(*transaction.ClientTx) {}) })
	return s
}

// ReferInside sends a REFER inside a dialog.
func (a *Agent) ReferInside(d *dialog.Dialog, o Order, w Watcher) *Sent {
	s := &Sent{agent: a, callID: d.ID().CallID, watcher: w, never: o.Never, ask: o.explicit()}
	d.Do(func() {
		if d.State() == dialog.Ended {
			s.end(&sip.Error{Status: 481})
			return
		}
		req := d.NewRequest(sipmsg.REFER)
		fields, body := o.compose()
		req.Header.Fields = append(req.Header.Fields, fields...)
		req.Body = body
		if !s.never && s.ask == nil {
			cseq, _ := req.Header.CSeq()
			r := &reports{sent: s, d: d, inside: true, first: cseq.Seq}
			s.reports = append(s.reports, r)
			d.Attach(r)
		}
		d.Send(req, s.events())
	})
	return s
}

// Close says that nobody wants to know any more: the watcher hears of the end at once,
// and further NOTIFYs are refused.
func (s *Sent) Close() {
	s.agent.dl.Do(s.callID, func() {
		if s.answered {
			s.end(nil)
			return
		}
		s.end(&sip.Error{Status: 487})
	})
}

// first takes the NOTIFY that makes the dialog of the reports, which may overtake the
// 202. If the REFER forked, each who took it has one. [PAR-REF-03]
func (s *Sent) first(tx *transaction.ServerTx) bool {
	if tx.Request().Method != sipmsg.NOTIFY || s.over {
		return false
	}
	if ev, err := tx.Request().Header.Event(); err != nil || ev.Package != packageName {
		return false
	}
	if _, err := tx.Request().Header.SubscriptionState(); err != nil {
		dialog.Reply(tx, 400, "Bad Subscription-State")
		return true
	}
	d, refused := s.origin.Adopt(tx)
	if refused != nil {
		tx.Respond(refused.Response(tx.Request()))
		return true
	}
	r := &reports{sent: s, d: d}
	s.reports = append(s.reports, r)
	d.Attach(r)
	r.Serve(tx)
	return true
}

// events connects the REFER with what waits for its end.
func (s *Sent) events() transaction.ClientEvents {
	return dialog.Outcome(func(resp *sipmsg.Response, err *sip.Error) {
		switch {
		case s.over:
		case err != nil:
			s.end(err)
		default:
			s.accepted(resp)
		}
	})
}

// accepted acts on the 2xx; 200 and 202 are the same. Without Refer-Sub: false in it
// there will be reports, also if none were wanted. [PAR-REF-03] [PAR-REF-04]
func (s *Sent) accepted(resp *sipmsg.Response) {
	s.answered = true
	if cseq, err := resp.Header.CSeq(); err == nil {
		for _, r := range s.reports {
			r.id = strconv.FormatUint(uint64(cseq.Seq), 10)
		}
	}
	s.watcher.Accepted(resp)
	if s.ask != nil {
		s.inquire(&resp.Header)
		return
	}
	if s.never || noSubscription(&resp.Header) {
		s.end(nil)
		return
	}
	s.agent.dl.After(s.callID, &s.wait, 64*s.agent.cfg.T1, s.unheard)
	s.check()
}

// unheard: nobody has reported within Timer N (RFC 6665 §4.1.2.4).
func (s *Sent) unheard() {
	for _, r := range s.reports {
		if r.heard {
			return
		}
	}
	s.end(nil)
}

// check ends it when the last report has come.
func (s *Sent) check() {
	if !s.answered || len(s.reports) == 0 {
		return
	}
	for _, r := range s.reports {
		if !r.over {
			return
		}
	}
	s.end(nil)
}

// end tells the watcher and forgets everything.
func (s *Sent) end(err *sip.Error) {
	if s.over {
		return
	}
	s.over = true
	s.wait.Stop()
	for _, r := range s.reports {
		r.close()
	}
	if s.origin != nil {
		s.origin.Close()
	}
	if s.inquiry != nil {
		s.inquiry.Unsubscribe()
	}
	if err != nil {
		s.outcome.Err = err
	}
	s.watcher.Ended(s.outcome)
}

// Watch is a [Watcher] that does nothing, to embed.
type Watch struct{}

// Accepted implements [Watcher].
func (Watch) Accepted(*sipmsg.Response) {}

// Progress implements [Watcher].
func (Watch) Progress(int, string) {}

// Ended implements [Watcher].
func (Watch) Ended(Outcome) {}
