package store_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

// driven is the conference room, driven as an instance drives it.
type driven struct {
	tb      testing.TB
	journal journal.Journal
	wants   journal.Condenser
	state   conference.State
	now     time.Time
	log     []journal.Entry // all that was appended; nil: not noted
}

func (d *driven) do(commands ...conference.Command) {
	d.tb.Helper()
	for _, c := range commands {
		events, err := conference.Decide(&d.state, c)
		if err != nil {
			d.tb.Fatalf("%T: %v", c, err)
		}
		last, err := d.journal.Append(d.tb.Context(), room, journal.AnyPosition, events...)
		if err != nil {
			d.tb.Fatal(err)
		}
		for k, e := range events {
			at := last - journal.Position(len(events)-1-k)
			d.state.Apply(at, e)
			if d.log != nil {
				d.log = append(d.log, journal.Entry{Position: at, Event: e})
			}
		}
	}
	if d.wants.WantsSnapshot(room) {
		d.do(conference.TakeSnapshot{At: d.now})
	}
}

// create has the conference begin with alice in it.
func (d *driven) create() {
	d.tb.Helper()
	policy := conference.DefaultPolicy()
	policy.History.Durable = true
	d.do(conference.Create{
		At: d.now, ID: room, Origin: conference.FromReserve, Policy: policy,
		First: conference.Admit{At: d.now, Identity: "sip:alice@example.test", Endpoint: "alice"},
	}, conference.Connect{At: d.now, Endpoint: "alice"})
}

// visit has somebody come, say something now and then, and leave.
func (d *driven) visit(n int) {
	d.tb.Helper()
	d.now = d.now.Add(time.Second)
	user := conference.Identity(fmt.Sprintf("sip:user%d@example.test", n%50))
	id := conference.EndpointID(fmt.Sprintf("endpoint%d", n))
	d.do(conference.Admit{At: d.now, Identity: user, Endpoint: id, Contact: "sip:192.0.2.1:5060;transport=tcp", Instance: "urn:uuid:0"})
	d.do(conference.Connect{At: d.now, Endpoint: id})
	if n%10 == 0 {
		d.do(conference.Post{Message: &conference.Message{
			At: d.now, ID: string(id), SenderID: string(id), User: conference.User(user), Endpoint: id, Body: []byte("hello"),
		}})
	}
	d.do(conference.Leave{At: d.now, Endpoint: id})
}

