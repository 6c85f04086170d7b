package store_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// diary is a log whose lines can be waited for.
type diary struct {
	mu    sync.Mutex
	text  strings.Builder
	wrote chan struct{} // holds something when there is more
}

func newDiary() *diary { return &diary{wrote: make(chan struct{}, 1)} }

func (d *diary) Write(b []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case d.wrote <- struct{}{}:
	default:
	}
	return d.text.Write(b)
}

func (d *diary) count(what string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Count(d.text.String(), what)
}

// await waits for a line that has what in it.
func (d *diary) await(t *testing.T, what string) {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for d.count(what) == 0 {
		select {
		case <-d.wrote:
		case <-limit.C:
			t.Fatalf("the log says nothing of %q", what)
		}
	}
}

// TestCannotBeWritten: what cannot be kept is refused with an error that says so; the
// log has it once, not with every message; and without anybody's doing the store finds
// out when it can write again.
func TestCannotBeWritten(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]func(*testing.T, *store.DB) func(){"full": store.Fill, "read-only": store.Freeze} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := newDiary()
			db := open(t, store.Options{Log: slog.New(slog.NewTextHandler(log, nil))})
			j := local.Open(local.Limits{}, db)
			d := &driven{tb: t, journal: j, wants: j, now: time.Now().UTC()}
			d.create()
			last := appendTo(t, j, posted("a", time.Now()))
			if err := db.Fault(); err != nil {
				t.Errorf("fault %v", err)
			}
			lift := block(t, db)
			big := posted(strings.Repeat("x", 1<<20), time.Now())
			for range 5 {
				if _, err := j.Append(t.Context(), room, last, big); !errors.Is(err, journal.ErrUnavailable) {
					t.Fatalf("error %v", err)
				}
			}
			if err := db.Fault(); !errors.Is(err, journal.ErrUnavailable) {
				t.Errorf("fault %v", err)
			}
			if n := log.count("store cannot be written"); n != 1 {
				t.Errorf("the log says so %d times", n)
			}
			if got := read(t, j, last-1); got != "a" {
				t.Errorf("read %q", got)
			}
			lift()
			log.await(t, "store is written again")
			if err := db.Fault(); err != nil {
				t.Errorf("fault %v", err)
			}
			if next, err := j.Append(t.Context(), room, last, posted("b", time.Now())); err != nil || next != last+1 {
				t.Errorf("goes on at %d, %v", next, err)
			}
		})
	}
}

// TestHealedBySnapshot: comings and goings that could not be written are in the
// snapshot that is wanted then.
func TestHealedBySnapshot(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), newDiary()
	db := open(t, store.Options{Dir: dir, Log: slog.New(slog.NewTextHandler(log, nil))})
	j := local.Open(local.Limits{}, db)
	d := &driven{tb: t, journal: j, wants: never{}, now: time.Now().UTC()}
	d.create()
	if j.WantsSnapshot(room) {
		t.Error("a snapshot is wanted at once")
	}
	lift := store.Freeze(t, db)
	d.visit(1)
	d.do(conference.Admit{At: d.now, Identity: "sip:bob@example.test", Endpoint: "bob"}, conference.Connect{At: d.now, Endpoint: "bob"})
	log.await(t, "store cannot be written")
	lift()
	log.await(t, "store is written again")
	if !j.WantsSnapshot(room) {
		t.Fatal("no snapshot is wanted")
	}
	d.do(conference.TakeSnapshot{At: d.now})
	if j.WantsSnapshot(room) {
		t.Error("another snapshot is wanted")
	}
	shut(t, db)
	s, _ := folded(t, local.Open(local.Limits{}, open(t, store.Options{Dir: dir})))
	if got, want := image(t, s, d.now), image(t, &d.state, d.now); got != want || s.UserCount() != 2 {
		t.Errorf("kept %s\nwant %s", got, want)
	}
}

// never wants no snapshot.
type never struct{}

func (never) WantsSnapshot(conference.ID) bool { return false }

// TestCannotBeRead: an error of reading is one, not an empty history; what can never
// be read is told from what can later.
func TestCannotBeRead(t *testing.T) {
	t.Parallel()
	db := open(t, store.Options{})
	j := local.Open(local.Limits{Messages: 1, Others: 1, Octets: 1}, db)
	appendTo(t, j, created(nil), posted("a", time.Now()), posted("b", time.Now()))
	readings := func() (errs []error) {
		_, err := j.Read(t.Context(), room, journal.LastSnapshot, 10)
		errs = append(errs, err)
		_, err = j.Messages(t.Context(), room, journal.AnyPosition, 10)
		errs = append(errs, err)
		_, err = j.MessagesAfter(t.Context(), room, 0, 10)
		return append(errs, err)
	}
	lift := store.Hide(t, db)
	for k, err := range readings() {
		if !errors.Is(err, journal.ErrUnavailable) || errors.Is(err, journal.ErrDamaged) {
			t.Errorf("reading %d: %v", k, err)
		}
	}
	lift()
	for k, err := range readings() {
		if err != nil {
			t.Errorf("reading %d: %v", k, err)
		}
	}
	store.Garble(t, db)
	for k, err := range readings() {
		if !errors.Is(err, journal.ErrDamaged) {
			t.Errorf("reading %d: %v", k, err)
		}
	}
	if err := db.Fault(); !errors.Is(err, store.ErrCorrupt) {
		t.Errorf("fault %v", err)
	}
}
