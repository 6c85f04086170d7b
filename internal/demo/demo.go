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
)

// patience is how long the whole conversation may take.
const patience = 2 * time.Minute

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
		if web, ok := d.server.Addr("http", "tcp"); ok {
			d.say("  confab conference list --api http://%s", web)
		}
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
	cfg.Limits.CPUWait = 0 // it works on a busy machine, too
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
	for _, act := range []func(context.Context) error{
		d.create, d.invite, d.name, d.talk, d.whisper, d.remove, d.end,
	} {
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
