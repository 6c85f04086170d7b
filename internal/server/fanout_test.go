package server

import (
	"fmt"
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

// TestTwoHundred has 200 participants join at once, over TCP and UDP in turn, and
// then 20 of them send a message each at the same time. Everybody else gets each
// message once, and all in the same order.
func TestTwoHundred(t *testing.T) {
	conform.Covers(t, "SW-PUB-04", "SW-PUB-05", "SW-PUB-12", "FOC-CRE-04", "SW-GEN-01")
	const users, senders = 200, 20
	r := serve(t, nil)
	guests := make([]*guest, users)
	for i := range guests {
		guests[i] = r.guest([]string{"tcp", "udp"}[i%2], fmt.Sprintf("user%d", i))
	}
	together(guests, func(_ int, g *guest) { g.join(lobby).connect() })
	if n := r.mixer.Legs(); n != users {
		t.Fatalf("%d legs", n)
	}
	heard := make([][]string, users)
	together(guests, func(i int, g *guest) {
		want := senders
		tid := ""
		if i < senders {
			tid = g.msrp.Send("msg", "message/cpim", cpim(g.aor(), lobby, g.name))
			want-- // not his own
		}
		for len(heard[i]) < want || tid != "" {
			m := g.msrp.Next()
			if m.Status != 0 {
				if m.TID != tid || m.Status != 200 {
					t.Errorf("%s: %d to %s", g.name, m.Status, m.TID)
				}
				tid = ""
				continue
			}
			g.msrp.Answer(m, 200)
			heard[i] = append(heard[i], text(m))
		}
	})
	order := heard[users-1]
	for i, got := range heard {
		k := 0
		for _, name := range order {
			if name == guests[i].name {
				continue
			}
			if k >= len(got) || got[k] != name {
				t.Fatalf("%s heard %v, others %v", guests[i].name, got, order)
			}
			k++
		}
	}
	// Nothing else is under way to anybody: the next message is the next heard.
	guests[0].say("last")
	together(guests[1:], func(_ int, g *guest) { g.hear("last") })
	together(guests, func(_ int, g *guest) { g.leave() })
	r.vacant()
}

// together does something for all guests at once.
func together(guests []*guest, f func(int, *guest)) {
	var all sync.WaitGroup
	for i, g := range guests {
		all.Go(func() { f(i, g) })
	}
	all.Wait()
}
