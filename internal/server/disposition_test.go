package server

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confab-chat/confab/imdn"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/participant"
)

// TestDispositions: everybody tells the author, the author alone hears it, and the
// conference adds nothing of its own.
func TestDispositions(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "IMDN-02", "IMDN-03", "IMDN-05")
	r := serve(t, func(c *config.Config) { c.Conferences[0].Policy.PrivateMessages = false })
	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	here := make(map[string]*participant.Conference)
	for _, name := range []string{"alice", "bob", "carol"} {
		c, err := r.ue(t, "tcp", name).Join(ctx, lobby, participant.Options{})
		if err != nil {
			t.Fatal(err)
		}
		here[name] = c
	}
	mute := r.guest("tcp", "dave").join(lobby).connect() // knows nothing of notifications
	id, err := here["alice"].SendMessage(ctx, participant.Message{
		Body: []byte("read this"), Ask: imdn.PositiveDelivery | imdn.NegativeDelivery | imdn.Display,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bob", "carol"} {
		m := hears(t, here[name], "alice", "read this", false)
		if name == "bob" {
			if err := here[name].Displayed(m.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	mute.hear("read this")

	// A message behind them shows that nothing else is on its way.
	if _, err := here["bob"].Send(ctx, "next"); err != nil {
		t.Fatal(err)
	}
	mute.hear("next")
	if told := notified(t, here["carol"], "next"); len(told) > 0 {
		t.Errorf("carol hears %v", told)
	}
	want := []participant.Notified{
		{ID: id, By: "sip:bob@example.test", Disposition: imdn.OfDelivery, Status: imdn.Delivered},
		{ID: id, By: "sip:bob@example.test", Disposition: imdn.OfDisplay, Status: imdn.Displayed},
		{ID: id, By: "sip:carol@example.test", Disposition: imdn.OfDelivery, Status: imdn.Delivered},
	}
	// Carol's comes by another connection than bob's message.
	if _, err := here["carol"].Send(ctx, "last"); err != nil {
		t.Fatal(err)
	}
	mute.hear("last")
	order := cmpopts.SortSlices(func(a, b participant.Notified) bool {
		return a.By < b.By || a.By == b.By && a.Disposition < b.Disposition
	})
	if diff := cmp.Diff(want, notified(t, here["alice"], "last"), order); diff != "" {
		t.Error(diff)
	}
}

// notified gathers the notifications up to a message.
func notified(t *testing.T, c *participant.Conference, last string) []participant.Notified {
	t.Helper()
	var told []participant.Notified
	timeout := time.After(testnet.Patience)
	for {
		select {
		case e := <-c.Events():
			switch e := e.(type) {
			case participant.Notified:
				told = append(told, e)
			case participant.Message:
				if e.Text() == last {
					return told
				}
			}
		case <-timeout:
			t.Fatalf("no %q", last)
		}
	}
}

// TestTyping lets the others see who writes.
func TestTyping(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COMP-02", "COMP-03")
	r := serve(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	alice := r.chat(ctx, "alice", lobby, false)
	alice.shows("joined", nil)
	bob, err := r.ue(t, "tcp", "bob").Join(ctx, lobby, participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err = bob.Typing(true); err != nil {
		t.Fatal(err)
	}
	alice.shows("typing", map[string]any{"from": "sip:bob@example.test", "active": true})
	id, err := bob.SendMessage(ctx, participant.Message{Body: []byte("here it is"), Ask: imdn.PositiveDelivery})
	if err != nil {
		t.Fatal(err)
	}
	alice.shows("typing", map[string]any{"active": false})
	alice.shows("message", map[string]any{"text": "here it is"})
	await(t, bob, func(e participant.Notified) bool { return e.ID == id && e.By == "sip:alice@example.test" })
	alice.types("/leave")
	if err := alice.ends(); err != nil {
		t.Error(err)
	}
}
