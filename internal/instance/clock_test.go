package instance_test

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
)

// endsAfter waits until the conference is gone and checks when and why it was.
func (h *house) endsAfter(i *instance.Instance, want time.Duration, cause conference.EndCause) {
	h.t.Helper()
	begun := time.Now()
	<-i.Gone()
	if waited := time.Since(begun); waited != want {
		h.t.Errorf("ended after %v, want %v", waited, want)
	}
	for _, r := range h.recorders {
		if r.instance == i && r.end(h.t) != cause {
			h.t.Errorf("ended by %v, want %v", r.end(h.t), cause)
		}
	}
}

func TestLostConferenceIsWaitedFor(t *testing.T) {
	conform.Covers(t, "FOC-TRM-07")
	lost := conference.CauseLost
	bubble(t, nil, nil, func(h *house) {
		i := h.create()
		h.must(i, conference.Lock{At: time.Now(), Locked: true})
		h.must(i, conference.Leave{At: time.Now(), Endpoint: "alice1", Cause: lost})
		h.status(i.Address(), instance.Active)
		pass(59 * time.Second)
		if back := h.join(i.Address(), "sip:alice@a.test", "alice2"); back != i {
			t.Error("alice came into another conference")
		}
		pass(time.Hour)
		h.status(i.Address(), instance.Active)
		h.must(i, conference.Leave{At: time.Now(), Endpoint: "alice2", Cause: lost})
		h.endsAfter(i, time.Minute, conference.EndEmpty)

		i = h.create()
		h.must(i, conference.Leave{At: time.Now(), Endpoint: "alice1"})
		h.endsAfter(i, 0, conference.EndEmpty)
	})
}

func TestLostLegTakesItsEndpointOut(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		i := h.create()
		h.join(i.Address(), "sip:bob@b.test", "bob1")
		h.must(i, conference.LoseLeg{At: time.Now(), Endpoint: "bob1"})
		pass(30 * time.Second)
		h.must(i, conference.LoseLeg{At: time.Now(), Endpoint: "alice1"})
		pass(29 * time.Second)
		r := h.recorders[0]
		if r.users != 2 {
			t.Errorf("%d users within the grace", r.users)
		}
		h.must(i, conference.RestoreLeg{At: time.Now(), Endpoint: "alice1"})
		pass(time.Second)
		h.status(i.Address(), instance.Active)
		if gone, ok := r.events[len(r.events)-1].(conference.Departed); !ok || gone.Endpoint != "bob1" || r.users != 1 {
			t.Errorf("seen %s, %d users", r.kinds(), r.users)
		}
	})
}

func TestFounderWhoNeverConnects(t *testing.T) {
	bubble(t, nil, open(nil), func(h *house) {
		i, err := h.ask(lobby(), "sip:alice@a.test", "alice1")
		if err != nil {
			t.Fatal(err)
		}
		h.status(lobby(), instance.Creating)
		h.endsAfter(i, time.Minute, conference.EndNobody)
		h.status(lobby(), instance.Reserved)

		if i, err = h.ask(lobby(), "sip:alice@a.test", "alice1"); err != nil {
			t.Fatal(err)
		}
		h.must(i, conference.Withdraw{At: time.Now(), Endpoint: "alice1", Cause: conference.CauseCancelled})
		h.endsAfter(i, 0, conference.EndNobody)
		h.status(lobby(), instance.Reserved)
	})
}

func TestMaximumDuration(t *testing.T) {
	bubble(t, nil, nil, func(h *house) {
		h.endsAfter(h.create(), 24*time.Hour, conference.EndDuration)
	})
}
