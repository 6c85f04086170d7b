package chat

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/participant"
)

// session is the time between joining and leaving. One goroutine owns it.
type session struct {
	conference *participant.Conference
	out        printer
	waiting    map[string]struct{} // ids of messages that are not confirmed
	held       []participant.Message
	ready      bool // for input
	lost       bool // a failure ended the conference
}

// run handles input and events until the conference has been left.
func (s *session) run(ctx context.Context, lines <-chan line) error {
	interrupted := ctx.Done()
	var patience <-chan time.Time
	var pause <-chan time.Time
	roster := time.After(rosterTime)
	for {
		in := lines
		if !s.ready {
			in = nil
		}
		if len(s.held) > 0 { // the queue is full: no more input until that has gone
			in, pause = nil, time.After(sendPause)
		}
		select {
		case e, ok := <-s.conference.Events():
			if !ok {
				return s.outcome()
			}
			s.event(e)
		case <-roster:
			s.ready = true
		case <-pause:
			pause = nil
			s.flush(ctx)
		case l := <-in:
			if s.input(ctx, l) {
				lines, patience = nil, time.After(settleTime)
			}
		case <-patience:
			patience = nil
			s.leave(ctx)
		case <-interrupted:
			interrupted = nil
			s.leave(ctx)
		}
		if patience != nil && len(s.waiting) == 0 && len(s.held) == 0 {
			patience = nil
			s.leave(ctx)
		}
	}
}

// sendPause is between attempts to queue a message when the queue is full.
const sendPause = 20 * time.Millisecond

// leave says goodbye; the left event ends run.
func (s *session) leave(ctx context.Context) {
	go func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = s.conference.Leave(closing) // out whatever comes of it
	}()
}

// event prints an event and keeps account of what is not confirmed.
func (s *session) event(e participant.Event) {
	switch e := e.(type) {
	case participant.Delivered:
		delete(s.waiting, e.ID)
	case participant.Failed:
		delete(s.waiting, e.ID)
	case participant.Roster, participant.Problem:
		s.ready = true
	case participant.Left:
		s.lost = e.Err != nil
	}
	s.out.show(e)
}

// outcome is the result of a conference that is over. The left event has said why.
func (s *session) outcome() error {
	if s.lost {
		return ErrFailed
	}
	return nil
}

// input handles a line and tells whether it was the last one.
func (s *session) input(ctx context.Context, l line) (last bool) {
	switch {
	case errors.Is(l.err, io.EOF):
		return true
	case l.err != nil:
		s.out.show(participant.Problem{Reason: l.err.Error()})
		return true
	case strings.HasPrefix(l.text, "/"):
		return s.command(ctx, l.text)
	case l.text != "":
		s.send(ctx, participant.Message{Body: []byte(l.text)})
	}
	return false
}

// send queues a message, or holds it as long as the queue is full.
func (s *session) send(ctx context.Context, m participant.Message) {
	id, err := s.conference.SendMessage(context.WithoutCancel(ctx), m)
	switch {
	case errors.Is(err, msrp.ErrQueueFull):
		s.held = append(s.held, m)
	case err != nil:
		s.out.show(participant.Problem{Status: statusOf(err), Reason: err.Error()})
	default:
		s.waiting[id] = struct{}{}
		s.out.show(sent{id: id})
	}
}

// flush tries again to queue what is held.
func (s *session) flush(ctx context.Context) {
	held := s.held
	s.held = nil
	for _, m := range held {
		s.send(ctx, m)
	}
}

// statusOf is the MSRP status for what kept a message from being sent.
func statusOf(err error) int {
	switch {
	case errors.Is(err, participant.ErrLeft):
		return 481
	case errors.Is(err, participant.ErrType):
		return 415
	case errors.Is(err, participant.ErrMuted):
		return 403
	case errors.Is(err, msrp.ErrTooLarge):
		return 413
	}
	return 0
}
