package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/journaltest"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

const room conference.ID = "sip:room@conf.example.test"

// open opens a database until the test ends.
func open(tb testing.TB, opts store.Options) *store.DB {
	tb.Helper()
	if opts.Dir == "" {
		opts.Dir = tb.TempDir()
	}
	db, err := store.Open(tb.Context(), opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { shut(tb, db) })
	return db
}

func shut(tb testing.TB, db *store.DB) {
	tb.Helper()
	if err := db.Close(context.Background()); err != nil {
		tb.Error(err)
	}
}

// durable is a journal whose every conference is in the database.
type durable struct {
	journal.Journal
	db *store.DB
}

func (d durable) Append(ctx context.Context, id conference.ID, after journal.Position, events ...conference.Event) (journal.Position, error) {
	for k, e := range events {
		if c, ok := e.(conference.Created); ok {
			c.Policy.History.Durable = true
			events[k] = c
		}
	}
	return d.Journal.Append(ctx, id, after, events...)
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, limits := range map[string]local.Limits{"all in memory": {}, "little in memory": {Messages: 1, Others: 1, Octets: 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			journaltest.Run(t, func(t *testing.T) journal.Journal {
				t.Helper()
				db := open(t, store.Options{})
				for _, id := range []conference.ID{room, "sip:other@conf.example.test"} {
					if err := store.Begin(t.Context(), db, id); err != nil {
						t.Fatal(err)
					}
				}
				return durable{local.Open(limits, db), db}
			})
		})
	}
}

func created(change func(*conference.Created)) conference.Created {
	c := conference.Created{At: time.Now().UTC(), ID: room, Origin: conference.FromReserve, Policy: conference.DefaultPolicy()}
	c.Policy.History.Durable = true
	if change != nil {
		change(&c)
	}
	return c
}

func posted(text string, at time.Time) conference.Event {
	return conference.Posted{Message: &conference.Message{At: at.UTC(), ID: text, User: "sip:alice@example.test", Body: []byte(text)}}
}

func appendTo(tb testing.TB, j journal.Journal, events ...conference.Event) journal.Position {
	tb.Helper()
	last, err := j.Append(tb.Context(), room, journal.AnyPosition, events...)
	if err != nil {
		tb.Fatal(err)
	}
	return last
}

// texts returns messages' texts, and the kinds of other events, in one line.
func texts(entries []journal.Entry) string {
	words := make([]string, len(entries))
	for k, e := range entries {
		words[k] = string(e.Event.Kind())
		if p, ok := e.Event.(conference.Posted); ok {
			words[k] = string(p.Message.Body)
		}
	}
	return strings.Join(words, " ")
}

func read(tb testing.TB, j journal.Journal, after journal.Position) string {
	tb.Helper()
	entries, err := j.Read(tb.Context(), room, after, 1<<20)
	if err != nil {
		tb.Fatal(err)
	}
	return texts(entries)
}

// TestSurvivesReopening: what was acknowledged is there, at its position, and
// positions go on.
func TestSurvivesReopening(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, store.Options{Dir: dir})
	j := local.Open(local.Limits{}, db)
	appendTo(t, j, created(nil), conference.Barred{Identity: "sip:bob@example.test"})
	last := appendTo(t, j, posted("a", time.Now()), posted("b", time.Now()))
	if _, err := j.Append(t.Context(), "sip:passing@conf.example.test", journal.AnyPosition, conference.Created{}, posted("x", time.Now())); err != nil {
		t.Fatal(err)
	}
	shut(t, db)

	db = open(t, store.Options{Dir: dir})
	j = local.Open(local.Limits{}, db)
	if got := read(t, j, journal.AnyPosition); got != "created barred a b" {
		t.Errorf("read %q", got)
	}
	if got := read(t, j, last-1); got != "b" {
		t.Errorf("read %q", got)
	}
	if _, err := j.Append(t.Context(), room, last-1, posted("x", time.Now())); err == nil {
		t.Error("appended in the middle")
	}
	next, err := j.Append(t.Context(), room, last, posted("c", time.Now()))
	if err != nil || next != last+1 {
		t.Errorf("goes on at %d, %v", next, err)
	}
	entries, err := j.Messages(t.Context(), room, journal.AnyPosition, 2)
	if err != nil || texts(entries) != "b c" {
		t.Errorf("last messages %q, %v", texts(entries), err)
	}
	if got := db.Unfinished(); len(got) != 1 || got[0] != room {
		t.Errorf("unfinished: %s", got)
	}
}

