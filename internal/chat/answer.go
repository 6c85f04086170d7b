package chat

import (
	"context"
	"fmt"

	"github.com/confab-chat/confab/participant"
)

// Accept says what happens to an INVITE of a focus and to a REFER.
type Accept int

// What may happen to invitations.
const (
	Ask  Accept = iota // the user decides
	All                // they are accepted
	None               // they are declined: 603
)

// ParseAccept reads ask, all or none.
func ParseAccept(s string) (Accept, error) {
	switch s {
	case "ask":
		return Ask, nil
	case "all":
		return All, nil
	case "none":
		return None, nil
	}
	return 0, fmt.Errorf("%q is none of ask, all, none", s)
}

// invited deals with an invitation. Whoever is in a conference stays there, unless the
// new one comes in its place at the wish of its other side. [PAR-INC-01] [PAR-INC-04]
func (s *session) invited(ctx context.Context, i *participant.Invitation) {
	switch {
	case i.Replaces != "" && i.Entitled && s.cfg.Accept != None:
		s.accept(ctx, i)
	case s.conference != nil && i.Replaces == "" && s.cfg.Accept != None:
		i.Decline(486) // busy
		s.out.show(invitation{of: i})
	case s.cfg.Accept == All:
		s.accept(ctx, i)
	case s.cfg.Accept == None:
		i.Decline(0)
		s.out.show(invitation{of: i})
	default:
		s.asked = append(s.asked, i)
		s.out.show(invitation{of: i, pending: true})
		s.watch(ctx, i)
	}
}

// watch tells if an invitation is withdrawn.
func (s *session) watch(ctx context.Context, i *participant.Invitation) {
	go func() {
		select {
		case <-i.Done():
		case <-ctx.Done():
			return
		}
		if !i.Withdrawn() {
			return
		}
		select {
		case s.results <- func() { s.out.show(invitation{of: i}) }:
		case <-ctx.Done():
		}
	}()
}

// decide is the user's decision about the first invitation that waits for it.
func (s *session) decide(ctx context.Context, yes bool) {
	for len(s.asked) > 0 {
		i := s.asked[0]
		s.asked = s.asked[1:]
		select {
		case <-i.Done():
			continue // withdrawn
		default:
		}
		if yes {
			s.accept(ctx, i)
			return
		}
		i.Decline(0)
		s.out.show(invitation{of: i})
		return
	}
	s.problem(noSuchUser, "nobody has invited you")
}

// accept enters the conference of an invitation.
func (s *session) accept(ctx context.Context, i *participant.Invitation) {
	s.background(ctx, func(ctx context.Context) func() {
		c, err := i.Accept(ctx)
		return func() {
			s.out.show(invitation{of: i, accepted: err == nil})
			if err != nil {
				s.out.show(problemOf(err))
				return
			}
			s.in(ctx, c)
		}
	})
}
