package journaltest

import (
	"context"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// Run runs the suite. Open returns a new, empty journal for each test, and
// registers with t what is to be cleaned up. The journal keeps at least 64
// messages and 256 other events of a conference.
func Run(t *testing.T, open func(t *testing.T) journal.Journal) {
	t.Helper()
	tests := []struct {
		name string
		run  func(suite)
	}{
		{"AppendAndRead", suite.appendAndRead},
		{"AppendNothing", suite.appendNothing},
		{"AppendBehindAPosition", suite.appendBehindAPosition},
		{"BatchesStayTogether", suite.batchesStayTogether},
		{"ReadPages", suite.readPages},
		{"ReadFromAnywhere", suite.readFromAnywhere},
		{"ConferencesAreApart", suite.conferencesAreApart},
		{"FollowHistoryThenLive", suite.followHistoryThenLive},
		{"FollowBehindAPosition", suite.followBehindAPosition},
		{"FollowBeforeTheFirstEvent", suite.followBeforeTheFirstEvent},
		{"FollowEndsWithContext", suite.followEndsWithContext},
		{"FollowEndsWithError", suite.followEndsWithError},
		{"ManyWritersOneOrder", suite.manyWritersOneOrder},
		{"RacingWritersOneWins", suite.racingWritersOneWins},
		{"NewLifeGoesOnBehindTheOld", suite.newLifeGoesOnBehindTheOld},
		{"DurableOutlivesItsEnd", suite.durableOutlivesItsEnd},
		{"MessagesByThemselves", suite.messagesByThemselves},
		{"SnapshotStandsForWhatIsBefore", suite.snapshotStandsForWhatIsBefore},
		{"LastSnapshotCounts", suite.lastSnapshotCounts},
		{"TailStays", suite.tailStays},
		{"CancelledContext", suite.cancelledContext},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.run(suite{t: t, j: open(t)})
		})
	}
}

// suite is one test of the contract and the journal it tests.
type suite struct {
	t *testing.T
	j journal.Journal
}

const room conference.ID = "sip:room@conf.example.test"

// posted is a message with the text as its body.
func posted(text string) conference.Event {
	return conference.Posted{Message: &conference.Message{ID: text, User: "sip:alice@example.test", Body: []byte(text)}}
}

// text returns the text of an event that posted has made, else its kind.
func text(e conference.Event) string {
	if p, ok := e.(conference.Posted); ok {
		return string(p.Message.Body)
	}
	return string(e.Kind())
}

func created(durable bool) conference.Event {
	policy := conference.DefaultPolicy()
	policy.History.Durable = durable
	return conference.Created{ID: room, Origin: conference.FromReserve, Policy: policy}
}

// appended appends events unconditionally and returns the position.
func appended(t *testing.T, j journal.Journal, id conference.ID, events ...conference.Event) journal.Position {
	t.Helper()
	last, err := j.Append(t.Context(), id, journal.AnyPosition, events...)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	return last
}

// readAll reads the whole log of room, in pages of a few.
func readAll(t *testing.T, j journal.Journal) []journal.Entry {
	t.Helper()
	var all []journal.Entry
	var after journal.Position
	for {
		page, err := j.Read(t.Context(), room, after, 7)
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		after = page[len(page)-1].Position
	}
}

// texts returns the texts of the entries and checks that positions grow.
func texts(t *testing.T, entries []journal.Entry) []string {
	t.Helper()
	out := make([]string, len(entries))
	var last journal.Position
	for i, e := range entries {
		if e.Position <= last {
			t.Fatalf("position %d behind %d", e.Position, last)
		}
		last = e.Position
		out[i] = text(e.Event)
	}
	return out
}

// follower is a Follow that runs.
type follower struct {
	entries chan journal.Entry
	err     chan error
	stop    context.CancelFunc
}

func follow(t *testing.T, j journal.Journal, id conference.ID, after journal.Position) *follower {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	f := &follower{entries: make(chan journal.Entry), err: make(chan error, 1), stop: stop}
	go func() {
		f.err <- j.Follow(ctx, id, after, func(at journal.Position, e conference.Event) error {
			select {
			case f.entries <- journal.Entry{Position: at, Event: e}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	t.Cleanup(stop)
	return f
}

// next returns the next n events.
func (f *follower) next(t *testing.T, n int) []journal.Entry {
	t.Helper()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	entries := make([]journal.Entry, 0, n)
	for len(entries) < n {
		select {
		case e := <-f.entries:
			entries = append(entries, e)
		case err := <-f.err:
			t.Fatalf("follow ended after %d events: %v", len(entries), err)
		case <-limit.C:
			t.Fatalf("%d events came, not %d", len(entries), n)
		}
	}
	return entries
}

// end waits until the follower has returned.
func (f *follower) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-f.err:
		return err
	case <-time.After(patience):
		t.Fatal("follow does not return")
		return nil
	}
}
