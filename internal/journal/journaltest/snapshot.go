package journaltest

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// read reads all from a position on.
func read(t *testing.T, j journal.Journal, after journal.Position) []string {
	t.Helper()
	entries, err := j.Read(t.Context(), room, after, 1<<20)
	if err != nil {
		t.Fatalf("read behind %d: %v", after, err)
	}
	return texts(t, entries)
}

// messages returns the messages behind a position.
func messages(t *testing.T, j journal.Journal, after journal.Position, limit int) []string {
	t.Helper()
	entries, err := j.MessagesAfter(t.Context(), room, after, limit)
	if err != nil {
		t.Fatalf("messages behind %d: %v", after, err)
	}
	return texts(t, entries)
}

func (s suite) messagesByThemselves() {
	t, j := s.t, s.j
	var want []string
	var at []journal.Position
	for n := range 20 {
		want = append(want, fmt.Sprint(n))
		at = append(at, appended(t, j, room, posted(fmt.Sprint(n))))
		appended(t, j, room, conference.LockSet{Locked: true})
	}
	for _, after := range []journal.Position{0, journal.AnyPosition} {
		if got := messages(t, j, after, 100); !slices.Equal(got, want) {
			t.Errorf("behind %d: %q", after, got)
		}
	}
	for n, p := range at {
		if got := messages(t, j, p, 3); !slices.Equal(got, want[n+1:min(n+4, len(want))]) {
			t.Errorf("behind message %d: %q", n, got)
		}
		entries, err := j.Messages(t.Context(), room, p, 3)
		if got := texts(t, entries); err != nil || !slices.Equal(got, want[max(0, n-3):n]) {
			t.Errorf("before message %d: %q, %v", n, got, err)
		}
	}
	for _, limit := range []int{-1, 0} {
		if got := messages(t, j, 0, limit); len(got) != 0 {
			t.Errorf("limit %d: %q", limit, got)
		}
	}
	if entries, err := j.MessagesAfter(t.Context(), "sip:nobody@conf.example.test", 0, 10); err != nil || len(entries) != 0 {
		t.Errorf("a conference nobody wrote to: %v, %v", entries, err)
	}
}

// snapshotStandsForWhatIsBefore: behind a snapshot everything is there, before it all
// messages are, and whatever else the journal likes.
func (s suite) snapshotStandsForWhatIsBefore() {
	t, j := s.t, s.j
	appended(t, j, room, created(true), posted("a"))
	for range 5 {
		appended(t, j, room, conference.LockSet{Locked: true}, conference.LockSet{})
	}
	early := appended(t, j, room, posted("b"))
	at := appended(t, j, room, conference.LockSet{}, conference.Snapshot{Numbered: 1})
	last := appended(t, j, room, conference.LockSet{Locked: true}, posted("c"))
	if last != at+2 {
		t.Errorf("the log goes on at %d, behind a snapshot at %d", last, at)
	}
	tail := []string{"snapshot", "lock_set", "c"}
	for _, after := range []journal.Position{journal.LastSnapshot, at - 1} {
		if got := read(t, j, after); !slices.Equal(got, tail) {
			t.Errorf("read %q behind %d", got, after)
		}
	}
	all := read(t, j, journal.AnyPosition)
	if n := len(all) - len(tail); !slices.Contains(all[:n], "a") || !slices.Contains(all[:n], "b") || !slices.Equal(all[n:], tail) {
		t.Errorf("read %q", all)
	}
	if _, err := j.Read(t.Context(), room, early, 100); err != nil {
		gone, ok := errors.AsType[*journal.CompactedError](err)
		if !ok || gone.First != at {
			t.Errorf("error %v, want that all from %d on is there", err, at)
		}
	}
	if got := messages(t, j, 0, 100); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("messages %q", got)
	}
	if got := texts(t, follow(t, j, room, journal.LastSnapshot).next(t, 3)); !slices.Equal(got, tail) {
		t.Errorf("followed %q", got)
	}
}

// lastSnapshotCounts: of several snapshots the last one is read from, as it was
// written.
func (s suite) lastSnapshotCounts() {
	t, j := s.t, s.j
	appended(t, j, room, created(true))
	if got := read(t, j, journal.LastSnapshot); !slices.Equal(got, []string{"created"}) {
		t.Errorf("without a snapshot: %q", got)
	}
	for n := range uint64(5) {
		appended(t, j, room, conference.LockSet{}, posted(fmt.Sprint(n)), conference.Snapshot{Numbered: n + 1})
		appended(t, j, room, posted("x"))
		entries, err := j.Read(t.Context(), room, journal.LastSnapshot, 100)
		if err != nil || len(entries) != 2 {
			t.Fatalf("%d entries, %v", len(entries), err)
		}
		if snapshot, ok := entries[0].Event.(conference.Snapshot); !ok || snapshot.Numbered != n+1 {
			t.Errorf("the snapshot of before: %+v", entries[0].Event)
		}
	}
	if got := messages(t, j, 0, 100); len(got) != 10 {
		t.Errorf("messages %q", got)
	}
	appended(t, j, room, conference.Ended{Cause: conference.EndEmpty}, created(true), posted("new"))
	want := []string{"snapshot", "x", "ended", "created", "new"}
	if got := read(t, j, journal.LastSnapshot); !slices.Equal(got, want) {
		t.Errorf("read %q in the next life, want %q", got, want)
	}
}

// tailStays: messages push nothing out of what the state is folded from.
func (s suite) tailStays() {
	t, j := s.t, s.j
	appended(t, j, room, created(true), conference.Snapshot{})
	const others = 200
	for range others {
		appended(t, j, room, conference.LockSet{}, posted("a"), posted("b"))
	}
	got := read(t, j, journal.LastSnapshot)
	got = slices.DeleteFunc(got, func(s string) bool { return s == "a" || s == "b" })
	if len(got) != 1+others || got[0] != "snapshot" {
		t.Errorf("%d events, the first is %q", len(got), got[:1])
	}
}
