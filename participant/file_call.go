package participant

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/wheel"
)

// maxTransfers is how many files, one after the other, a call may be about.
const maxTransfers = 64

// fileCall is a call about files: one after the other, each with an MSRP session of its
// own (RFC 5547).
type fileCall struct {
	// fixed after construction
	ue      *UE
	log     *slog.Logger
	peer    string
	offerer bool
	over    chan struct{} // closed when the call has ended

	// session is set once, on the shard of the call, before the first stream is connected.
	session *invite.Session

	// owned by the shard of the call
	talk      sdp.Negotiation
	transfer  *Transfer // the last one, nil before the first
	known     []string  // identifiers of transfers
	abandoned bool      // nobody waits for the call any more
	removing  bool      // our offer to end the stream is under way
	ended     bool
	progress  int64       // of the transfer, at the last look
	stall     wheel.Timer // when to look again
	timer     wheel.Timer // of what the end of a transfer waits for
}

func (u *UE) newFileCall(peer string) *fileCall {
	policy := u.cfg.Media.policy()
	policy.Files, policy.Needs, policy.Reach = true, "", sdp.ReachBoth
	policy.Protos = []sdp.Proto{u.cfg.Media.proto()} // what our listener speaks
	return &fileCall{
		ue: u, log: u.cfg.Log, peer: peer, over: make(chan struct{}),
		talk: negotiation(policy),
	}
}

// local is what we say of a transfer's stream. [FT-05]
func (c *fileCall) local(t *Transfer) sdp.Local {
	d := t.line.described()
	d.AcceptTypes, d.AcceptWrappedTypes = sdp.TypeList{sdp.TypeCPIM, "*"}, sdp.TypeList{"*"}
	d.Direction = t.direction()
	f := t.File()
	d.File = &f
	if !t.sending() {
		d.MaxSize, d.File = t.line.max, f.Mirror() // [FT-04]
	}
	return d
}

// agree connects the stream of a transfer that both sides want.
func (c *fileCall) agree(t *Transfer, stream *sdp.Stream) error {
	if t.sending() {
		if err := t.line.plan(&stream.Peer); err != nil {
			return err
		}
	} else if err := t.expect(stream.Peer.File); err != nil {
		return err
	}
	c.knows(t.File().TransferID)
	t.line.session.SetPeerMaxSize(maxSize(stream.Peer.MaxSize)) // [MSRP-SND-14]
	c.progress = 0
	c.watch(t)
	return t.line.connect(stream)
}

// knows notes the identifier of a transfer.
func (c *fileCall) knows(id string) {
	if !slices.Contains(c.known, id) {
		c.known = append(c.known, id)
	}
}

// watch ends a transfer that does not get on.
func (c *fileCall) watch(t *Transfer) {
	c.ue.stack.Dialog.After(c.session.ID().CallID, &c.stall, fileStall, func() {
		if c.transfer != t || !t.running() {
			return
		}
		now := t.moved.Load()
		if now == c.progress {
			c.abort(t, ErrStalled)
			return
		}
		c.progress = now
		c.watch(t)
	})
}

// fileCaller hears what becomes of the INVITE.
type fileCaller struct{ c *fileCall }

// Progress implements [invite.CallHandler].
func (h fileCaller) Progress(*sipmsg.Response) {}

// Failed implements [invite.CallHandler].
func (h fileCaller) Failed(err error) {
	h.c.finish(err)
}

// Answered implements [invite.CallHandler].
func (h fileCaller) Answered(s *invite.Session, _ *sipmsg.Response, answer []byte) (invite.SessionHandler, invite.Answer) {
	c := h.c
	c.session = s
	err := errors.New("participant: nobody waits")
	if !c.abandoned {
		err = c.accept(answer)
	}
	if err != nil {
		c.conclude(c.transfer, err)
		s.Bye()
	}
	return fileParty{c}, invite.Answer{}
}

// accept takes the answer to our first offer.
func (c *fileCall) accept(answer []byte) error {
	description, err := sdp.Parse(answer)
	if err != nil {
		return fmt.Errorf("participant: answer: %w", err)
	}
	_, stream, err := c.talk.Accept(description)
	switch {
	case errors.Is(err, &sdp.Error{Code: sdp.WarnMedia}):
		return ErrFileRefused
	case err != nil:
		return fmt.Errorf("participant: answer: %w", err)
	case !c.transfer.file.Same(stream.Peer.File):
		return fmt.Errorf("participant: answer: %w", ErrFileRefused) // another file
	case stream.Direction != c.transfer.direction():
		return fmt.Errorf("participant: answer: %w", ErrFileRefused)
	}
	return c.agree(c.transfer, &stream)
}

// fileParty hears what happens to the session.
type fileParty struct{ c *fileCall }

// Confirmed implements [invite.SessionHandler].
func (h fileParty) Confirmed(*sipmsg.Request) {
	if t := h.c.transfer; t != nil {
		h.c.confirmed(t)
	}
}

// confirmed connects a stream of which the other knows our path now.
func (c *fileCall) confirmed(t *Transfer) {
	stream, ok := c.talk.Stream()
	if !ok || !t.running() {
		return
	}
	if err := c.agree(t, &stream); err != nil {
		c.abort(t, err)
	}
}

// Reoffer implements [invite.SessionHandler].
func (h fileParty) Reoffer(r *invite.Reoffer) { h.c.reoffered(r) }

// Description implements [invite.Describer].
func (h fileParty) Description() []byte {
	if d := h.c.talk.Description(); d != nil {
		return d.Append(nil)
	}
	return nil
}

// Ended implements [invite.SessionHandler].
func (h fileParty) Ended(end invite.End) {
	why := ErrAborted
	if end.Err != nil {
		why = fmt.Errorf("participant: %s: %w", end.Cause, end.Err)
	}
	h.c.finish(why)
}

// finish is the end of the call. It runs on its shard.
func (c *fileCall) finish(why error) {
	if c.ended {
		return
	}
	c.ended = true
	c.stall.Stop()
	c.timer.Stop()
	if t := c.transfer; t != nil {
		if !t.line.settling() {
			t.line.stop()
			c.conclude(t, why)
		}
		t.line.session.Close()
	}
	c.ue.letGo(c)
	close(c.over)
}

// leave ends the call without ado, for the UE is closed. One that does not stand yet
// whoever waits for it gives up.
func (c *fileCall) leave(ctx context.Context, stands bool) {
	if stands {
		c.session.Do(func() {
			if t := c.transfer; !t.line.settling() {
				t.line.stop()
				c.conclude(t, ErrClosed)
			}
			c.session.Bye()
		})
	}
	select {
	case <-c.over:
	case <-ctx.Done():
	}
}
