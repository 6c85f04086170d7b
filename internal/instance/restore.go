package instance

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// Restore goes on with conferences that the server before this one has left
// behind, by crash or by shutdown: with bars, roles, lock and history, and
// without anybody, who has the grace of a lost leg to come back. Subject, policy
// and members are those of the record, if there is one. It is called once, before
// anybody joins. A conference whose journal cannot be read is left
// out, and the error tells of the first such.
func (d *Directory) Restore(ctx context.Context, ids ...conference.ID) error {
	var first error
	for _, id := range ids {
		if err := d.restore(ctx, id); err != nil {
			d.cfg.Log.LogAttrs(ctx, slog.LevelError, "conference not restored",
				slog.String("conference", string(id)), slog.Any("error", err))
			if first == nil {
				first = fmt.Errorf("%s: %w", id, err)
			}
		}
	}
	return first
}

func (d *Directory) restore(ctx context.Context, id conference.ID) error {
	a, err := ParseAddress(id)
	if err != nil {
		return err
	}
	// All in one page: between pages there may be holes.
	entries, err := d.cfg.Journal.Read(ctx, id, journal.LastSnapshot, math.MaxInt32)
	if err != nil {
		return err
	}
	var state conference.State
	for _, e := range entries {
		state.Apply(e.Position, e.Event)
	}
	if !state.Resumable() || state.ID() != id {
		return nil
	}
	d.mu.Lock()
	if d.alive[a] != nil {
		d.mu.Unlock()
		return ErrTaken
	}
	var founder conference.Identity
	if state.Origin() == conference.FromFactory {
		founder = state.Owner()
	}
	i := d.add(a, conference.Create{ID: id}, founder)
	i.state = state
	i.resumes = true
	def := d.reserved[a]
	d.mu.Unlock()
	i.start()
	if def != nil {
		i.Do(conference.Change{At: time.Now(), Subject: &def.Subject, Policy: &def.Policy, Members: &def.Members}, nil)
	}
	resumed := make(chan struct{})
	if i.Look(func(*conference.State) { close(resumed) }) == nil {
		<-resumed
	}
	return nil
}

// resume is the first that a restored instance does. It reports whether the
// conference goes on.
func (i *Instance) resume(ctx context.Context) bool {
	if !i.resumes {
		return true
	}
	err := i.carryOut(ctx, conference.Resume{At: time.Now()}).Err
	if err != nil {
		i.log.LogAttrs(ctx, slog.LevelError, "conference not resumed", slog.Any("error", err))
		i.abandon(i.queue.close(ErrEnded))
	}
	return err == nil
}

// ParseAddress returns the parts of a canonical conference URI.
func ParseAddress(id conference.ID) (Address, error) {
	rest, ok := strings.CutPrefix(string(id), "sip:")
	user, host, at := strings.Cut(rest, "@")
	if !ok || !at || user == "" || host == "" {
		return Address{}, fmt.Errorf("instance: %q is no conference URI", string(id))
	}
	decoded, err := url.PathUnescape(user)
	if err != nil {
		return Address{}, fmt.Errorf("instance: %q is no conference URI: %w", string(id), err)
	}
	return Address{User: decoded, Host: host}, nil
}
