package store_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

// TestFileOfBefore opens a file of schema 2, in which each message had a row and was
// JSON, and goes on with it.
func TestFileOfBefore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	unzip(t, "testdata/schema2.db.gz", filepath.Join(dir, "confab.db"))
	for _, reopened := range []bool{false, true} {
		db := open(t, store.Options{Dir: dir})
		j := local.Open(local.Limits{}, db)
		message := func(n int) string { return fmt.Sprintf("message \x00\xff %d", n) }
		want := strings.Join([]string{"created", "barred", message(1), message(2), message(3), "lock_set", message(4), message(5), message(6)}, " ")
		if reopened {
			want += " a b"
		}
		if got := read(t, j, journal.AnyPosition); got != want {
			t.Errorf("read %q", got)
		}
		entries, err := j.Messages(t.Context(), room, 5, 1)
		if err != nil || texts(entries) != message(2) || entries[0].Position != 4 {
			t.Errorf("message %+v, %v", entries, err)
		}
		p, _ := entries[0].Event.(conference.Posted)
		if m := p.Message; m.Nickname != "Alice \u2028 <&>" || m.SenderID != "sent2" ||
			!m.At.Equal(time.Date(2026, 3, 1, 12, 0, 2, 123456789, time.UTC)) {
			t.Errorf("message %+v", m)
		}
		entries, err = j.Read(t.Context(), "sip:other@conf.example.test", journal.LastSnapshot, 10)
		if err != nil || texts(entries) != "snapshot "+message(8) {
			t.Errorf("read %q, %v", texts(entries), err)
		}
		records, err := db.Load(t.Context())
		if err != nil || len(records.Definitions) != 1 || len(db.Unfinished()) != 2 {
			t.Errorf("%+v, %s, %v", records, db.Unfinished(), err)
		}
		if !reopened {
			appendTo(t, j, posted("a", time.Now()), posted("b", time.Now()))
		}
		shut(t, db)
	}
	// What is old goes as ever.
	j := local.Open(local.Limits{}, open(t, store.Options{Dir: dir, Limits: store.Limits{Octets: 1}}))
	appendTo(t, j, posted("c", time.Now()))
	if got := read(t, j, journal.AnyPosition); got != "created barred lock_set c" {
		t.Errorf("read %q", got)
	}
}

// unzip writes what a compressed file holds to another.
func unzip(t *testing.T, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }() // it was only read
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRows appends events of all sizes, few and many at a time, and reads from every
// position: how they share rows cannot be seen.
func TestRows(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	j := local.Open(local.Limits{Messages: 1, Others: 1, Octets: 1}, open(t, store.Options{Limits: store.Limits{Messages: 1 << 20}}))
	all := []journal.Entry{{Position: 1, Event: created(nil)}}
	appendTo(t, j, all[0].Event)
	for len(all) < 400 {
		var events []conference.Event
		for range 1 + random.IntN(100) {
			e := posted(fmt.Sprintf("%0*d", 1+random.IntN(1<<random.IntN(13)), len(all)), time.Now())
			if random.IntN(20) == 0 {
				e = conference.LockSet{}
			}
			events = append(events, e)
			all = append(all, journal.Entry{Position: journal.Position(len(all) + 1), Event: e})
		}
		appendTo(t, j, events...)
	}
	last := journal.Position(len(all))
	messages := slices.DeleteFunc(slices.Clone(all), func(e journal.Entry) bool { return e.Event.Kind() != conference.KindPosted })
	for range 60 {
		at, limit := 1+journal.Position(random.Uint64N(uint64(last))), 1+random.IntN(150)
		got, err := j.Read(t.Context(), room, at, limit)
		same(t, "read", got, err, all[at:min(int(at)+limit, len(all))])
		k := slices.IndexFunc(messages, func(e journal.Entry) bool { return e.Position >= at })
		if k < 0 {
			k = len(messages)
		}
		got, err = j.Messages(t.Context(), room, at, limit)
		same(t, "messages", got, err, messages[max(0, k-limit):k])
		got, err = j.MessagesAfter(t.Context(), room, at-1, limit)
		same(t, "messages after", got, err, messages[k:min(k+limit, len(messages))])
	}
}

func same(t *testing.T, what string, got []journal.Entry, err error, want []journal.Entry) {
	t.Helper()
	equal := func(a, b journal.Entry) bool {
		return a.Position == b.Position && texts([]journal.Entry{a}) == texts([]journal.Entry{b})
	}
	if err != nil || !slices.EqualFunc(got, want, equal) {
		t.Errorf("%s: %d entries %q, %v\nwant %d %q", what, len(got), texts(got), err, len(want), texts(want))
	}
}

// TestRetentionOfRows: where messages share rows they are dropped with these, and
// what is left begins where a reader is told.
func TestRetentionOfRows(t *testing.T) {
	t.Parallel()
	j := local.Open(local.Limits{Messages: 1, Octets: 1}, open(t, store.Options{}))
	appendTo(t, j, created(func(c *conference.Created) { c.Policy.History.Keep = 100 }))
	var last journal.Position
	for range 100 {
		events := make([]conference.Event, 30)
		for k := range events {
			events[k] = posted("text", time.Now())
		}
		last = appendTo(t, j, events...)
	}
	entries, err := j.Messages(t.Context(), room, journal.AnyPosition, 5000)
	if err != nil || len(entries) < 100 || len(entries) > 100+100/8+64+30 || entries[len(entries)-1].Position != last {
		t.Fatalf("%d messages, %v", len(entries), err)
	}
	_, err = j.MessagesAfter(t.Context(), room, 1, 1)
	if compacted, ok := errors.AsType[*journal.CompactedError](err); !ok || compacted.First != entries[0].Position {
		t.Errorf("error %v, want from %d on", err, entries[0].Position)
	}
}

// TestCountedAgain reopens a database again and again behind a few messages: what
// there is of them is known each time, and they go by their number.
func TestCountedAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := func() (*local.Journal, *store.DB) {
		db := open(t, store.Options{Dir: dir})
		return local.Open(local.Limits{Messages: 1, Octets: 1}, db), db
	}
	log, db := j()
	last := appendTo(t, log, created(func(c *conference.Created) { c.Policy.History.Keep = 100 }))
	for round := range 12 {
		shut(t, db)
		log, db = j()
		for k := range 30 {
			at := appendTo(t, log, posted(fmt.Sprint(round, " ", k), time.Now()))
			if at != last+1 {
				t.Fatalf("position %d behind %d", at, last)
			}
			last = at
		}
		entries, err := log.Messages(t.Context(), room, journal.AnyPosition, 5000)
		if said := 30 * (round + 1); err != nil || len(entries) < min(said, 100) || len(entries) > min(said, 100+100/8+64) {
			t.Errorf("%d messages are kept of %d, %v", len(entries), said, err)
		}
	}
}
