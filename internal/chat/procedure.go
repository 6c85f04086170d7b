package chat

import (
	"context"
	"errors"
	"strings"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
)

// done is the status of what was granted.
const done = 200

// refer asks the focus for something by REFER. A refusal is told for each target; what
// comes of it otherwise is told by events of the conference.
func (s *session) refer(ctx context.Context, targets []string, ask func(context.Context, ...string) error) {
	s.background(ctx, func(ctx context.Context) func() {
		err := ask(ctx, targets...)
		return func() {
			if err == nil {
				return
			}
			p := problemOf(err)
			if !errors.As(err, new(*sip.Error)) {
				s.out.show(p)
				return
			}
			for _, target := range targets {
				s.out.show(participant.Referral{Target: target, Status: p.Status, Reason: p.Reason, Final: true})
			}
		}
	})
}

// invite has users called.
func (s *session) invite(ctx context.Context, rest string) {
	users := strings.Fields(rest)
	if len(users) == 0 {
		s.problem(badCommand, "usage: /invite URI")
		return
	}
	s.refer(ctx, users, s.conference.Invite)
}

// remove has users removed.
func (s *session) remove(ctx context.Context, rest string) {
	users := strings.Fields(rest)
	if len(users) == 0 {
		s.problem(badCommand, "usage: /remove WHO")
		return
	}
	for i, who := range users {
		uri, err := find(s.conference.Roster(), who)
		if err != nil {
			s.problem(noSuchUser, err.Error())
			return
		}
		users[i] = uri
	}
	s.refer(ctx, users, s.conference.Remove)
}

// end has everybody removed.
func (s *session) end(ctx context.Context, _ string) {
	c := s.conference
	s.refer(ctx, []string{c.URI()}, func(ctx context.Context, _ ...string) error { return c.End(ctx) })
}

// lock keeps newcomers out, or lets them in again. No procedure of SIP or MSRP does it.
func (s *session) lock(ctx context.Context, locked bool) {
	if s.cfg.Lock == nil {
		s.problem(unimplemented, "only the server's HTTP API can lock: --api says where it is")
		return
	}
	uri := s.conference.URI()
	s.background(ctx, func(ctx context.Context) func() {
		status, err := s.cfg.Lock(ctx, uri, locked)
		return func() {
			if err != nil {
				s.problem(status, err.Error())
				return
			}
			s.out.show(lockChange{locked: locked})
		}
	})
}

// nickname asks for a nickname.
func (s *session) nickname(ctx context.Context, name string) {
	c := s.conference
	s.background(ctx, func(ctx context.Context) func() {
		err := c.SetNickname(ctx, name)
		e := nicknamed{name: name, status: done}
		switch bad := (*msrp.Error)(nil); {
		case err == nil:
		case errors.As(err, &bad):
			e.status, e.reason = bad.Status, bad.Comment
		case errors.Is(err, participant.ErrNoNicknames):
			e.status, e.reason = forbidden, err.Error()
		default:
			e.status, e.reason = statusOf(err), err.Error()
		}
		return func() {
			if e.status == done {
				s.cfg.Nickname = name // to be asked for again, should the conference be lost
			}
			s.out.show(e)
		}
	})
}
