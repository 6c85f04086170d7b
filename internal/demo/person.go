package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/confab-chat/confab/participant"
)

// person is a participant of the demo.
type person struct {
	name, aor  string
	ue         *participant.UE
	conference *participant.Conference
	present    []string // users in the roster, by the user part of their URIs
}

// enter brings a person up.
func (d *demo) enter(user, name, transport string) (*person, error) {
	p := &person{name: name, aor: "sip:" + user + "@" + d.domain()}
	ue, err := participant.New(participant.Config{
		AOR: p.aor, Display: name, Server: d.addr(transport), Transport: transport,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", user, err)
	}
	p.ue = ue
	d.people = append(d.people, p)
	return p, nil
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

// leave leaves the conference.
func (p *person) leave(ctx context.Context) error {
	if err := p.conference.Leave(ctx); err != nil {
		return fmt.Errorf("%s leaves: %w", p.name, err)
	}
	return nil
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
	p.present = p.present[:0]
	for _, u := range roster.Users {
		if u.Status == "connected" {
			user, _, _ := strings.Cut(strings.TrimPrefix(u.URI, "sip:"), "@")
			p.present = append(p.present, user)
		}
	}
	slices.Sort(p.present)
}
