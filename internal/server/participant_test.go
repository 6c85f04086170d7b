package server

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
)

// ue makes a participant of the library who calls this server over a transport.
func (r *rig) ue(t *testing.T, network, name string) *participant.UE {
	t.Helper()
	return r.ueWith(t, network, name, nil)
}

// ueWith is ue with other settings.
func (r *rig) ueWith(t *testing.T, network, name string, change func(*participant.Config)) *participant.UE {
	t.Helper()
	cfg := participant.Config{
		AOR: "sip:" + name + "@example.test", Display: strings.ToUpper(name),
		Server: r.address("sip", network), Transport: network,
	}
	if change != nil {
		change(&cfg)
	}
	u, err := participant.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), testnet.Patience)
		defer cancel()
		if err := u.Close(ctx); err != nil {
			t.Error(err)
		}
	})
	return u
}

// await returns the next event that is an E and fits.
func await[E participant.Event](t *testing.T, c *participant.Conference, fits func(E) bool) E {
	t.Helper()
	timeout := time.After(testnet.Patience)
	for {
		select {
		case e, open := <-c.Events():
			if !open {
				t.Fatalf("left before a %T", *new(E))
			}
			if e, ok := e.(E); ok && fits(e) {
				return e
			}
		case <-timeout:
			t.Fatalf("no %T that fits", *new(E))
		}
	}
}

// hears waits for a message.
func hears(t *testing.T, c *participant.Conference, from, text string, private bool) participant.Message {
	t.Helper()
	return await(t, c, func(m participant.Message) bool {
		return m.From == "sip:"+from+"@example.test" && m.Text() == text && m.Private == private
	})
}

// sees waits for a roster of just these.
func sees(t *testing.T, c *participant.Conference, names ...string) {
	t.Helper()
	await(t, c, func(r participant.Roster) bool {
		var here []string
		for _, u := range r.Users {
			if u.Status == "connected" {
				here = append(here, strings.TrimSuffix(strings.TrimPrefix(u.URI, "sip:"), "@example.test"))
			}
		}
		slices.Sort(here)
		return slices.Equal(here, names)
	})
}

func TestParticipants(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-01", "PAR-CRE-06", "PAR-GEN-06", "PAR-LVE-02")
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := serve(t, nil)
			ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
			defer cancel()
			a, err := r.ue(t, network, "alice").Create(ctx, factory, participant.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(a.URI(), "@conf.localhost") || a.URI() == factory {
				t.Errorf("created %s", a.URI())
			}
			b, err := r.ue(t, network, "bob").Join(ctx, a.URI(), participant.Options{})
			if err != nil {
				t.Fatal(err)
			}
			// The address of the moment leads there as well as the name.
			c, err := r.ue(t, network, "carol").Join(ctx, b.FocusURI(), participant.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range []*participant.Conference{a, b, c} {
				sees(t, x, "alice", "bob", "carol")
			}
			id, err := a.Send(ctx, "hello")
			if err != nil {
				t.Fatal(err)
			}
			hears(t, b, "alice", "hello", false)
			if m := hears(t, c, "alice", "hello", false); m.Display != "ALICE" || m.Seq == 0 {
				t.Errorf("%+v", m)
			}
			await(t, a, func(e participant.Delivered) bool { return e.ID == id })
			if _, err = b.SendMessage(ctx, participant.Message{To: "sip:alice@example.test", Body: []byte("psst")}); err != nil {
				t.Fatal(err)
			}
			hears(t, a, "bob", "psst", true)

			if err := c.Leave(ctx); err != nil {
				t.Error(err)
			}
			await(t, c, func(participant.Left) bool { return true })
			sees(t, a, "alice", "bob")

			r.ended = true
			if err := r.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			await(t, a, func(e participant.Left) bool { return e.ByFocus })
			await(t, b, func(e participant.Left) bool { return e.ByFocus })
		})
	}
}

func TestParticipantRefused(t *testing.T) {
	t.Parallel()
	r := serve(t, nil)
	_, err := r.ue(t, "udp", "alice").Join(t.Context(), nowhere, participant.Options{})
	if !errors.Is(err, &sip.Error{Status: 404}) {
		t.Errorf("joined: %v", err)
	}
}

// TestManyParticipants has UEs of one process hear each other.
func TestManyParticipants(t *testing.T) {
	t.Parallel()
	const all = 50
	r := serve(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	before := runtime.NumGoroutine()
	here := make([]*participant.Conference, all)
	var joining sync.WaitGroup
	for i := range here {
		u := r.ue(t, []string{"udp", "tcp"}[i%2], "u"+strconv.Itoa(i))
		joining.Go(func() {
			c, err := u.Join(ctx, lobby, participant.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			here[i] = c
		})
	}
	joining.Wait()
	if t.Failed() {
		t.FailNow()
	}
	t.Logf("%d goroutines for each participant, both sides", (runtime.NumGoroutine()-before)/all)
	if _, err := here[0].Send(ctx, "everybody?"); err != nil {
		t.Fatal(err)
	}
	for _, c := range here[1:] {
		hears(t, c, "u0", "everybody?", false)
	}
	joining.Wait()
	var leaving sync.WaitGroup
	for _, c := range here {
		leaving.Go(func() {
			if err := c.Leave(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	leaving.Wait()
	r.vacant()
}
