package event

import (
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Incoming is a SUBSCRIBE that asks for a new subscription. Exactly one of Accept and
// Reject takes effect. It should be answered within a second or two: a subscriber
// cannot cancel it, and there is no 202 any more (RFC 6665 §8.3.1). [NOT-SUB-03]
type Incoming struct {
	// fixed after construction
	agent   *Agent
	tx      *transaction.ServerTx
	pkg     *Package
	event   sipmsg.Event
	granted uint32
	found   any

	owner string // set before an answer

	done bool // owned by the shard
}

// subscribe takes a SUBSCRIBE outside any dialog.
func (a *Agent) subscribe(tx *transaction.ServerTx) {
	req := tx.Request()
	if len(req.Header.Values("Event")) > 1 {
		dialog.Reply(tx, 400, "Bad Event")
		return
	}
	ev, err := req.Header.Event()
	pkg := a.find(ev.Package)
	var found any
	if a.cfg.Screen != nil && (err != nil || !pkg.owns(req.URI)) {
		var refused *sip.Error
		if found, refused = a.cfg.Screen(req, tx.Source()); refused != nil {
			tx.Respond(refused.Response(req))
			return
		}
	}
	if err != nil || pkg == nil {
		a.badEvent(tx)
		return
	}
	granted, tooBrief := pkg.grant(&req.Header)
	if tooBrief != nil {
		tx.Respond(tooBrief.Response(req))
		return
	}
	pkg.Notifier.Subscribe(&Incoming{agent: a, tx: tx, pkg: pkg, event: ev, granted: granted, found: found})
}

// Request returns the SUBSCRIBE.
func (in *Incoming) Request() *sipmsg.Request { return in.tx.Request() }

// Source tells where it came from.
func (in *Incoming) Source() transport.Source { return in.tx.Source() }

// Screened returns what [Config.Screen] found, nil without one.
func (in *Incoming) Screened() any { return in.found }

// Fault returns 420 if the SUBSCRIBE requires an extension that is not there, 415 if it has
// a body that is not understood, and 400 if no dialog can be made of it, else nil. Filters (RFC 4660) are, in that they are
// ignored. It is for the notifier to find the time for it: after the right of the
// subscriber. [COM-06] [COM-07] [NOT-SUB-11] [IDN-09]
func (in *Incoming) Fault() *sip.Error {
	req := in.Request()
	if err := in.agent.dl.Unsupported(req); err != nil {
		return err
	}
	if _, err := sip.Body(&req.Header, req.Body, "", filterType); err != nil {
		return err
	}
	return dialog.Formable(req)
}

// filterType is that of the filters of RFC 4661.
const filterType = "application/simple-filter+xml"

// Own tells who the subscriber has proved to be, where From may hide it; see
// [dialog.Dialog.Own]. It must be called before Accept.
func (in *Incoming) Own(subscriber string) { in.owner = subscriber }

// Event returns the package and its parameters.
func (in *Incoming) Event() sipmsg.Event { return in.event }

// Expires returns the seconds that the subscription will last; 0 for a fetch.
func (in *Incoming) Expires() uint32 { return in.granted }

// Fetch tells whether the peer wants the state once and no subscription
// (RFC 6665 §4.4.3).
func (in *Incoming) Fetch() bool { return in.granted == 0 }

// Reject answers with a final error.
func (in *Incoming) Reject(e *sip.Error) {
	in.agent.dl.Do(in.Request().Header.CallID(), func() { in.refuse(e) })
}

func (in *Incoming) refuse(e *sip.Error) {
	if in.done {
		return
	}
	in.done = true
	in.tx.Respond(e.Response(in.Request()))
}

// Accept answers with 200 and sends the first NOTIFY, for which feed is asked at once.
// contact is our Contact value, empty for the address that the SUBSCRIBE came in on;
// fields go into the 200. A fetch ends with that NOTIFY. If no dialog can be made of
// the request, or it has a [Incoming.Fault], it is refused, and feed hears only of the end.
func (in *Incoming) Accept(feed Feed, contact string, fields ...sipmsg.Field) *Subscription {
	s := in.subscription(feed)
	in.agent.dl.Do(s.callID, func() { in.accept(s, contact, "", fields) })
	return s
}

// Tell is Accept where what is watched is over: the first NOTIFY ends the subscription,
// with that reason.
func (in *Incoming) Tell(feed Feed, r Reason, contact string, fields ...sipmsg.Field) {
	s := in.subscription(feed)
	in.agent.dl.Do(s.callID, func() { in.accept(s, contact, r, fields) })
}

// subscription returns a new one. Copies: it must not keep the SUBSCRIBE in memory.
func (in *Incoming) subscription(feed Feed) *Subscription {
	return &Subscription{
		agent: in.agent, callID: strings.Clone(in.Request().Header.CallID()), pkg: in.pkg,
		event: strings.Clone(in.event.String()), feed: feed,
	}
}

// accept makes the subscription; over, if not empty, ends it with its first NOTIFY.
func (in *Incoming) accept(s *Subscription, contact string, over Reason, fields []sipmsg.Field) {
	if in.done {
		s.finish(Termination{})
		return
	}
	d, e := in.dialog(contact)
	if e != nil {
		in.refuse(e)
		s.finish(Termination{Err: e})
		return
	}
	in.done = true
	d.Own(in.owner)
	s.d = d
	d.Attach(s)
	if over != "" {
		s.grant(in.tx, in.granted, fields)
		s.end(Termination{Reason: over})
		return
	}
	s.answer(in.tx, in.granted, fields)
}

// dialog makes the dialog of the subscription.
func (in *Incoming) dialog(contact string) (*dialog.Dialog, *sip.Error) {
	if fault := in.Fault(); fault != nil {
		return nil, fault
	}
	d, err := in.agent.dl.Accept(in.tx, contact)
	if err != nil {
		return nil, sip.AsError(err)
	}
	return d, nil
}

// grant sends the 200.
func (s *Subscription) grant(tx *transaction.ServerTx, granted uint32, fields []sipmsg.Field) {
	resp := sipmsg.NewResponse(tx.Request(), 200, "")
	resp.Header.Add("Expires", strconv.FormatUint(uint64(granted), 10))
	resp.Header.Fields = append(resp.Header.Fields, fields...)
	s.d.Respond(tx, resp)
	s.full = true
}

// answer sends the 200 and the NOTIFY that follows every one (RFC 6665 §4.2.1.2).
// [NOT-NFY-01]
func (s *Subscription) answer(tx *transaction.ServerTx, granted uint32, fields []sipmsg.Field) {
	s.grant(tx, granted, fields)
	if granted == 0 {
		s.end(Termination{Reason: Timeout}) // [NOT-SUB-06] [NOT-SUB-09]
		return
	}
	s.extend(granted)
	s.must = true
	s.pump()
}
