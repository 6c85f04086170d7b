package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/server"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
)

// patience is how long the whole conversation may take.
const patience = 15 * time.Second

// Config says where the demo writes.
type Config struct {
	Out  io.Writer
	Log  *slog.Logger // of the server
	Keep bool         // leave the server running until the context ends
}

// Run holds the conference. It returns nil only if every step was seen by
// everybody who should see it.
func Run(ctx context.Context, cfg Config) error {
	s, err := server.New(configuration(), cfg.Log) //nolint:contextcheck // it sends nothing yet
	if err != nil {
		return err
	}
	if err = s.Start(ctx); err != nil {
		return err
	}
	d := &demo{out: cfg.Out, server: s}
	err = d.play(ctx)
	if err == nil && cfg.Keep {
		d.say("The server goes on until you press Ctrl-C. Join it from another terminal:")
		d.say("  confab chat sip:lobby@%s --server %s --transport tcp --as sip:you@%s", d.domain(), d.addr("tcp"), d.domain())
		<-ctx.Done()
	}
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return errors.Join(err, s.Shutdown(down))
}

// configuration is the local profile on free ports.
func configuration() *config.Config {
	cfg := config.LocalProfile()
	cfg.SIP.Listen = []config.Listener{
		{Network: "udp", Address: "127.0.0.1:0"},
		{Network: "tcp", Address: "127.0.0.1:0"},
	}
	cfg.MSRP.Listen = []config.Listener{{Network: "tcp", Address: "127.0.0.1:0"}}
	cfg.HTTP.Listen = "127.0.0.1:0"
	cfg.Notify.MinInterval = 100 * time.Millisecond
	return cfg
}

type demo struct {
	out    io.Writer
	server *server.Server
	people []*person
}

// say prints a line; nobody is told if the reader is gone.
func (d *demo) say(format string, args ...any) { _, _ = fmt.Fprintf(d.out, format+"\n", args...) }

func (d *demo) domain() string { return config.LocalProfile().Domain }

func (d *demo) addr(transport string) string {
	addr, _ := d.server.Addr("sip", transport)
	return addr.String()
}

// play goes through the acts.
func (d *demo) play(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d.say("A server on this machine:")
	for _, l := range d.server.Listening() {
		d.say("  %-4s %-3s %s", l.Proto, l.Transport, l.Addr)
	}
	defer d.dismiss(ctx)
	for _, act := range []func(context.Context) error{d.gather, d.talk, d.whisper, d.part} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	d.say("\nEverybody saw everything: the conference works.")
	return nil
}

// dismiss closes what a failed act has left open.
func (d *demo) dismiss(ctx context.Context) {
	for _, p := range d.people {
		_ = p.ue.Close(ctx) // the outcome of the acts is known
	}
}

// gather has alice create a conference through the factory, and the others join
// it by its URI.
func (d *demo) gather(ctx context.Context) error {
	d.say("\nAlice creates a conference through the factory, Bob and Carol join it:")
	alice, err := d.enter("alice", "Alice", "tcp")
	if err != nil {
		return err
	}
	alice.conference, err = alice.ue.Create(ctx, "sip:factory@"+d.domain(), participant.Options{Subject: "Demo"})
	if err != nil {
		return fmt.Errorf("alice creates: %w", err)
	}
	d.tell(alice, "is in %s", alice.conference.URI())
	for _, who := range []struct{ user, name, transport string }{{"bob", "Bob", "udp"}, {"carol", "Carol", "tcp"}} {
		p, err := d.enter(who.user, who.name, who.transport)
		if err != nil {
			return err
		}
		p.conference, err = p.ue.Join(ctx, alice.conference.URI(), participant.Options{})
		if err != nil {
			return fmt.Errorf("%s joins: %w", who.user, err)
		}
		d.tell(p, "joins over %s", who.transport)
	}
	for _, p := range d.people {
		if err := p.sees(ctx, "alice", "bob", "carol"); err != nil {
			return err
		}
		d.tell(p, "sees Alice, Bob and Carol in the roster")
	}
	return nil
}

// talk has everybody say something to everybody.
func (d *demo) talk(ctx context.Context) error {
	d.say("\nThey talk:")
	for i, line := range []string{"Good morning, is the draft ready?", "Nearly. An hour, grüezi mitenand.", "Then lunch at noon 🍲"} {
		p := d.people[i]
		if err := p.send(ctx, "", line); err != nil {
			return err
		}
		d.tell(p, "says: %s", line)
		for _, other := range d.people {
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

// part has them leave one after the other; with the last one the conference is
// over.
func (d *demo) part(ctx context.Context) error {
	d.say("\nThey leave:")
	alice, bob, carol := d.people[0], d.people[1], d.people[2]
	if err := carol.leave(ctx); err != nil {
		return err
	}
	d.tell(carol, "leaves")
	for _, p := range []*person{alice, bob} {
		if err := p.sees(ctx, "alice", "bob"); err != nil {
			return err
		}
		d.tell(p, "sees Alice and Bob in the roster")
	}
	for _, p := range []*person{bob, alice} {
		if err := p.leave(ctx); err != nil {
			return err
		}
		d.tell(p, "leaves")
	}
	switch _, err := alice.ue.Join(ctx, alice.conference.URI(), participant.Options{}); {
	case err == nil:
		return errors.New("the conference outlives its last participant")
	case !errors.Is(err, &sip.Error{Status: 404}):
		return fmt.Errorf("alice joins a conference that is over: %w", err)
	}
	d.tell(alice, "finds that the conference is over: 404 Not Found")
	return nil
}
