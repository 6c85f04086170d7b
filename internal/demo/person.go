package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/confab-chat/confab/participant"
)

// person is a participant of the demo.
type person struct {
	name, aor  string
	transport  string
	ue         *participant.UE
	conference *participant.Conference
	present    []string          // users in the roster, by the user part of their URIs
	nicknames  map[string]string // theirs
}

// enter brings a person up, who can be called from then on. There is no registrar that
// would know where an address of the domain is, so their addresses name this machine.
func (d *demo) enter(ctx context.Context, user, name, transport string) (*person, error) {
	p := &person{name: name, aor: "sip:" + user + "@127.0.0.1", transport: transport}
	ue, err := participant.New(participant.Config{
		AOR: p.aor, Display: name, Server: d.addr(transport), Transport: transport,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", user, err)
	}
	p.ue = ue
	d.people = append(d.people, p)
	if _, err := ue.Listen(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", user, err)
	}
	return p, nil
}

// invited waits for an invitation.
func (p *person) invited(ctx context.Context) (*participant.Invitation, error) {
	select {
	case i := <-p.ue.Incoming():
		return i, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%s waits to be invited: %w", p.name, context.Cause(ctx))
	}
}

// asks asks the focus for something about one user.
func (p *person) asks(ctx context.Context, target string, ask func(context.Context, ...string) error) error {
	if err := ask(ctx, target); err != nil {
		return fmt.Errorf("%s asks about %s: %w", p.name, target, err)
	}
	return nil
}

// told waits until the focus reports what came of that.
func (p *person) told(ctx context.Context, target string, status int) error {
	return p.await(ctx, "the report on "+target, func(e participant.Event) (bool, error) {
		r, ok := e.(participant.Referral)
		if !ok || r.Target != target || !r.Final {
			return false, nil
		}
		if r.Status != status {
			return false, fmt.Errorf("told %d %s", r.Status, r.Reason)
		}
		return true, nil
	})
}

// departs waits until the focus has ended the session, and returns why.
func (p *person) departs(ctx context.Context) (reason string, err error) {
	for {
		select {
		case e, ok := <-p.conference.Events():
			left, last := e.(participant.Left)
			switch {
			case !ok || last && !left.ByFocus:
				return "", fmt.Errorf("%s leaves by himself: %s", p.name, left.Reason)
			case last:
				return left.Reason, nil
			}
		case <-ctx.Done():
			return "", fmt.Errorf("%s waits for the end: %w", p.name, context.Cause(ctx))
		}
	}
}

// knows waits until these are the nicknames in the roster.
func (p *person) knows(ctx context.Context, nicknames map[string]string) error {
	if maps.Equal(p.nicknames, nicknames) {
		return nil
	}
	return p.await(ctx, "the nicknames", func(participant.Event) (bool, error) {
		return maps.Equal(p.nicknames, nicknames), nil
	})
}

// list writes users for people.
func list(users []string) string {
	names := make([]string, len(users))
	for i, u := range users {
		names[i] = strings.ToUpper(u[:1]) + u[1:]
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func (d *demo) tell(p *person, format string, args ...any) {
	d.say("  %-6s %s", p.name, fmt.Sprintf(format, args...))
}

// send says something to everybody, or to one participant, and waits until the
// conference has taken it.
func (p *person) send(ctx context.Context, to, text string) error {
	id, err := p.conference.SendMessage(ctx, participant.Message{To: to, Body: []byte(text)})
	if err != nil {
		return fmt.Errorf("%s sends: %w", p.name, err)
	}
	return p.await(ctx, "the delivery of "+text, func(e participant.Event) (bool, error) {
		switch e := e.(type) {
		case participant.Delivered:
			return e.ID == id, nil
		case participant.Message:
			return false, fmt.Errorf("unexpected message %q", e.Text())
		}
		return false, nil
	})
}

// hears waits for a message, which must be the next one.
func (p *person) hears(ctx context.Context, from *person, text string, private bool) error {
	return p.await(ctx, "the message "+text, func(e participant.Event) (bool, error) {
		m, ok := e.(participant.Message)
		if !ok {
			return false, nil
		}
		if m.From != from.aor || m.Text() != text || m.Private != private {
			return false, fmt.Errorf("reads %q of %s (private: %v)", m.Text(), m.From, m.Private)
		}
		return true, nil
	})
}

// sees waits until exactly these users are in the roster.
func (p *person) sees(ctx context.Context, users ...string) error {
	if slices.Equal(p.present, users) {
		return nil
	}
	return p.await(ctx, "the roster "+strings.Join(users, ", "), func(participant.Event) (bool, error) {
		return slices.Equal(p.present, users), nil
	})
}

// await reads events until one is what is waited for.
func (p *person) await(ctx context.Context, what string, match func(participant.Event) (bool, error)) error {
	for {
		select {
		case e, ok := <-p.conference.Events():
			if !ok {
				return fmt.Errorf("%s waits for %s: the conference is gone", p.name, what)
			}
			p.note(e)
			done, err := p.judge(e, match)
			if err != nil {
				return fmt.Errorf("%s waits for %s: %w", p.name, what, err)
			}
			if done {
				return nil
			}
		case <-ctx.Done():
			return fmt.Errorf("%s waits for %s: %w", p.name, what, context.Cause(ctx))
		}
	}
}

func (p *person) judge(e participant.Event, match func(participant.Event) (bool, error)) (bool, error) {
	switch e := e.(type) {
	case participant.Failed:
		return false, fmt.Errorf("a message failed: %d %s", e.Status, e.Reason)
	case participant.Left:
		return false, errors.Join(fmt.Errorf("left: %s", e.Reason), e.Err)
	}
	return match(e)
}

// note remembers who is in the conference.
func (p *person) note(e participant.Event) {
	roster, ok := e.(participant.Roster)
	if !ok {
		return
	}
	p.present, p.nicknames = p.present[:0], make(map[string]string)
	for _, u := range roster.Users {
		if u.Status == "connected" {
			user, _, _ := strings.Cut(strings.TrimPrefix(u.URI, "sip:"), "@")
			p.present = append(p.present, user)
			p.nicknames[user] = u.Nickname
		}
	}
	slices.Sort(p.present)
}