func TestUnfinished(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{})
	j := local.Open(local.Limits{}, db)
	for _, tt := range []struct {
		event conference.Event
		want  int
	}{
		{created(nil), 1},
		{conference.Ended{Cause: conference.EndShutdown}, 1},
		{conference.Resumed{}, 1},
		{conference.Ended{Cause: conference.EndEmpty}, 0},
		{created(func(c *conference.Created) { c.Origin = conference.FromFactory }), 1},
		{conference.Ended{Cause: conference.EndEmpty}, 0},
	} {
		appendTo(t, j, tt.event)
		if _, err := db.Read(t.Context(), room, 0, 1); err != nil { // everything is written
			t.Fatal(err)
		}
		if got := db.Unfinished(); len(got) != tt.want {
			t.Errorf("after %T: %s", tt.event, got)
		}
	}
	if _, _, ok := db.Log(room); ok {
		t.Error("the log of an ended factory conference is kept")
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, tt := range []struct {
		name   string
		limits store.Limits
		keep   int
		size   int
		at     func(k int) time.Time
		most   int // messages left
	}{
		{"count", store.Limits{}, 100, 10, func(int) time.Time { return now }, 177},
		{"octets", store.Limits{Octets: 50_000}, 1000, 1000, func(int) time.Time { return now }, 56},
		{"age", store.Limits{Age: time.Hour}, 1000, 10, func(k int) time.Time { return now.Add(time.Duration(k-900) * time.Minute) }, 224},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			j := local.Open(local.Limits{Messages: 1, Octets: 1}, open(t, store.Options{Limits: tt.limits}))
			appendTo(t, j, created(func(c *conference.Created) { c.Policy.History.Keep = tt.keep }))
			var last journal.Position
			for k := range 1000 {
				last = appendTo(t, j, posted(fmt.Sprintf("%0*d", tt.size, k), tt.at(k)))
			}
			if last != 1001 {
				t.Errorf("the last position is %d", last)
			}
			entries, err := j.Messages(t.Context(), room, journal.AnyPosition, 5000)
			if err != nil {
				t.Fatal(err)
			}
			if len(entries) > tt.most || len(entries) < tt.most/3 {
				t.Errorf("%d messages are kept, want up to %d", len(entries), tt.most)
			}
			if entries[len(entries)-1].Position != last {
				t.Error("the last message is gone")
			}
			_, err = j.Read(t.Context(), room, 1, 10)
			compacted, ok := errors.AsType[*journal.CompactedError](err)
			if !ok || compacted.First != entries[0].Position {
				t.Errorf("error %v, want from %d on", err, entries[0].Position)
			}
			all, err := j.Read(t.Context(), room, journal.AnyPosition, 5000)
			if err != nil || len(all) != len(entries)+1 || all[0].Event.Kind() != conference.KindCreated {
				t.Errorf("%d entries, %v", len(all), err)
			}
		})
	}
}

// TestLivesAreCompacted: comings and goings of earlier lives go, those of the
// present one stay, for the state is made of them.
func TestLivesAreCompacted(t *testing.T) {
	t.Parallel()
	j := local.Open(local.Limits{Others: 1}, open(t, store.Options{Limits: store.Limits{Others: 10}}))
	for range 20 {
		appendTo(t, j, created(nil), conference.LockSet{Locked: true}, conference.Ended{Cause: conference.EndEmpty})
	}
	appendTo(t, j, created(nil))
	for range 50 {
		appendTo(t, j, conference.LockSet{})
	}
	entries, err := j.Read(t.Context(), room, journal.AnyPosition, 1000)
	if err != nil || len(entries) != 51 || entries[0].Event.Kind() != conference.KindCreated {
		t.Errorf("%d entries: %q, %v", len(entries), texts(entries), err)
	}
}

func TestSecondProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, store.Options{Dir: dir})
	_, err := store.Open(t.Context(), store.Options{Dir: dir})
	if !errors.Is(err, store.ErrInUse) || !strings.Contains(err.Error(), "confab.db") {
		t.Errorf("error %v", err)
	}
}

func TestDamagedFile(t *testing.T) {
	t.Parallel()
	garbage := strings.Repeat("this is not a database ", 400)
	for name, damage := range map[string]func(b []byte) []byte{
		"garbage": func([]byte) []byte { return []byte(garbage) },
		"page":    func(b []byte) []byte { copy(b[len(b)-4000:], garbage); return b },
		"head":    func(b []byte) []byte { copy(b[100:4000], garbage); return b },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			db := open(t, store.Options{Dir: dir})
			j := local.Open(local.Limits{}, db)
			appendTo(t, j, created(nil))
			for k := range 100 {
				appendTo(t, j, posted(fmt.Sprintf("%01000d", k), time.Now()))
			}
			shut(t, db)
			file := filepath.Join(dir, "confab.db")
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err = os.WriteFile(file, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			db, err = store.Open(t.Context(), store.Options{Dir: dir})
			if !errors.Is(err, store.ErrCorrupt) {
				t.Errorf("error %v", err)
			}
			if err == nil {
				shut(t, db)
			}
		})
	}
}