// image returns all that a state is, to be compared.
func image(tb testing.TB, s *conference.State, now time.Time) string {
	tb.Helper()
	events, err := conference.Decide(s, conference.TakeSnapshot{At: now})
	if err != nil {
		tb.Fatal(err)
	}
	b, err := json.MarshalIndent(events[0], "", " ")
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// folded returns the state that a restart would come to, and of how many events.
func folded(tb testing.TB, j journal.Journal) (*conference.State, int) {
	tb.Helper()
	entries, err := j.Read(tb.Context(), room, journal.LastSnapshot, 1<<30)
	if err != nil {
		tb.Fatal(err)
	}
	var s conference.State
	for _, e := range entries {
		s.Apply(e.Position, e.Event)
	}
	return &s, len(entries)
}

// fileSize is what the database takes on the disk.
func fileSize(tb testing.TB, dir string) (octets int64) {
	tb.Helper()
	for _, name := range []string{"confab.db", "confab.db-wal"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err == nil {
			octets += info.Size()
		}
	}
	return octets
}

// TestComingsAndGoingsAreBounded: what a conference that never empties takes on the
// disk, and reads at a restart, does not grow with those who have come and gone.
// CONFAB_VISITS says how many do so.
func TestComingsAndGoingsAreBounded(t *testing.T) {
	t.Parallel()
	visits, err := strconv.Atoi(cmp.Or(os.Getenv("CONFAB_VISITS"), "1500")) //nolint:forbidigo // how long a test may take is for who runs it
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	opts := store.Options{Dir: dir, Relaxed: true, Limits: store.Limits{Tail: 256}}
	db := open(t, opts)
	j := local.Open(local.Limits{}, db)
	d := &driven{tb: t, journal: j, wants: j, now: time.Now().UTC()}
	d.create()
	for n := range visits {
		d.visit(n)
	}
	want := image(t, &d.state, d.now)
	shut(t, db)
	size := fileSize(t, dir)

	begun := time.Now()
	db = open(t, opts)
	s, n := folded(t, local.Open(local.Limits{}, db))
	t.Logf("%d events are %d octets on the disk, and %d of them are read again in %v",
		d.state.Position(), size, n, time.Since(begun).Round(time.Millisecond))
	if diff := gocmp.Diff(want, image(t, s, d.now)); diff != "" || s.Position() != d.state.Position() {
		t.Errorf("at %d, want %d:\n%s", s.Position(), d.state.Position(), diff)
	}
	if n > 256+256+64+200 { // the tail, what waits to be written, messages
		t.Errorf("%d events are read", n)
	}
	if most := int64(2 << 20); size > most {
		t.Errorf("%d octets, want less than %d", size, most)
	}
}

// TestKilledAtAnyInstant opens what is on the disk when the writing of the log is cut
// off anywhere: it holds the beginning of what was appended, and the state that
// follows from it.
func TestKilledAtAnyInstant(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := open(t, store.Options{Dir: dir, Limits: store.Limits{Tail: 8}})
	j := local.Open(local.Limits{}, db)
	d := &driven{tb: t, journal: j, wants: j, now: time.Now().UTC(), log: []journal.Entry{}}
	d.create()
	for n := range 24 { // less than what SQLite moves from the log into the file by itself
		d.visit(n)
	}
	if _, err := db.Messages(t.Context(), room, 0, 1); err != nil { // everything is written
		t.Fatal(err)
	}
	main, err := os.ReadFile(filepath.Join(dir, "confab.db"))
	if err != nil {
		t.Fatal(err)
	}
	wal, err := os.ReadFile(filepath.Join(dir, "confab.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	const cuts = 60
	for k := range cuts + 1 {
		size := len(wal) * k / cuts
		torn := t.TempDir()
		for name, b := range map[string][]byte{"confab.db": main, "confab.db-wal": wal[:size]} {
			if err := os.WriteFile(filepath.Join(torn, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		db, err := store.Open(t.Context(), store.Options{Dir: torn})
		if err != nil {
			t.Fatalf("cut at %d of %d: %v", size, len(wal), err)
		}
		got, _ := folded(t, local.Open(local.Limits{}, db))
		shut(t, db)
		var want conference.State
		for _, e := range d.log[:got.Position()] {
			want.Apply(e.Position, e.Event)
		}
		if got.Position() == 0 {
			continue
		}
		if diff := gocmp.Diff(image(t, &want, d.now), image(t, got, d.now)); diff != "" {
			t.Errorf("cut at %d of %d, at %d:\n%s", size, len(wal), got.Position(), diff)
		}
		if k == cuts && got.Position() != d.state.Position() {
			t.Errorf("everything is there up to %d, not %d", got.Position(), d.state.Position())
		}
	}
}

// TestRestoreFromSnapshot goes on from a snapshot with a directory, as a server does.
func TestRestoreFromSnapshot(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	lobby := here("lobby")
	n := start(t, dir, reserved("lobby", true))
	if err := n.join(lobby, "sip:alice@example.test", "alice"); err != nil {
		t.Fatal(err)
	}
	n.must(lobby, conference.Bar{At: time.Now(), Identity: "sip:mallory@example.test"})
	for k := range 600 {
		id := conference.EndpointID(fmt.Sprint("bob", k))
		if err := n.join(lobby, "sip:bob@example.test", id); err != nil {
			t.Fatal(err)
		}
		n.must(lobby, conference.Leave{At: time.Now(), Endpoint: id})
		if k%20 == 0 { // is waited for, and all before it
			n.must(lobby, conference.Lock{At: time.Now(), Locked: k%40 == 0})
			n.must(lobby, conference.Lock{At: time.Now()})
		}
	}
	n.kill()
	n = start(t, dir, reserved("lobby", true))
	defer n.stop()
	entries, err := n.db.Read(t.Context(), lobby.ID(), journal.LastSnapshot, 1<<20)
	if err != nil || len(entries) > 1100 || entries[0].Event.Kind() != conference.KindSnapshot {
		t.Errorf("%d events, %v", len(entries), err)
	}
	n.look(lobby, func(s *conference.State) {
		if !s.Alive() || s.UserCount() != 0 || !s.Barred("sip:mallory@example.test") {
			t.Errorf("alive %t, %d users", s.Alive(), s.UserCount())
		}
	})
	if e := n.Lookup(lobby); e.Status != instance.Active {
		t.Errorf("%s", e.Status)
	}
}

// TestWriterIsBehind: where nothing has been written yet, a snapshot is wanted all the
// same before too much stands behind the last one.
func TestWriterIsBehind(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{})
	j := local.Open(local.Limits{Others: 64}, db)
	d := &driven{tb: t, journal: j, wants: never{}, now: time.Now().UTC()}
	d.create()
	resume := store.Stall(t, db)
	for n := 1; n < 30; n++ {
		if wants := j.WantsSnapshot(room); wants && n < 15 || !wants && n > 25 {
			t.Errorf("wanted after %d users: %t", n, wants)
		}
		if n%10 != 0 {
			d.visit(n)
		}
	}
	resume()
	d.do(conference.TakeSnapshot{At: d.now})
	if j.WantsSnapshot(room) {
		t.Error("another snapshot is wanted")
	}
}
