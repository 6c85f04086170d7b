package participant

import (
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/imdn"
	"github.com/confab-chat/confab/wheel"
)

// Times of RFC 3994 §3.2. An indication says that it holds longer than it takes us
// to repeat it, so that nobody takes us for idle while a repetition is on its way.
const (
	idleAfter    = 15 * time.Second
	repeatAfter  = 60 * time.Second
	composedHold = 90 * time.Second
)

// composition is what the others have been told of our writing. It is owned by the
// shard of the call. [COMP-02]
type composition struct {
	active bool
	edited time.Time // the last edit
	told   time.Time // the last active indication
	timer  wheel.Timer
}

// Typing tells the others that the user edits a message to everybody, at each edit, or
// that he has given it up. They hear of the first edit, each minute that he goes on,
// and when there was none for 15 s; a message that is sent needs no word. RFC 3994
// §3.2. It does not block. Errors: [ErrLeft], [ErrMuted], and [ErrType] if the
// conference does not take such indications. [COMP-02]
func (c *Conference) Typing(active bool) error {
	if _, _, err := c.ready(imdn.ComposingType); err != nil {
		return err
	}
	c.onShard(func(c *Conference) {
		switch {
		case c.over:
		case active:
			c.edit()
		default:
			c.idle()
		}
	})
	return nil
}

// edit notes an edit.
func (c *Conference) edit() {
	w := &c.composing
	w.edited = time.Now()
	if w.active {
		return // the timer finds it
	}
	w.active = true
	c.indicate()
	c.composingDue()
}

// idle tells that nothing is being written, if anybody believes otherwise.
func (c *Conference) idle() {
	if w := &c.composing; w.active {
		w.reset()
		c.sendComposing(imdn.Composing{LastActive: w.edited})
	}
}

// indicate tells that a message is being written.
func (c *Conference) indicate() {
	c.composing.told = time.Now()
	c.sendComposing(imdn.Composing{Active: true, ContentType: "text/plain", Refresh: composedHold})
}

// composingDue waits for what comes first: the end of patience, or of the interval.
func (c *Conference) composingDue() {
	w := &c.composing
	next := w.edited.Add(idleAfter)
	if again := w.told.Add(repeatAfter); again.Before(next) {
		next = again
	}
	c.ue.stack.Dialog.After(c.session.ID().CallID, &w.timer, time.Until(next), func() {
		now := time.Now()
		switch {
		case !w.active:
			return
		case !now.Before(w.edited.Add(idleAfter)):
			c.idle()
			return
		case !now.Before(w.told.Add(repeatAfter)):
			c.indicate()
		}
		c.composingDue()
	})
}

// reset is the way back to idle without a word.
func (w *composition) reset() {
	w.active = false
	w.timer.Stop()
}

// sendComposing sends an indication. Nobody waits for it and it is not repeated.
func (c *Conference) sendComposing(i imdn.Composing) {
	l, to, err := c.ready(imdn.ComposingType)
	if err != nil {
		return
	}
	d := cpim.Draft{
		From: c.sender(), To: []cpim.Party{{URI: to}}, DateTime: time.Now(),
		ContentType: imdn.ComposingType, Content: i.Append(nil),
	}
	if err = c.sendAside(l, &d); err != nil {
		c.log.Debug("composing indication not sent", "reason", err)
	}
}
