package journaltest

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

func (s suite) appendAndRead() {
	t, j := s.t, s.j
	first := appended(t, j, room, created(false), posted("a"))
	second := appended(t, j, room, posted("b"))
	if first == 0 || second <= first {
		t.Errorf("positions %d and %d", first, second)
	}
	entries := readAll(t, j)
	if got := texts(t, entries); !slices.Equal(got, []string{"created", "a", "b"}) {
		t.Fatalf("read %q", got)
	}
	if entries[1].Position != first || entries[2].Position != second {
		t.Errorf("read %v, appended at %d and %d", entries, first, second)
	}
}

func (s suite) appendNothing() {
	t, j := s.t, s.j
	last := appended(t, j, room, posted("a"))
	if got, err := j.Append(t.Context(), room, last); err != nil || got != last {
		t.Errorf("position %d, error %v", got, err)
	}
}

func (s suite) appendBehindAPosition() {
	t, j := s.t, s.j
	last, err := j.Append(t.Context(), room, 0, posted("a"))
	if err != nil {
		t.Fatal(err)
	}
	if last, err = j.Append(t.Context(), room, last, posted("b"), posted("c")); err != nil {
		t.Fatal(err)
	}
	for _, after := range []journal.Position{0, last - 1, last + 1} {
		_, err := j.Append(t.Context(), room, after, posted("x"), posted("y"))
		conflict, ok := errors.AsType[*journal.ConflictError](err)
		if !ok || conflict.Last != last {
			t.Errorf("behind %d: error %v, want a conflict that tells %d", after, err, last)
		}
	}
	if _, err := j.Append(t.Context(), "sip:other@conf.example.test", 5, posted("x")); err == nil {
		t.Error("an empty log ended at 5")
	}
	if got := texts(t, readAll(t, j)); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("read %q", got)
	}
}

func (s suite) batchesStayTogether() {
	t, j := s.t, s.j
	const writers, batches, size = 4, 4, 3
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for b := range batches {
				var events []conference.Event
				for n := range size {
					events = append(events, posted(fmt.Sprintf("%d.%d.%d", w, b, n)))
				}
				if _, err := j.Append(t.Context(), room, journal.AnyPosition, events...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	entries := readAll(t, j)
	if len(entries) != writers*batches*size {
		t.Fatalf("%d events", len(entries))
	}
	for i, e := range entries {
		var w, b, n int
		if _, err := fmt.Sscanf(text(e.Event), "%d.%d.%d", &w, &b, &n); err != nil {
			t.Fatal(err)
		}
		if n != i%size {
			t.Fatalf("event %d is %s: something came between", i, text(e.Event))
		}
		if n > 0 && e.Position != entries[i-1].Position+1 {
			t.Errorf("positions %d and %d in one batch", entries[i-1].Position, e.Position)
		}
	}
}

func (s suite) manyWritersOneOrder() {
	t, j := s.t, s.j
	const writers, each = 5, 10
	followers := []*follower{follow(t, j, room, 0), follow(t, j, room, 0)}
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for n := range each {
				if _, err := j.Append(t.Context(), room, journal.AnyPosition, posted(fmt.Sprintf("%d.%d", w, n))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	first := texts(t, followers[0].next(t, writers*each))
	second := texts(t, followers[1].next(t, writers*each))
	wg.Wait()
	if !slices.Equal(first, second) {
		t.Errorf("two followers saw\n%q\n%q", first, second)
	}
	if got := texts(t, readAll(t, j)); !slices.Equal(got, first) {
		t.Errorf("read %q, followed %q", got, first)
	}
	next := make(map[int]int)
	for _, s := range first {
		var w, n int
		if _, err := fmt.Sscanf(s, "%d.%d", &w, &n); err != nil {
			t.Fatal(err)
		}
		if n != next[w] {
			t.Fatalf("writer %d: event %d after %d", w, n, next[w]-1)
		}
		next[w]++
	}
}

func (s suite) racingWritersOneWins() {
	t, j := s.t, s.j
	last := appended(t, j, room, posted("a"))
	const writers = 8
	var wg sync.WaitGroup
	won := make(chan journal.Position, writers)
	for range writers {
		wg.Go(func() {
			at, err := j.Append(t.Context(), room, last, posted("b"))
			switch _, conflict := errors.AsType[*journal.ConflictError](err); {
			case err == nil:
				won <- at
			case !conflict:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(won) != 1 || len(readAll(t, j)) != 2 {
		t.Errorf("%d writers wrote behind the same position", len(won))
	}
}

func (s suite) newLifeGoesOnBehindTheOld() {
	t, j := s.t, s.j
	f := follow(t, j, room, 0)
	appended(t, j, room, created(false))
	first := f.next(t, 1)
	last := appended(t, j, room, posted("old"), conference.Ended{})
	if got := texts(t, append(first, f.next(t, 2)...)); !slices.Equal(got, []string{"created", "old", "ended"}) {
		t.Fatalf("followed %q", got)
	}
	if first := appended(t, j, room, created(false)); first <= last {
		t.Errorf("the new life begins at %d, the old one ended at %d", first, last)
	}
	if got := texts(t, f.next(t, 1)); !slices.Equal(got, []string{"created"}) {
		t.Errorf("followed %q", got)
	}
}

func (s suite) durableOutlivesItsEnd() {
	t, j := s.t, s.j
	appended(t, j, room, created(true), posted("old"), conference.Ended{})
	last := appended(t, j, room, created(true))
	if _, err := j.Append(t.Context(), room, last, posted("new")); err != nil {
		t.Fatal(err)
	}
	want := []string{"created", "old", "ended", "created", "new"}
	if got := texts(t, readAll(t, j)); !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}
