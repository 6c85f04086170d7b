package store_test

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

// TestReleasedHistoryIsGone gives the URI of a durable conference back, before and
// after its conference ends: nothing of what was said is left for who gets it next.
func TestReleasedHistoryIsGone(t *testing.T) {
	t.Parallel()
	for name, steps := range map[string][2]func(n *node, a instance.Address) error{
		"ended, then released": {(*node).finish, (*node).release}, "released, then ended": {(*node).release, (*node).finish},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, store.Options{})
			log := local.Open(local.Limits{}, db)
			d, err := instance.NewDirectory(instance.Config{Journal: log, Domain: "conf.example.test", Registry: db})
			if err != nil {
				t.Fatal(err)
			}
			n, a := &node{d, t, db}, here("room")
			if err := n.Reserve(t.Context(), reserved("room", true)); err != nil {
				t.Fatal(err)
			}
			if err := n.join(a, "sip:alice@example.test", "one"); err != nil {
				t.Fatal(err)
			}
			n.must(a, conference.Post{Message: &conference.Message{At: time.Now(), ID: "id", ContentType: "text/plain", Body: []byte("secret")}})
			left := func() int {
				entries, err := log.Messages(t.Context(), a.ID(), journal.AnyPosition, 10)
				if err != nil {
					t.Error(err)
				}
				return len(entries)
			}
			gone := n.Lookup(a).Instance.Gone()
			for k, step := range steps {
				if err := step(n, a); err != nil {
					t.Error(err)
				}
				if k == 0 && left() != 1 {
					t.Error("it is gone too early")
				}
			}
			<-gone
			if err := n.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			if left() != 0 {
				t.Error("something is left")
			}
		})
	}
}

func (n *node) release(a instance.Address) error { return n.Release(n.t.Context(), a) }

// finish ends the conference.
func (n *node) finish(a instance.Address) error {
	gone := n.Lookup(a).Instance.Gone()
	err := n.do(a, conference.End{At: time.Now(), Cause: conference.EndRequested})
	<-gone
	return err
}
