package event

import (
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/wheel"
)

// Interest says what to subscribe to.
type Interest struct {
	// Event is the package; ID, if not empty, its id parameter.
	Event, ID string
	// Accept lists the media types that a NOTIFY may carry; empty leaves the field out.
	Accept []string
	// Expires is the duration asked for, in seconds; 0 fetches the state once.
	Expires uint32
}

// Watcher hears about a subscription of ours. It is called on the shard of the
// Call-ID and must not block.
type Watcher interface {
	// Notified is called for each NOTIFY, the final one included, after it has been
	// answered.
	Notified(n Notification)
	// Ended is called exactly once and last.
	Ended(t Termination)
}

// Examiner is a Watcher that reads the body of a NOTIFY before it is answered.
type Examiner interface {
	// Examine returns the error that answers a NOTIFY whose body is no good; Notified
	// is not called for it then, but what its Subscription-State says holds.
	Examine(notify *sipmsg.Request) *sip.Error
}

// Notification is what a NOTIFY said.
type Notification struct {
	// State is the Subscription-State.
	State sipmsg.SubscriptionState
	// Request is the NOTIFY.
	Request *sipmsg.Request
}

// Watch is a subscription of ours.
type Watch struct {
	// fixed after construction
	agent    *Agent
	interest Interest
	watcher  Watcher
	origin   *dialog.Origin

	// owned by the shard
	d       *dialog.Dialog // from the first NOTIFY on
	asked   uint32         // duration in the next SUBSCRIBE, seconds
	tries   int            // SUBSCRIBEs answered 423 in a row
	expires time.Time
	told    bool // a NOTIFY has said it since the last SUBSCRIBE
	quit    bool // Unsubscribe was called, or a fetch
	busy    bool // a SUBSCRIBE is open
	again   bool // another one is wanted after it
	over    bool
	notify  wheel.Timer // Timer N
	refresh wheel.Timer
	due     bool // refresh is armed
	expiry  wheel.Timer
}

// Subscribe sends a SUBSCRIBE. out.Method is set; out.Contact must be there.
func (a *Agent) Subscribe(out dialog.Outgoing, i Interest, w Watcher) *Watch {
	out.Method = sipmsg.SUBSCRIBE
	out.Fields = append(i.fields(), out.Fields...)
	s := &Watch{
		agent: a, interest: i, watcher: w, origin: a.dl.Originate(out),
		asked: i.Expires, quit: i.Expires == 0,
	}
	s.origin.Receive = s.first
	s.origin.Do(s.begin)
	return s
}

func (i *Interest) fields() []sipmsg.Field {
	ev := i.Event
	if i.ID != "" {
		ev += ";id=" + i.ID
	}
	fields := []sipmsg.Field{{Name: "Event", Value: ev}}
	if len(i.Accept) > 0 {
		fields = append(fields, sipmsg.Field{Name: "Accept", Value: strings.Join(i.Accept, ", ")})
	}
	return fields
}

// CallID returns the Call-ID.
func (w *Watch) CallID() string { return w.origin.CallID() }

// Do runs f on the shard of the Call-ID.
func (w *Watch) Do(f func()) { w.origin.Do(f) }

// Dialog returns the dialog, nil before the first NOTIFY. Call it on the shard.
func (w *Watch) Dialog() *dialog.Dialog { return w.d }

// Refresh asks for the whole state, and a new duration, before it is due.
func (w *Watch) Refresh() {
	w.Do(func() {
		if !w.quit {
			w.resubscribe()
		}
	})
}

// Unsubscribe ends the subscription. The watcher gets the final NOTIFY and then
// hears that it is over, at the latest after 64·T1.
func (w *Watch) Unsubscribe() {
	w.Do(func() {
		if w.over || w.quit {
			return
		}
		w.quit, w.asked = true, 0
		w.refresh.Stop()
		w.resubscribe()
	})
}

// begin sends the initial SUBSCRIBE.
func (w *Watch) begin() {
	w.busy = true
	w.awaitNotify()
	w.origin.Send(w.events(), func(*transaction.ClientTx) {}, w.expiresField())
}

// resubscribe sends a SUBSCRIBE inside the dialog, or as soon as there is one.
func (w *Watch) resubscribe() {
	if w.over {
		return
	}
	if w.busy || w.d == nil {
		w.again = true
		return
	}
	w.again, w.busy = false, true
	w.awaitNotify()
	req := w.d.NewRequest(sipmsg.SUBSCRIBE)
	req.Header.Fields = append(req.Header.Fields, w.interest.fields()...)
	f := w.expiresField()
	req.Header.Add(f.Name, f.Value)
	w.d.Send(req, w.events())
}

func (w *Watch) expiresField() sipmsg.Field {
	return sipmsg.Field{Name: "Expires", Value: strconv.FormatUint(uint64(w.asked), 10)}
}

// events connects a SUBSCRIBE transaction to the watch.
func (w *Watch) events() transaction.ClientEvents {
	return dialog.Outcome(func(resp *sipmsg.Response, err *sip.Error) {
		w.busy = false
		if err != nil {
			w.refused(err)
		} else {
			w.answered(resp)
		}
		if w.again {
			w.resubscribe()
		}
	})
}

// awaitNotify starts Timer N: a SUBSCRIBE that no NOTIFY follows has failed, whatever
// its answer was (RFC 6665 §4.1.2.4). [PAR-SUB-03]
func (w *Watch) awaitNotify() {
	w.told = false
	w.agent.dl.After(w.CallID(), &w.notify, w.agent.cfg.timerN(), func() {
		w.end(Termination{Err: &sip.Error{Status: 408, Reason: "No NOTIFY"}})
	})
}

// answered acts on the 2xx to a SUBSCRIBE. 202 is the same as 200.
// [PAR-SUB-04]
func (w *Watch) answered(resp *sipmsg.Response) {
	if w.over {
		return
	}
	w.tries = 0
	// The expires of a NOTIFY counts more, also one that came before. [PAR-SUB-03]
	switch seconds, ok := resp.Header.Expires(); {
	case !ok || w.told:
	case seconds == 0:
		w.expiry.Stop() // it lasts until the final NOTIFY, or Timer N (RFC 6665 §4.4.1)
	default:
		w.live(seconds)
	}
}

// refused acts on a SUBSCRIBE that failed.
func (w *Watch) refused(e *sip.Error) {
	switch {
	case w.over:
	case e.Status == 423 && w.longer(e):
	case w.d == nil || w.quit || gone(e.Status) || e.Status == 408:
		w.end(Termination{Err: e, RetryAfter: e.RetryAfter})
	default:
		// The subscription is valid until it expires: try again before that.
		w.notify.Stop()
		w.schedule(time.Until(w.expires) / 2)
	}
}

// longer repeats a SUBSCRIBE with the duration that 423 demands. [PAR-SUB-04]
func (w *Watch) longer(e *sip.Error) bool {
	h := sipmsg.Header{Fields: e.Header}
	least, ok := h.MinExpires()
	if w.tries++; !ok || least <= w.asked || w.tries > 2 {
		return false
	}
	w.asked = least
	if w.d == nil {
		w.begin()
	} else {
		w.resubscribe()
	}
	return true
}

// end is the end of the subscription on our side.
func (w *Watch) end(t Termination) {
	if w.over {
		return
	}
	w.over = true
	w.notify.Stop()
	w.refresh.Stop()
	w.expiry.Stop()
	w.origin.Close()
	if w.d != nil {
		w.d.Detach(w)
	}
	w.watcher.Ended(t)
}
