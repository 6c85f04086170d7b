package participant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// Errors of sending.
var (
	// ErrType: the conference does not take the media type. [MSRP-SND-12]
	ErrType = errors.New("participant: the conference does not take this type")
	// ErrMuted: the focus does not let us send at present.
	ErrMuted = errors.New("participant: sending is not allowed at present")
)

const plainText = "text/plain; charset=utf-8"

// Send sends a text to everybody; see [Conference.SendMessage].
func (c *Conference) Send(ctx context.Context, text string) (id string, err error) {
	return c.SendMessage(ctx, Message{Body: []byte(text)})
}

// SendMessage queues a message and returns its id, under which [Delivered] or
// [Failed] will tell of it. It does not block. Errors: [ErrLeft], [ErrType],
// [ErrMuted], msrp.ErrTooLarge for what is, with its wrapper, above the size that the
// conference takes [MSRP-SND-16], msrp.ErrQueueFull, and that of a ctx that is over.
func (c *Conference) SendMessage(ctx context.Context, m Message) (id string, err error) {
	if err = ctx.Err(); err != nil {
		return "", err
	}
	if m.ContentType == "" {
		m.ContentType = plainText
	}
	l, to, err := c.ready(m.ContentType)
	if err != nil {
		return "", err
	}
	if m.To != "" {
		to = m.To
	}
	if m.ID == "" {
		m.ID = msrp.NewMessageID()
	}
	body, err := c.wrap(to, &m)
	if err != nil {
		return "", fmt.Errorf("participant: %w", err)
	}
	if m.To == "" {
		c.onShard(func(c *Conference) { c.composing.reset() }) // the message tells it [COMP-02]
	}
	return m.ID, c.submit(l, msrp.Message{ID: m.ID, ContentType: sdp.TypeCPIM, Kind: m.ContentType, Body: body, SuccessReport: true})
}

// ready returns the stream, if it may carry a type, and the conference as recipient.
func (c *Conference) ready(contentType string) (*line, string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.line
	switch {
	case l == nil:
		return nil, "", ErrLeft
	case len(l.stream.Peer.Path) == 0: // being replaced: what comes waits for it
	case !l.stream.Direction.Sends():
		return nil, "", ErrMuted
	case !l.stream.Peer.Accepts(contentType) && !l.stream.Peer.AcceptsWrapped(contentType):
		return nil, "", ErrType // [MSRP-SND-12]
	}
	return l, c.name(), nil
}

// wrap puts a message into message/cpim. [CPIM-01] [CPIM-06]
func (c *Conference) wrap(to string, m *Message) ([]byte, error) {
	d := cpim.Draft{
		From:     c.sender(),
		To:       []cpim.Party{{URI: to}},
		DateTime: time.Now(), ContentType: m.ContentType, Content: m.Body,
	}
	if m.Ask != 0 && !c.ue.silent() {
		m.asking(&d)
	}
	return d.Append(nil)
}

// sendAside sends what is no message of the user's: nobody is told whether it arrived.
func (c *Conference) sendAside(l *line, d *cpim.Draft) error {
	body, err := d.Append(nil)
	if err != nil {
		return fmt.Errorf("participant: %w", err)
	}
	err = l.session.Send(msrp.Message{
		ContentType: sdp.TypeCPIM, Kind: d.ContentType, Body: body, FailureReport: msrpwire.FailureNo,
	}, 0)
	if errors.Is(err, msrp.ErrClosed) {
		return ErrLeft
	}
	return err
}

func (c *Conference) submit(l *line, m msrp.Message) error {
	c.mu.Lock()
	ref, given := c.pending.add(m)
	c.mu.Unlock()
	if given != "" {
		c.events.put(Failed{ID: given, Reason: "unconfirmed"})
	}
	err := l.session.Send(m, ref)
	if errors.Is(err, msrp.ErrClosed) {
		// Lost at this moment. The mixer knows a repetition by its Message-ID.
		if l = c.replaced(l); l != nil {
			err = l.session.Send(m, ref)
		}
	}
	if err != nil {
		c.mu.Lock()
		c.pending.take(ref)
		c.mu.Unlock()
	}
	switch {
	case errors.Is(err, msrp.ErrClosed):
		return ErrLeft
	case errors.Is(err, msrp.ErrRefusedType):
		return ErrType // [MSRP-RSP-09]
	}
	return err
}

// Prefer chooses the format of a content that exists in several, the best first:
// one that the conference lists, else one that it takes as well. [MSRP-SND-13]
func (c *Conference) Prefer(types ...string) (contentType string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.line == nil {
		return "", ErrLeft
	}
	if t, ok := c.line.stream.Peer.Prefer(types...); ok {
		return t, nil
	}
	return "", ErrType
}
