package participant

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const (
	conferencePackage = "conference"
	subscribeSeconds  = 3600
	// lastNotify is how long a final NOTIFY may take after a BYE of the focus, 64·T1.
	// [PAR-GEN-06]
	lastNotify = 32 * time.Second
	// leaveNotify is the same after our own. [PAR-LVE-02]
	leaveNotify = 5 * time.Second
	// goneBye is how long the BYE may take once the conference says it is gone.
	goneBye = 5 * time.Second
	// retryMax is the longest pause between attempts to subscribe.
	retryMax = time.Minute
)

// subscribe asks for the roster in a dialog of its own. It runs on the call's shard.
// [PAR-SUB-01]
func (c *Conference) subscribe() {
	if c.over {
		c.hush()
		return
	}
	w := &watcher{c: c}
	c.mu.Lock()
	c.watcher, c.roster = w, nil
	uri := c.focus
	c.mu.Unlock()
	out := c.outgoing(uri)
	out.Fields = append(out.Fields, sipmsg.Field{Name: "User-Agent", Value: c.ue.cfg.UserAgent})
	w.attach(c.ue.stack.Event.Subscribe(out, event.Interest{
		Event: conferencePackage, Accept: []string{confinfo.MediaType}, Expires: subscribeSeconds,
	}, w))
}

// hush notes that there is no subscription and that none will come.
func (c *Conference) hush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watcher = nil
	if !c.hushed {
		c.hushed = true
		close(c.quiet)
	}
}

// linger lets the subscription of a conference that is over wait for its final
// NOTIFY, but not for ever. [PAR-GEN-06]
func (c *Conference) linger() {
	c.mu.Lock()
	w := c.watcher
	c.mu.Unlock()
	if w == nil {
		c.timer.Stop()
		c.hush()
		return
	}
	c.after(lastNotify, w.unsubscribe)
}

// after runs f on the call's shard, in place of what was to run before.
func (c *Conference) after(d time.Duration, f func()) {
	c.ue.stack.Dialog.After(c.session.ID().CallID, &c.timer, d, f)
}

// watcher hears about one subscription.
type watcher struct {
	c *Conference

	// guarded by mu
	mu     sync.Mutex
	watch  *event.Watch
	wanted bool // a refresh was wanted before watch was known

	// owned by the shard of the subscription
	asked bool               // a full document has been asked for
	doc   *confinfo.Document // of the NOTIFY at hand
}

func (w *watcher) attach(s *event.Watch) {
	w.mu.Lock()
	w.watch = s
	wanted := w.wanted
	w.mu.Unlock()
	if wanted {
		s.Refresh()
	}
}

// refresh asks for a full document, once until one comes. [PAR-SUB-06]
func (w *watcher) refresh() {
	if w.asked {
		return
	}
	w.asked = true
	w.mu.Lock()
	s := w.watch
	w.wanted = s == nil
	w.mu.Unlock()
	if s != nil {
		s.Refresh()
	}
}

func (w *watcher) unsubscribe() {
	w.mu.Lock()
	s := w.watch
	w.mu.Unlock()
	if s != nil {
		s.Unsubscribe()
	}
}

// Examine implements [event.Examiner]: what is no document is answered 400, and the
// whole state is asked for. [PAR-SUB-09]
func (w *watcher) Examine(notify *sipmsg.Request) *sip.Error {
	w.doc = nil
	if len(notify.Body) == 0 {
		return nil
	}
	doc, err := confinfo.Unmarshal(notify.Body, confinfo.Limits{})
	if err != nil {
		w.refresh()
		return &sip.Error{Status: 400, Cause: err}
	}
	w.doc = doc
	return nil
}

// Notified implements [event.Watcher].
func (w *watcher) Notified(event.Notification) {
	doc := w.doc
	w.doc = nil
	if doc == nil {
		return
	}
	switch w.c.apply(w, doc) {
	case confinfo.Refresh:
		w.refresh()
	case confinfo.Applied:
		w.asked = false
	case confinfo.Ignored:
	}
	if doc.State == confinfo.Deleted {
		w.c.gone(w)
	}
}

// gone is the end of a conference that its notification service tells of: the
// subscription is ended, and the call too unless the focus does. [PAR-SUB-07]
func (c *Conference) gone(w *watcher) {
	w.unsubscribe()
	c.onShard(func(c *Conference) {
		if !c.over && !c.ending {
			c.ending = true
			c.after(goneBye, func() { c.hangUp(errGone) })
		}
	})
}

// Ended implements [event.Watcher].
func (w *watcher) Ended(t event.Termination) {
	pause, again := t.Resubscribe()
	var refused *sip.Error
	if t.Err != nil {
		refused = sip.AsError(t.Err)
		again = again && temporary(refused.Status)
	}
	w.c.onShard(func(c *Conference) {
		if c.over || c.ending || !again {
			if !c.over && refused != nil {
				c.events.put(Problem{Status: refused.Status, Reason: "no roster: " + refused.Error()})
			}
			c.hush()
			return
		}
		c.subscribeAgain(pause, refused != nil)
	})
}

// temporary tells whether to try again after a failure: the service may come back.
func temporary(status int) bool {
	return status == 408 || status == 480 || status == 481 || status == 500 || status == 503 || status == 504
}

// subscribeAgain starts a new subscription after a pause, which grows as long as
// none succeeds. [PAR-SUB-05]
func (c *Conference) subscribeAgain(pause time.Duration, failed bool) {
	if c.fresh() {
		c.failures = 0
	}
	if failed || c.failures > 0 {
		pause = max(pause, min(time.Second<<min(c.failures, 10), retryMax))
	}
	c.failures++
	c.mu.Lock()
	c.watcher = nil
	c.mu.Unlock()
	c.after(pause, c.subscribe)
}

// fresh tells whether the present subscription has brought a roster.
func (c *Conference) fresh() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roster != nil
}
