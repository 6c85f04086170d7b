package participant

import (
	"context"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

var errNoStream = errors.New("participant: the focus offers no message stream")

// line is the MSRP session with the mixer and what was agreed about it.
type line struct {
	way
	c      *Conference
	ended  chan struct{} // closed when its end, unless we closed it, has been dealt with
	stream sdp.Stream    // guarded by c.mu
}

// firstOffer makes the offer of the INVITE.
func (c *Conference) firstOffer(ctx context.Context) ([]byte, error) {
	l, err := c.newLine(ctx)
	if err != nil {
		return nil, fmt.Errorf("participant: %w", err)
	}
	c.line, c.unready = l, true
	return c.talk.Offer(c.local(l)).Append(nil), nil
}

// accept takes the focus's answer to an offer of ours.
func (c *Conference) accept(answer []byte) error {
	description, err := sdp.Parse(answer)
	if err != nil {
		return fmt.Errorf("participant: answer: %w", err)
	}
	effect, stream, err := c.talk.Accept(description)
	if err != nil {
		return fmt.Errorf("participant: answer: %w", err)
	}
	return c.agree(effect, stream)
}

// agree lets a stream take effect, and connects it if it is a new one.
func (c *Conference) agree(effect sdp.Effect, stream sdp.Stream) error {
	if effect == sdp.EffectRemove {
		return errNoStream
	}
	c.mu.Lock()
	l := c.line
	if l != nil && effect != sdp.EffectNone {
		l.stream = stream
	}
	c.mu.Unlock()
	if l == nil || effect == sdp.EffectNone {
		return nil
	}
	l.session.SetPeerMaxSize(maxSize(stream.Peer.MaxSize)) // [MSRP-SND-14]
	if effect == sdp.EffectChange {
		return nil
	}
	if stream.Again && !c.plain { // [CEMA-04]
		c.plain = true
		c.onShard(func(c *Conference) { c.tellAgain(l) })
		return nil
	}
	if err := l.connect(&stream); err != nil {
		return fmt.Errorf("participant: %w", err)
	}
	return nil
}

func maxSize(octets int64) int64 {
	if octets == sdp.Unlimited {
		return 0
	}
	return octets
}

// reoffered answers a re-INVITE. [PAR-GEN-05]
func (c *Conference) reoffered(r *invite.Reoffer) {
	body := r.Request().Body
	if len(body) == 0 {
		c.offerAgain(r)
		return
	}
	description, err := sdp.Parse(body)
	var proposal *sdp.Proposal
	if err == nil {
		proposal, err = c.talk.Receive(description)
	}
	if err != nil {
		r.Reject(refusal(err))
		return
	}
	l := c.currentLine()
	if proposal.Effect != sdp.EffectNew && l != nil {
		c.answerAgain(r, proposal, l)
		return
	}
	c.withLine(c.session.Do, func(l *line, err error) {
		if err != nil {
			r.Reject(&sip.Error{Status: 500, Cause: err})
			return
		}
		c.replaceLine(l)
		c.answerAgain(r, proposal, l)
	})
}

func (c *Conference) answerAgain(r *invite.Reoffer, proposal *sdp.Proposal, l *line) {
	answer, stream := c.talk.Answer(proposal, c.local(l))
	// Connected once the ACK is here: before, the focus may not know our path yet.
	r.Accept(invite.Answer{Body: answer.Append(nil)}, func(*sipmsg.Request) {
		if err := c.agree(proposal.Effect, stream); err != nil {
			c.hangUp(err)
		}
	})
}

// offerAgain answers a re-INVITE without offer by one of ours: what is there.
func (c *Conference) offerAgain(r *invite.Reoffer) {
	l := c.currentLine()
	if l == nil {
		r.Reject(&sip.Error{Status: 488})
		return
	}
	offer := c.talk.Offer(c.local(l))
	r.Accept(invite.Answer{Body: offer.Append(nil)}, func(ack *sipmsg.Request) {
		if err := c.accept(ack.Body); err != nil {
			c.hangUp(err)
		}
	})
}

// refusal is the answer to an offer that cannot be accepted.
func refusal(err error) *sip.Error {
	if bad := (*sdp.Error)(nil); errors.As(err, &bad) {
		return &sip.Error{Status: bad.Status, Warning: bad.Warning("confab"), Cause: err}
	}
	return sip.AsError(err)
}

func (c *Conference) currentLine() *line {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.line
}

// replaceLine puts a new MSRP session in place. The one before lives on until the
// new one is bound. [SDP-23]
func (c *Conference) replaceLine(l *line) {
	if c.previous != nil {
		c.previous.Close()
		c.previous = nil
	}
	c.mu.Lock()
	old := c.line
	c.line = l
	c.mu.Unlock()
	if old != nil {
		c.previous = old.session
	}
	c.unbound = true
}

// hangUp ends a conference that has failed.
func (c *Conference) hangUp(err error) {
	if c.reason == nil {
		c.reason = err
	}
	c.settle(err)
	c.session.Bye()
}