// TestDiskFull: what cannot be kept is refused, and not shown to anybody; when
// there is room again things go on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{})
	j := local.Open(local.Limits{}, db)
	last := appendTo(t, j, created(nil), posted("a", time.Now()))
	lift := store.Fill(t, db)
	big := posted(strings.Repeat("x", 1<<20), time.Now())
	if _, err := j.Append(t.Context(), room, last, big); err == nil {
		t.Fatal("appended to a full disk")
	}
	if c := db.Counters(); c.Failed != 1 {
		t.Errorf("%+v", c)
	}
	if got := read(t, j, 0); got != "created a" {
		t.Errorf("read %q", got)
	}
	lift()
	if next, err := j.Append(t.Context(), room, last, posted("b", time.Now())); err != nil || next != last+1 {
		t.Errorf("goes on at %d, %v", next, err)
	}
}

func TestTooMuchWaits(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{Pending: 1000})
	resume := store.Stall(t, db)
	results := make(chan error, 3)
	entries := func(n int) []journal.Entry {
		return []journal.Entry{{Position: journal.Position(n), Event: posted(strings.Repeat("x", 600), time.Now())}}
	}
	done := func(err error) { results <- err }
	if err := db.Append(room, 0, entries(1), done); err != nil {
		t.Fatal(err)
	}
	if err := db.Append(room, 0, entries(2), done); !errors.Is(err, journal.ErrBusy) {
		t.Errorf("error %v", err)
	}
	resume()
	if err := <-results; err != nil {
		t.Error(err)
	}
	if err := db.Append(room, 0, entries(2), done); err != nil {
		t.Error(err)
	}
	if err := <-results; err != nil {
		t.Error(err)
	}
	if c := db.Counters(); c != (store.Counters{Commits: c.Commits, Operations: 3, Refused: 1, Logs: 1}) || c.Commits < 2 {
		t.Errorf("%+v", c)
	}
}

func TestNewerSchema(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, store.Options{Dir: dir})
	store.SetSchema(t, db, 1000)
	shut(t, db)
	if _, err := store.Open(t.Context(), store.Options{Dir: dir}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("error %v", err)
	}
}

// TestNoLongerDurable: what a conference has kept in earlier lives is no history
// of one that is not durable, and is not in the way of it.
func TestNoLongerDurable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, store.Options{Dir: dir})
	appendTo(t, local.Open(local.Limits{}, db), created(nil), posted("kept", time.Now()), conference.Ended{Cause: conference.EndEmpty})
	shut(t, db)
	j := local.Open(local.Limits{}, open(t, store.Options{Dir: dir}))
	passing := created(func(c *conference.Created) { c.Policy.History.Durable = false })
	last := appendTo(t, j, passing, posted("passing", time.Now()))
	entries, err := j.Messages(t.Context(), room, journal.AnyPosition, 10)
	if err != nil || texts(entries) != "passing" {
		t.Errorf("messages %q, %v", texts(entries), err)
	}
	if got := read(t, j, journal.AnyPosition); got != "created passing" {
		t.Errorf("read %q", got)
	}
	appendTo(t, j, conference.Ended{Cause: conference.EndEmpty})
	if next := appendTo(t, j, created(nil)); next <= last+1 {
		t.Errorf("position %d comes again", next)
	}
	entries, err = j.Messages(t.Context(), room, journal.AnyPosition, 10)
	if err != nil || texts(entries) != "kept" {
		t.Errorf("messages %q, %v", texts(entries), err)
	}
}

// TestOneFails: what cannot be written harms nothing that shares its commit.
func TestOneFails(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{})
	resume := store.Stall(t, db)
	results := make(chan error, 3)
	done := func(err error) { results <- err }
	for n := range journal.Position(2) {
		if err := db.Append(room, 0, []journal.Entry{{Position: n + 1, Event: posted("x", time.Now())}}, done); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			store.Spoil(t, db, done)
		}
	}
	resume()
	for _, bad := range []bool{false, true, false} {
		if err := <-results; (err != nil) != bad {
			t.Errorf("error %v, want one: %t", err, bad)
		}
	}
	if entries, err := db.Read(t.Context(), room, 0, 10); err != nil || texts(entries) != "x x" {
		t.Errorf("kept %q, %v", texts(entries), err)
	}
}
