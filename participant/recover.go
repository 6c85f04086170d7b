package participant

import (
	"fmt"
	"log/slog"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Bound implements [msrp.Handler]: the stream carries messages.
func (l *line) Bound() {
	l.c.onShard(func(c *Conference) {
		if c.currentLine() != l {
			return
		}
		c.unbound = false
		if c.previous != nil {
			c.previous.Close()
			c.previous = nil
		}
		c.settle(nil)
	})
}

// Ended implements [msrp.Handler]: the stream is broken.
func (l *line) Ended(err error) {
	if !l.live.Load() { // lost behind its relays before anybody could use it
		defer close(l.ended)
		l.c.settle(fmt.Errorf("participant: message stream: %w", err))
		return
	}
	l.c.onShard(func(c *Conference) {
		switch {
		case c.over || c.currentLine() != l:
		case c.unbound: // it never stood, or the one in its place does not either
			c.hangUp(fmt.Errorf("participant: message stream: %w", err))
		default:
			c.log.Info("message stream lost", slog.Any("error", err))
			c.restore(l, err)
			return
		}
		close(l.ended)
	})
}

// restore asks the focus by a re-INVITE for another stream in place of the lost one,
// and sends again on it what was not answered. [MSRP-CON-15]
func (c *Conference) restore(lost *line, cause error) {
	c.withLine(c.session.Do, func(l *line, err error) {
		defer close(lost.ended)
		if err != nil {
			c.hangUp(err)
			return
		}
		c.restoreOn(l, cause)
	})
}

func (c *Conference) restoreOn(l *line, cause error) {
	c.replaceLine(l)
	c.resend(l.session)
	offer := c.talk.Offer(c.local(l)).Append(nil)
	c.session.Reinvite(invite.Answer{Body: offer}, func(resp *sipmsg.Response, err error) {
		if err != nil {
			c.talk.Withdraw()
		} else {
			err = c.accept(resp.Body)
		}
		if err != nil && !c.over {
			c.hangUp(fmt.Errorf("participant: message stream: %w; not restored: %w", cause, err))
		}
	})
}

// resend queues once more what the lost session left unanswered, under the same
// Message-IDs.
func (c *Conference) resend(s *msrp.Session) {
	c.mu.Lock()
	again := c.pending.unanswered()
	c.mu.Unlock()
	for _, p := range again {
		if err := s.Send(p.message, p.ref); err != nil {
			c.fail(p.ref, err)
		}
	}
}

// onShard runs f on the shard of the call.
func (c *Conference) onShard(f func(*Conference)) { c.session.Do(func() { f(c) }) }

// replaced returns the stream that stands in the place of one that is closed, nil if
// there is none. It waits until the end of the old one has been dealt with.
func (c *Conference) replaced(l *line) *line {
	now := c.currentLine()
	if now != l {
		return now
	}
	select {
	case <-l.ended:
	case <-c.done:
	case <-c.ue.shut:
	}
	if now = c.currentLine(); now != l {
		return now
	}
	return nil
}
