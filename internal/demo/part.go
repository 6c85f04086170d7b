package demo

import (
	"context"
	"errors"
	"fmt"

	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
)

// remove has alice, who owns the conference, remove carol.
func (d *demo) remove(ctx context.Context) error {
	d.say("\nAlice removes Carol; it is her conference:")
	alice, bob, carol := d.people[0], d.people[1], d.people[2]
	if err := bob.conference.Remove(ctx, alice.aor); !errors.Is(err, &sip.Error{Status: 403}) {
		return fmt.Errorf("bob removes the owner: %w", err)
	}
	d.tell(bob, "cannot remove Alice: 403")
	if err := alice.asks(ctx, carol.aor, alice.conference.Remove); err != nil {
		return err
	}
	reason, err := carol.departs(ctx)
	if err != nil {
		return err
	}
	d.tell(carol, "is out: %s", reason)
	if err := alice.told(ctx, carol.aor, 200); err != nil {
		return err
	}
	d.tell(alice, "is told: 200 OK")
	uri := carol.conference.URI()
	carol.conference = nil
	if err := d.all(ctx, "alice", "bob"); err != nil {
		return err
	}
	if err := carol.barred(ctx, uri, 403); err != nil {
		return err
	}
	d.tell(carol, "cannot come back uninvited: 403 Forbidden")
	return nil
}

// end has alice end the conference.
func (d *demo) end(ctx context.Context) error {
	d.say("\nAlice ends the conference:")
	alice, bob := d.people[0], d.people[1]
	uri := alice.conference.URI()
	if err := alice.conference.End(ctx); err != nil {
		return fmt.Errorf("alice ends the conference: %w", err)
	}
	for _, p := range []*person{bob, alice} {
		reason, err := p.departs(ctx)
		if err != nil {
			return err
		}
		d.tell(p, "is out: %s", reason)
	}
	if err := bob.barred(ctx, uri, 404); err != nil {
		return err
	}
	d.tell(bob, "finds that the conference is over: 404 Not Found")
	return nil
}

// barred finds out that a conference does not take one any more.
func (p *person) barred(ctx context.Context, uri string, status int) error {
	_, err := p.ue.Join(ctx, uri, participant.Options{})
	if err == nil {
		return fmt.Errorf("%s joins once more", p.name)
	}
	if !errors.Is(err, &sip.Error{Status: status}) {
		return fmt.Errorf("%s joins once more: %w", p.name, err)
	}
	return nil
}
