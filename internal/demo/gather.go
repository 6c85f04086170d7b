package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/participant"
)

// create has alice create a conference through the factory, with bob in the list of
// whom the focus is to call.
func (d *demo) create(ctx context.Context) error {
	d.say("\nAlice creates a conference through the factory, and names Bob in a list of whom to call:")
	alice, err := d.enter(ctx, "alice", "Alice", "tcp")
	if err != nil {
		return err
	}
	bob, err := d.enter(ctx, "bob", "Bob", "udp")
	if err != nil {
		return err
	}
	alice.conference, err = alice.ue.Create(ctx, "sip:factory@"+d.domain(), participant.Options{
		Subject: "Demo", Invite: []participant.Invitee{{URI: bob.ue.Contact(), Copy: "to"}},
	})
	if err != nil {
		return fmt.Errorf("alice creates: %w", err)
	}
	d.tell(alice, "is in %s", alice.conference.URI())
	if err = d.pickUp(ctx, bob, alice); err != nil {
		return err
	}
	return d.all(ctx, "alice", "bob")
}

// pickUp has somebody accept the call that he gets at the wish of another.
func (d *demo) pickUp(ctx context.Context, p, by *person) error {
	i, err := p.invited(ctx)
	if err != nil {
		return err
	}
	if i.Conference != by.conference.URI() || i.By != by.aor {
		return fmt.Errorf("%s is called into %s by %s", p.name, i.Conference, i.By)
	}
	d.tell(p, "is called into it, as %s wishes", by.name)
	if p.conference, err = i.Accept(ctx); err != nil {
		return fmt.Errorf("%s accepts: %w", p.name, err)
	}
	d.tell(p, "accepts, over %s", p.transport)
	return nil
}

// all waits until everybody sees who is here.
func (d *demo) all(ctx context.Context, users ...string) error {
	for _, p := range d.people {
		if p.conference == nil {
			continue
		}
		if err := p.sees(ctx, users...); err != nil {
			return err
		}
		d.tell(p, "sees in the roster: %s", list(users))
	}
	return nil
}

// invite has alice ask the focus by REFER to call carol, and dora, who declines.
func (d *demo) invite(ctx context.Context) error {
	d.say("\nAlice invites Carol, and Dora, who has no time, by REFER:")
	alice := d.people[0]
	carol, err := d.enter(ctx, "carol", "Carol", "tcp")
	if err != nil {
		return err
	}
	if err = alice.asks(ctx, carol.ue.Contact(), alice.conference.Invite); err != nil {
		return err
	}
	if err = d.pickUp(ctx, carol, alice); err != nil {
		return err
	}
	if err = alice.told(ctx, carol.ue.Contact(), 200); err != nil {
		return err
	}
	d.tell(alice, "is told: 200 OK")
	dora, err := d.enter(ctx, "dora", "Dora", "udp")
	if err != nil {
		return err
	}
	if err = alice.asks(ctx, dora.ue.Contact(), alice.conference.Invite); err != nil {
		return err
	}
	i, err := dora.invited(ctx)
	if err != nil {
		return err
	}
	i.Decline(0)
	d.tell(dora, "declines")
	if err = alice.told(ctx, dora.ue.Contact(), 603); err != nil {
		return err
	}
	d.tell(alice, "is told: 603 Decline")
	return d.all(ctx, "alice", "bob", "carol")
}

// name has bob take a nickname that carol cannot have then.
func (d *demo) name(ctx context.Context) error {
	d.say("\nBob and Carol take nicknames:")
	bob, carol := d.people[1], d.people[2]
	if err := bob.conference.SetNickname(ctx, "The Owl"); err != nil {
		return fmt.Errorf("bob takes a nickname: %w", err)
	}
	d.tell(bob, "is The Owl")
	err := carol.conference.SetNickname(ctx, "the owl")
	if taken := (*msrp.Error)(nil); !errors.As(err, &taken) || taken.Status != 425 {
		return fmt.Errorf("carol takes bob's nickname: %w", err)
	}
	d.tell(carol, "would be the owl, and is refused: 425, it is his")
	if err := carol.conference.SetNickname(ctx, "Café"); err != nil {
		return fmt.Errorf("carol takes a nickname: %w", err)
	}
	d.tell(carol, "is Café")
	for _, p := range d.people[:3] {
		if err := p.knows(ctx, map[string]string{"alice": "", "bob": "The Owl", "carol": "Café"}); err != nil {
			return err
		}
	}
	d.say("  All three see both nicknames in the roster")
	return nil
}
