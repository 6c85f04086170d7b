package instance_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
)

const (
	alice = conference.Identity("sip:alice@a.test")
	bob   = conference.Identity("sip:bob@a.test")
)

// promise has a URI promised, or fails.
func (h *house) promise(to conference.Identity) instance.Address {
	h.t.Helper()
	id, err := h.Promise(to)
	if err != nil {
		h.t.Fatal(err)
	}
	user := string(id[len("sip:") : len(id)-len("@"+domain)])
	if len(user) < 20 {
		h.t.Errorf("promised %s", id)
	}
	return instance.Address{User: user, Host: domain}
}

// redeem calls a promised URI.
func (h *house) redeem(a instance.Address, user conference.Identity, ep conference.EndpointID) (*instance.Instance, error) {
	h.t.Helper()
	var o outcome
	h.Redeem(a, instance.Founding{Subject: "x"}, admit(user, ep), o.done)
	synctest.Wait()
	if o.calls != 1 {
		h.t.Fatalf("done was called %d times", o.calls)
	}
	return o.instance, o.err
}

// refuses fails the test unless a URI is nothing to a user.
func (h *house) refuses(a instance.Address, user conference.Identity) {
	h.t.Helper()
	if _, err := h.redeem(a, user, "none"); !errors.Is(err, instance.ErrNotFound) {
		h.t.Errorf("%s calls %s: %v", user, a.ID(), err)
	}
}

func TestPromise(t *testing.T) {
	conform.Covers(t, "FOC-FAC-11")
	bubble(t, nil, nil, func(h *house) {
		a := h.promise(alice)
		if e := h.Lookup(a); e.Status != instance.Promised || e.PromisedTo != alice || e.Instance != nil || len(h.All()) != 0 {
			t.Errorf("%+v", e)
		}
		if err := h.Reserve(t.Context(), instance.Definition{Address: a}); !errors.Is(err, instance.ErrTaken) {
			t.Errorf("reserved: %v", err)
		}
		h.refuses(a, bob)
		if _, err := h.ask(a, alice, "alice1"); !errors.Is(err, instance.ErrNotFound) {
			t.Errorf("joined: %v", err)
		}
		i, err := h.redeem(a, alice, "alice1")
		if err != nil {
			t.Fatal(err)
		}
		h.must(i, conference.Connect{At: time.Now(), Endpoint: "alice1"})
		h.status(a, instance.Active)
		if again, err := h.redeem(a, alice, "alice2"); again != i || err != nil {
			t.Errorf("a second device: %v", err)
		}
		h.must(i, conference.End{At: time.Now(), Cause: conference.EndRequested})
		h.status(a, instance.Ended)
		h.refuses(a, alice)
	})
}

// A promise holds for a minute.
func TestPromiseLapses(t *testing.T) {
	conform.Covers(t, "FOC-FAC-11")
	bubble(t, nil, nil, func(h *house) {
		early := h.promise(alice)
		pass(time.Second)
		late := h.promise(alice)
		pass(time.Minute - time.Second - 1)
		h.status(early, instance.Promised)
		pass(1)
		h.status(early, instance.Unallocated)
		h.refuses(early, alice)
		if _, err := h.redeem(late, alice, "alice1"); err != nil {
			t.Error(err)
		}
	})
}

// What is promised counts like what was made of it, once, until it has gone.
func TestPromisesAreBounded(t *testing.T) {
	conform.Covers(t, "FOC-FAC-11", "FOC-FAC-12")
	limits := func(c *instance.Config) { c.MaxPerUser, c.MaxPromises = 2, 2 }
	bubble(t, limits, nil, func(h *house) {
		refused := func(to conference.Identity, want error) {
			t.Helper()
			if _, err := h.Promise(to); !errors.Is(err, want) {
				t.Errorf("%s: %v", to, err)
			}
		}
		a := h.promise(alice)
		h.promise(alice)
		refused(alice, instance.ErrUserLimit)
		i, err := h.redeem(a, alice, "alice1")
		if err != nil {
			t.Fatal(err)
		}
		h.must(i, conference.Connect{At: time.Now(), Endpoint: "alice1"})
		refused(alice, instance.ErrUserLimit)
		h.promise(bob)
		refused(bob, instance.ErrServerLimit)
		if n := h.Refused(); n != 3 {
			t.Errorf("%d refused", n)
		}
		pass(time.Minute)
		h.promise(alice)
		refused(alice, instance.ErrUserLimit) // one is alive
		h.must(i, conference.End{At: time.Now(), Cause: conference.EndRequested})
		synctest.Wait()
		h.promise(alice)
		refused(alice, instance.ErrUserLimit)
	})
}

// Only those who may make conferences are promised any.
func TestPromisedToCreators(t *testing.T) {
	creators := func(c *instance.Config) { c.Creators = conference.NewCircle(string(alice)) }
	bubble(t, creators, nil, func(h *house) {
		h.promise(alice)
		if _, err := h.Promise(bob); !errors.Is(err, instance.ErrNotCreator) {
			t.Errorf("%v", err)
		}
	})
}
