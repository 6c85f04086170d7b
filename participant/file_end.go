package participant

import (
	"log/slog"
	"time"

	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// conclude notes the outcome of a transfer.
func (c *fileCall) conclude(t *Transfer, err error) {
	if !t.running() {
		return
	}
	if t.sink != nil && err != nil {
		partial := t.line.discard()
		t.mu.Lock()
		t.partial = partial
		t.mu.Unlock()
	}
	t.finish(err)
	if err != nil {
		t.settle(err)
	}
}

// complete ends a transfer that has succeeded. Who has sent the file says goodbye, for he
// knows that it has arrived; if the offer was the other's he gives him time to make
// another one.
func (c *fileCall) complete(t *Transfer) {
	if !t.running() {
		return
	}
	c.conclude(t, nil)
	c.part(t)
}

// part says goodbye, or waits for it.
func (c *fileCall) part(t *Transfer) {
	switch {
	case c.ended || c.transfer != t:
	case t.sending() && c.offerer:
		c.session.Bye()
	case t.sending():
		c.after(fileGoodbye, func() { c.session.Bye() })
	default:
		c.after(fileLinger, func() { c.session.Bye() })
	}
}

// after has f called in a while, unless something else is waited for meanwhile.
func (c *fileCall) after(d time.Duration, f func()) {
	c.ue.stack.Dialog.After(c.session.ID().CallID, &c.timer, d, func() {
		if !c.ended {
			f()
		}
	})
}

// abort gives a transfer up. On the stream the sender ends the message with #, the
// receiver answers its next chunk 413; then the stream is ended by an offer with port 0.
// RFC 5547 §8.4. [FT-07]
func (c *fileCall) abort(t *Transfer, why error) {
	if c.transfer != t || !t.running() || c.ended {
		return
	}
	midway := t.line.stop()
	c.conclude(t, why)
	if midway {
		c.after(fileGoodbye, c.remove) // unless the end is seen before
		return
	}
	c.remove()
}

// remove offers to end the stream, and then the call.
func (c *fileCall) remove() {
	if c.removing || c.ended {
		return
	}
	c.removing = true
	c.timer.Stop()
	offer := c.talk.Remove().Append(nil)
	c.session.Reinvite(invite.Answer{Body: offer}, func(resp *sipmsg.Response, err error) {
		if err == nil {
			err = c.removed(resp.Body)
		} else {
			c.talk.Withdraw()
		}
		if err != nil {
			c.log.Debug("stream of a file not ended", slog.Any("error", err))
		}
		c.session.Bye()
	})
}

func (c *fileCall) removed(answer []byte) error {
	description, err := sdp.Parse(answer)
	if err != nil {
		return err //nolint:wrapcheck // logged
	}
	_, _, err = c.talk.Accept(description)
	return err //nolint:wrapcheck // logged
}
