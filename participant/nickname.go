package participant

import (
	"context"
	"errors"

	"github.com/confab-chat/confab/msrp"
)

// ErrNoNicknames means that the conference has not said that it knows nicknames.
var ErrNoNicknames = errors.New("participant: the conference has no nicknames")

// SetNickname asks for a nickname, or gives it up with an empty one, and returns when
// that is decided. A refusal is a [*msrp.Error]: 425 for a nickname that is reserved or
// in use, 424 for one that cannot be (RFC 7701 §7.1).
func (c *Conference) SetNickname(ctx context.Context, name string) error {
	c.mu.Lock()
	l := c.line
	var knows bool
	if l != nil {
		knows = l.stream.Peer.Chatroom.Nickname
	}
	c.mu.Unlock()
	switch {
	case l == nil:
		return ErrLeft
	case !knows:
		return ErrNoNicknames
	}
	done := make(chan error, 1)
	if err := l.session.SetNickname(name, func(err error) { done <- err }); err != nil {
		if errors.Is(err, msrp.ErrClosed) {
			return ErrLeft
		}
		return err
	}
	select {
	case err := <-done:
		if err == nil {
			c.mu.Lock()
			c.nickname = name
			c.unmask()
			c.mu.Unlock()
		}
		return err
	case <-c.done:
		return ErrLeft
	case <-ctx.Done():
		return ctx.Err()
	}
}
