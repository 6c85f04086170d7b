package chat

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
)

// The time between attempts to come back doubles from the first to the longest.
const (
	firstRetry   = time.Second
	longestRetry = time.Minute
)

// absence is the time between the loss of a conference and the return to it.
type absence struct {
	conference string // "" if there is nothing to come back to
	left       participant.Left
	attempts   int
	next       <-chan time.Time
}

// retryAfter is how long to wait before an attempt, when so many have failed: up to as long
// as the doubled time, and at least half of that, so that those whom one failure has
// thrown out do not all come back at once. draw returns a number from 0 to below n.
func retryAfter(failed int, draw func(n time.Duration) time.Duration) time.Duration {
	d := longestRetry
	if failed < 6 {
		d = min(d, firstRetry<<failed)
	}
	return d/2 + draw(d/2)
}

// losing reports whether the conference is to be come back to: a failure has ended it, and
// the user is still there.
func (s *session) losing(left participant.Left) bool {
	return left.Err != nil && s.conference != nil && s.lines != nil && s.interrupted != nil
}

// lose begins an absence.
func (s *session) lose(left participant.Left) {
	c := s.conference
	s.away = absence{conference: c.URI(), left: left}
	if s.away.conference == "" {
		s.away.conference = c.FocusURI()
	}
	go func() {
		for range c.Events() { // up to its end
		}
	}()
	s.conference = nil
	clear(s.waiting)
	s.retry(left.Reason, 0)
}

// retry announces the next attempt. A server may ask for more time than we would take.
func (s *session) retry(reason string, asked time.Duration) {
	wait := max(retryAfter(s.away.attempts, rand.N[time.Duration]), min(asked, longestRetry))
	s.away.attempts++
	s.away.next = time.After(wait)
	s.out.show(lost{conference: s.away.conference, reason: reason, retry: wait})
}

// comeBack joins the lost conference again. What will not change by waiting ends the
// session, as does who leaves meanwhile.
func (s *session) comeBack(ctx context.Context) {
	s.away.next = nil
	uri := s.away.conference
	s.background(ctx, func(ctx context.Context) func() {
		c, err := s.ue.Join(ctx, uri, participant.Options{})
		return func() {
			refused := (*sip.Error)(nil)
			switch errors.As(err, &refused); {
			case s.conference != nil && err == nil: // another one, meanwhile
				s.discard(ctx, c)
			case s.conference != nil:
			case err == nil:
				s.in(ctx, c)
			case refused != nil && final(refused.Status):
				s.out.show(problemOf(err))
				s.giveUp()
			default:
				s.retry(problemOf(err).Reason, retryIn(refused))
			}
		}
	})
}

// final reports whether a refusal stands however long one waits.
func final(status int) bool {
	switch status {
	case 408, 480, 486, 491:
		return false
	}
	return status < 500 || status >= 600
}

func retryIn(e *sip.Error) time.Duration {
	if e == nil {
		return 0
	}
	return e.RetryAfter
}

// discard leaves a conference that nobody wants any more.
func (s *session) discard(ctx context.Context, c *participant.Conference) {
	go func() {
		for range c.Events() { // up to its end
		}
	}()
	go func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = c.Leave(closing) // out whatever comes of it
	}()
}

// giveUp ends the session in an absence: the conference was left when it was lost.
func (s *session) giveUp() {
	s.lost, s.over = true, true
	s.out.show(s.away.left)
}
