package event

import (
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// first takes the NOTIFY that makes the dialog, which may overtake the 200 to our
// SUBSCRIBE (RFC 6665 §4.4.1). A second notifier, reached by forking, is refused.
// [PAR-SUB-02]
func (w *Watch) first(tx *transaction.ServerTx) bool {
	if tx.Request().Method != sipmsg.NOTIFY || w.over {
		return false
	}
	if !w.matches(tx) {
		w.agent.badEvent(tx)
		return true
	}
	if w.d != nil {
		return false
	}
	d, refused := w.origin.Adopt(tx)
	if refused != nil {
		tx.Respond(refused.Response(tx.Request()))
		return true
	}
	w.d = d
	d.Attach(w)
	w.notified(tx)
	if w.again && !w.busy {
		w.resubscribe()
	}
	return true
}

func (w *Watch) matches(tx *transaction.ServerTx) bool {
	ev, err := tx.Request().Header.Event()
	return err == nil && ev.Package == w.interest.Event && ev.ID() == w.interest.ID
}

// Serve takes the NOTIFYs of the subscription.
func (w *Watch) Serve(tx *transaction.ServerTx) bool {
	if tx.Request().Method != sipmsg.NOTIFY || !w.matches(tx) {
		return false
	}
	w.notified(tx)
	return true
}

func (w *Watch) notified(tx *transaction.ServerTx) {
	req := tx.Request()
	state, err := req.Header.SubscriptionState()
	if err != nil {
		dialog.Reply(tx, 400, "Bad Subscription-State")
		return
	}
	resp := sipmsg.NewResponse(req, 200, "")
	bad := w.examine(req)
	if bad != nil {
		resp = bad.Response(req)
	}
	w.d.Respond(tx, resp)
	w.notify.Stop()
	terminated := state.State == "terminated"
	if seconds, ok := state.Expires(); ok && !terminated {
		w.told = true
		w.live(seconds)
	}
	if bad == nil {
		w.watcher.Notified(Notification{State: state, Request: req})
	}
	if terminated {
		seconds, _ := state.RetryAfter()
		w.end(Termination{Reason: Reason(state.Reason()), RetryAfter: time.Duration(seconds) * time.Second})
	}
}

func (w *Watch) examine(req *sipmsg.Request) *sip.Error {
	if x, ok := w.watcher.(Examiner); ok {
		return x.Examine(req)
	}
	return nil
}

// live sets how long the subscription lasts, and when it is refreshed: well before
// that. [PAR-SUB-03]
func (w *Watch) live(seconds uint32) {
	d := time.Duration(seconds) * time.Second
	expires := time.Now().Add(d)
	news := expires.Sub(w.expires).Abs() > min(10*time.Second, lead(d)/4)
	w.expires = expires
	w.agent.dl.After(w.CallID(), &w.expiry, d, func() {
		w.end(Termination{Reason: Timeout})
	})
	// A NOTIFY that says what is known, as most do, must not move the refresh: lead
	// shrinks with what is left, so it would be put off again and again.
	if news || !w.due {
		w.schedule(d - lead(d))
	}
}

// lead is how long before expiry a refresh leaves: time enough for one that times out
// and another attempt, but not more than half of the duration.
func lead(d time.Duration) time.Duration {
	return min(d/2, max(d/10, 80*time.Second))
}

// schedule arms the refresh, unless that would be too close to another one.
func (w *Watch) schedule(d time.Duration) {
	if w.quit || w.over || d < time.Second {
		return
	}
	w.due = true
	w.agent.dl.After(w.CallID(), &w.refresh, d, func() {
		w.due = false
		w.asked = max(w.asked, w.interest.Expires)
		w.resubscribe()
	})
}
