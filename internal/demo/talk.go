package demo

import (
	"context"
)

// talk has everybody say something to everybody.
func (d *demo) talk(ctx context.Context) error {
	d.say("\nThey talk:")
	people := d.people[:3]
	for i, line := range []string{"Good morning, is the draft ready?", "Nearly. An hour, grüezi mitenand.", "Then lunch at noon 🍲"} {
		p := people[i]
		if err := p.send(ctx, "", line); err != nil {
			return err
		}
		d.tell(p, "says: %s", line)
		for _, other := range people {
			if other == p {
				continue
			}
			if err := other.hears(ctx, p, line, false); err != nil {
				return err
			}
			d.tell(other, "  reads %s: %s", p.name, line)
		}
	}
	return nil
}

// whisper has bob say something to carol alone; that alice hears nothing shows
// in the next act, whose message is the next she reads.
func (d *demo) whisper(ctx context.Context) error {
	d.say("\nBob has a word with Carol alone:")
	alice, bob, carol := d.people[0], d.people[1], d.people[2]
	const secret, open = "Between us: not even begun.", "See you all at noon."
	if err := bob.send(ctx, carol.aor, secret); err != nil {
		return err
	}
	if err := carol.hears(ctx, bob, secret, true); err != nil {
		return err
	}
	d.tell(carol, "  reads Bob, in private: %s", secret)
	if err := bob.send(ctx, "", open); err != nil {
		return err
	}
	for _, p := range []*person{alice, carol} {
		if err := p.hears(ctx, bob, open, false); err != nil {
			return err
		}
		d.tell(p, "  reads Bob: %s", open)
	}
	return nil
}
