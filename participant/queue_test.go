package participant

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/confab-chat/confab/msrp"
)

func TestQueueOverflow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(nil)
		body := make([]byte, queueLimit/64)
		const all = 200
		for i := range all {
			q.put(Message{ID: fmt.Sprint(i), Body: body})
		}
		q.put(Roster{Users: []User{{URI: "old"}}})
		q.put(Roster{Users: []User{{URI: "new"}}})
		synctest.Wait()
		if q.size > queueLimit {
			t.Errorf("%d octets wait", q.size)
		}
		q.finish(Left{Reason: "done"})
		q.put(Delivered{ID: "late"})
		got, dropped, rosters, before := 0, 0, 0, -1
		var last Event
		for e := range q.out {
			switch e := e.(type) {
			case Message:
				i, err := strconv.Atoi(e.ID)
				if err != nil || i <= before {
					t.Errorf("message %s behind %d", e.ID, before)
				}
				before = i
				got++
			case Roster:
				rosters++
				if e.Users[0].URI != "new" {
					t.Error("an old roster before a newer one")
				}
			case Overflow:
				dropped += e.Dropped
			}
			last = e
		}
		if got < 60 || got+dropped+rosters < all || dropped == 0 {
			t.Errorf("%d messages, %d dropped, %d rosters", got, dropped, rosters)
		}
		if _, ok := last.(Left); !ok {
			t.Errorf("last event %T", last)
		}
	})
}

func TestQueueShut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(*testing.T) {
		shut := make(chan struct{})
		q := newQueue(shut)
		for range 100 {
			q.put(Delivered{})
		}
		q.finish(Left{})
		close(shut) // nobody reads: the bubble ends only if the goroutine does
	})
}

func TestOutbox(t *testing.T) {
	t.Parallel()
	var o outbox
	var given []string
	for i := range unconfirmedMax + 2 {
		_, id := o.add(msrp.Message{ID: fmt.Sprint(i)})
		if id != "" {
			given = append(given, id)
		}
	}
	if fmt.Sprint(given) != "[0 1]" || len(o.items) != unconfirmedMax {
		t.Errorf("given up %v, %d left", given, len(o.items))
	}
	o.answer(3)
	if id, ok := o.take(4); id != "3" || !ok {
		t.Errorf("took %s, %v", id, ok)
	}
	if _, ok := o.take(4); ok {
		t.Error("took it twice")
	}
	if !o.takeID("9") || o.takeID("9") {
		t.Error("an id is there once")
	}
	if again := o.unanswered(); len(again) != unconfirmedMax-3 || again[0].ref != 5 {
		t.Errorf("%d to send again", len(again))
	}
}
