package instance_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
)

// TestSnapshots: a durable conference that people come to and go from is written down
// now and then, and is restored from there as what it was.
func TestSnapshots(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := local.New(local.Limits{Others: 40})
		keep := func(c *instance.Config) { c.Journal = j }
		h := newHouse(t, keep, open(durable)...)
		i := h.join(lobby(), "sip:alice@a.test", "alice1")
		h.atOnce(i, conference.Bar{At: time.Now(), Identity: "sip:mallory@a.test"})
		for n := range 100 {
			id := conference.EndpointID(fmt.Sprint("bob", n))
			h.join(lobby(), "sip:bob@a.test", id)
			h.atOnce(i, conference.Leave{At: time.Now(), Endpoint: id})
		}
		if n := strings.Count(h.recorders[0].kinds(), "snapshot"); n < 300/40 {
			t.Errorf("%d snapshots", n)
		}
		entries, err := j.Read(t.Context(), lobby().ID(), journal.LastSnapshot, 1000)
		if err != nil || len(entries) > 40 || entries[0].Event.Kind() != conference.KindSnapshot {
			t.Errorf("%d events are folded, %v", len(entries), err)
		}
		h.close()

		h = newHouse(t, keep, open(durable)...)
		if err := h.Restore(t.Context(), lobby().ID()); err != nil {
			t.Fatal(err)
		}
		h.status(lobby(), instance.Active)
		if got := h.recorders[0].kinds(); !strings.HasPrefix(got, "resumed departed") {
			t.Errorf("seen: %s", got)
		}
		if _, err := h.ask(lobby(), "sip:mallory@a.test", "m"); conference.CodeOf(err) != conference.CodeBarred {
			t.Errorf("barred: %v", err)
		}
		h.close()
	})
}

// greedy is a journal that always wants a snapshot, and may not take it.
type greedy struct {
	journal.Journal
	refuse  bool
	refused int
}

func (*greedy) WantsSnapshot(conference.ID) bool { return true }

func (g *greedy) Append(ctx context.Context, id conference.ID, after journal.Position, events ...conference.Event) (journal.Position, error) {
	if events[0].Kind() == conference.KindSnapshot && g.refuse {
		g.refused++
		return 0, errDisk
	}
	last, err := g.Journal.Append(ctx, id, after, events...)
	if err != nil {
		return 0, errors.Join(errDisk, err)
	}
	return last, nil
}

// TestSnapshotNotWritten: nothing comes of it, and it is not tried all the time; a
// conference that is not durable has none.
func TestSnapshotNotWritten(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]bool{"durable": true, "in memory": false} {
		t.Run(name, func(t *testing.T) {
			g := &greedy{Journal: local.New(local.Limits{}), refuse: true}
			room := open(func(d *instance.Definition) { d.Policy.History.Durable = keep })
			bubble(t, func(c *instance.Config) { c.Journal = g }, room, func(h *house) {
				i := h.join(lobby(), "sip:alice@a.test", "alice1")
				for n := range 5 {
					h.atOnce(i, post(fmt.Sprint(n)))
				}
				if want := map[bool]int{true: 1}[keep]; g.refused != want {
					t.Errorf("tried %d times", g.refused)
				}
				pass(2 * time.Second)
				g.refuse = false
				h.atOnce(i, post("x"))
				if got := strings.HasSuffix(h.recorders[0].kinds(), "posted snapshot"); got != keep {
					t.Errorf("seen: %s", h.recorders[0].kinds())
				}
			})
		})
	}
}
