package journaltest

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

func (s suite) readPages() {
	t, j := s.t, s.j
	var want []string
	for n := range 50 {
		s := fmt.Sprint(n)
		want = append(want, s)
		appended(t, j, room, posted(s))
		if n%3 == 0 {
			want = append(want, "lock_set")
			appended(t, j, room, conference.LockSet{Locked: true})
		}
	}
	all := readAll(t, j)
	if got := texts(t, all); !slices.Equal(got, want) {
		t.Fatalf("read %q", got)
	}
	for _, limit := range []int{-1, 0, 1, 2, len(all) - 3, len(all)} {
		page, err := j.Read(t.Context(), room, all[2].Position, limit)
		if err != nil {
			t.Fatal(err)
		}
		if n := min(max(limit, 0), len(all)-3); len(page) != n {
			t.Errorf("limit %d: %d entries, want %d", limit, len(page), n)
		}
	}
	last := all[len(all)-1].Position
	for _, after := range []journal.Position{last, last + 1000} {
		if page, err := j.Read(t.Context(), room, after, 10); err != nil || len(page) != 0 {
			t.Errorf("behind the end: %v, %v", page, err)
		}
	}
}

func (s suite) readFromAnywhere() {
	t, j := s.t, s.j
	appended(t, j, room, posted("a"), posted("b"))
	page, err := j.Read(t.Context(), room, journal.AnyPosition, 10)
	if err != nil || !slices.Equal(texts(t, page), []string{"a", "b"}) {
		t.Errorf("read %v, %v", page, err)
	}
	f := follow(t, j, room, journal.AnyPosition)
	if got := texts(t, f.next(t, 2)); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("followed %q", got)
	}
}

func (s suite) conferencesAreApart() {
	t, j := s.t, s.j
	const other = "sip:other@conf.example.test"
	appended(t, j, room, posted("a"))
	appended(t, j, other, posted("b"))
	if got := texts(t, readAll(t, j)); !slices.Equal(got, []string{"a"}) {
		t.Errorf("read %q", got)
	}
	if got := texts(t, follow(t, j, other, 0).next(t, 1)); !slices.Equal(got, []string{"b"}) {
		t.Errorf("followed %q", got)
	}
	if page, err := j.Read(t.Context(), "sip:nobody@conf.example.test", 0, 10); err != nil || len(page) != 0 {
		t.Errorf("a conference nobody wrote to: %v, %v", page, err)
	}
}

func (s suite) followHistoryThenLive() {
	t, j := s.t, s.j
	appended(t, j, room, posted("a"), posted("b"))
	f := follow(t, j, room, 0)
	if got := texts(t, f.next(t, 1)); !slices.Equal(got, []string{"a"}) {
		t.Errorf("followed %q", got)
	}
	var want []string
	for n := range 20 {
		want = append(want, fmt.Sprint(n))
		appended(t, j, room, posted(fmt.Sprint(n)))
	}
	if got := texts(t, f.next(t, 1+len(want))); !slices.Equal(got, append([]string{"b"}, want...)) {
		t.Errorf("followed %q", got)
	}
	appended(t, j, room, posted("z"))
	if got := texts(t, f.next(t, 1)); !slices.Equal(got, []string{"z"}) {
		t.Errorf("followed %q", got)
	}
}

func (s suite) followBehindAPosition() {
	t, j := s.t, s.j
	appended(t, j, room, posted("a"))
	b := appended(t, j, room, posted("b"))
	appended(t, j, room, posted("c"))
	if got := texts(t, follow(t, j, room, b).next(t, 1)); !slices.Equal(got, []string{"c"}) {
		t.Errorf("followed %q", got)
	}
}

func (s suite) followBeforeTheFirstEvent() {
	t, j := s.t, s.j
	f := follow(t, j, room, 0)
	appended(t, j, room, posted("a"))
	if got := texts(t, f.next(t, 1)); !slices.Equal(got, []string{"a"}) {
		t.Errorf("followed %q", got)
	}
}

func (s suite) followEndsWithContext() {
	t, j := s.t, s.j
	appended(t, j, room, posted("a"))
	f := follow(t, j, room, 0)
	f.next(t, 1)
	f.stop()
	if err := f.end(t); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func (s suite) followEndsWithError() {
	t, j := s.t, s.j
	enough := errors.New("enough")
	appended(t, j, room, posted("a"), posted("b"))
	calls := 0
	err := j.Follow(t.Context(), room, 0, func(journal.Position, conference.Event) error {
		calls++
		return enough
	})
	if !errors.Is(err, enough) || calls != 1 {
		t.Errorf("error %v after %d calls", err, calls)
	}
}

func (s suite) cancelledContext() {
	t, j := s.t, s.j
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Append(ctx, room, journal.AnyPosition, posted("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v", err)
	}
	if _, err := j.Read(ctx, room, 0, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("read: %v", err)
	}
	if page := readAll(t, j); len(page) != 0 {
		t.Errorf("something was written: %v", page)
	}
}
