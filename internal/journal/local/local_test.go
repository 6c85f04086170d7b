package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/journaltest"
)

const room conference.ID = "sip:room@conf.example.test"

func TestContract(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, func(t *testing.T) journal.Journal {
		t.Helper()
		j := New(Limits{})
		t.Cleanup(func() {
			if err := j.Close(t.Context()); err != nil && t.Context().Err() == nil {
				t.Error(err)
			}
		})
		return j
	})
}

func post(size int) conference.Event {
	return conference.Posted{Message: &conference.Message{Body: make([]byte, size)}}
}

func createdKeeping(keep int) conference.Event {
	policy := conference.DefaultPolicy()
	policy.History.Keep = keep
	return conference.Created{ID: room, Policy: policy}
}

func write(t *testing.T, j *Journal, n int, e conference.Event) journal.Position {
	t.Helper()
	var last journal.Position
	for range n {
		var err error
		if last, err = j.Append(t.Context(), room, journal.AnyPosition, e); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// kept counts messages and other events that the journal has.
func kept(t *testing.T, j *Journal) (messages, others int) {
	t.Helper()
	entries, err := j.Read(t.Context(), room, journal.AnyPosition, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(entries, func(a, b journal.Entry) int { return cmp.Compare(a.Position, b.Position) }) {
		t.Error("entries out of order")
	}
	for _, e := range entries {
		if e.Event.Kind() == conference.KindPosted {
			messages++
		} else {
			others++
		}
	}
	return messages, others
}

func TestLogIsBounded(t *testing.T) {
	t.Parallel()
	limits := Limits{Messages: 4, Octets: 1000, Others: 8}
	type batch struct {
		n     int
		event conference.Event
	}
	tests := map[string]struct {
		write            []batch
		messages, others int
	}{
		"least of messages": {
			[]batch{{1, createdKeeping(0)}, {20, post(1)}}, 4, 1,
		},
		"what the policy keeps": {
			[]batch{{1, createdKeeping(6)}, {20, post(1)}}, 6, 1,
		},
		"octets": {
			[]batch{{1, createdKeeping(200)}, {20, post(300)}}, 3, 1,
		},
		"one message of any size": {
			[]batch{{3, post(1)}, {1, post(5000)}}, 1, 0,
		},
		"comings and goings push no message out": {
			[]batch{{4, post(1)}, {100, conference.Connected{}}}, 4, 8,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := New(limits)
			for _, b := range tt.write {
				write(t, j, b.n, b.event)
			}
			if messages, others := kept(t, j); messages != tt.messages || others != tt.others {
				t.Errorf("%d messages and %d others kept, want %d and %d", messages, others, tt.messages, tt.others)
			}
		})
	}
}

func TestReaderIsToldWhatIsGone(t *testing.T) {
	t.Parallel()
	j := New(Limits{Messages: 4})
	last := write(t, j, 10, post(1))
	first := last - 3
	for after := range last + 1 {
		page, err := j.Read(t.Context(), room, after, 100)
		if after+1 >= first {
			if err != nil || len(page) != int(last-after) {
				t.Errorf("behind %d: %d entries, %v", after, len(page), err)
			}
			continue
		}
		gone, ok := errors.AsType[*journal.CompactedError](err)
		if !ok || gone.First != first {
			t.Errorf("behind %d: %v, want all from %d on", after, err, first)
		}
	}
	never := func(journal.Position, conference.Event) error { t.Error("called"); return nil }
	if _, ok := errors.AsType[*journal.CompactedError](j.Follow(t.Context(), room, 1, never)); !ok {
		t.Error("a follower is not told")
	}
}

func TestSlowFollowerIsTold(t *testing.T) {
	t.Parallel()
	j := New(Limits{Messages: 64})
	write(t, j, 1, post(1))
	var got []journal.Position
	err := j.Follow(t.Context(), room, 0, func(at journal.Position, _ conference.Event) error {
		got = append(got, at)
		if len(got) == 1 {
			write(t, j, 100, post(1))
		}
		return nil
	})
	if gone, ok := errors.AsType[*journal.CompactedError](err); !ok || gone.First != 38 || len(got) != 1 {
		t.Errorf("after %v: %v", got, err)
	}
}

func TestEndedConferenceLeavesNothing(t *testing.T) {
	t.Parallel()
	j := New(Limits{})
	for n := range 1000 {
		id := conference.ID(fmt.Sprintf("sip:%d@conf.example.test", n))
		if _, err := j.Append(t.Context(), id, 0, conference.Created{ID: id}, post(10), conference.Ended{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(j.logs) != 0 {
		t.Errorf("%d logs are left", len(j.logs))
	}
}

func TestFollowerMissesNoLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := New(Limits{})
		ctx, cancel := context.WithCancel(t.Context())
		var got []conference.Kind
		ended := make(chan error)
		go func() {
			ended <- j.Follow(ctx, room, 0, func(_ journal.Position, e conference.Event) error {
				got = append(got, e.Kind())
				return nil
			})
		}()
		synctest.Wait()
		const lives = 5
		for range lives { // all of them before the follower wakes up
			if _, err := j.Append(ctx, room, journal.AnyPosition, createdKeeping(1), conference.Ended{}); err != nil {
				t.Error(err)
			}
		}
		synctest.Wait()
		if len(got) != 2*lives {
			t.Errorf("followed %v", got)
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) || len(j.logs) != 0 {
			t.Errorf("%v, %d logs left", err, len(j.logs))
		}
	})
}

func TestStaleWriterMeetsANewLife(t *testing.T) {
	t.Parallel()
	j := New(Limits{})
	last := write(t, j, 3, post(1))
	write(t, j, 1, conference.Ended{})
	write(t, j, 1, createdKeeping(1))
	if _, err := j.Append(t.Context(), room, last, post(1)); err == nil {
		t.Error("a writer of the old life wrote into the new one")
	}
	if _, err := j.Read(t.Context(), room, last, 10); err == nil {
		t.Error("a reader of the old life was not told that the rest of it is gone")
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		j := New(Limits{})
		write(t, j, 1, post(1))
		ended := make(chan error, 2)
		for _, id := range []conference.ID{room, "sip:nobody@conf.example.test"} {
			go func() {
				ended <- j.Follow(t.Context(), id, 0, func(journal.Position, conference.Event) error { return nil })
			}()
		}
		synctest.Wait()
		for range 2 {
			if err := j.Close(t.Context()); err != nil {
				t.Error(err)
			}
		}
		for range 2 {
			if err := <-ended; !errors.Is(err, journal.ErrClosed) {
				t.Errorf("follower ended with %v", err)
			}
		}
		_, appendErr := j.Append(t.Context(), room, journal.AnyPosition, post(1))
		_, readErr := j.Read(t.Context(), room, 0, 1)
		followErr := j.Follow(t.Context(), room, 0, nil)
		for _, err := range []error{appendErr, readErr, followErr} {
			if !errors.Is(err, journal.ErrClosed) {
				t.Errorf("error %v after Close", err)
			}
		}
	})
}

func TestErrorsTellPositions(t *testing.T) {
	t.Parallel()
	for _, err := range []error{&journal.CompactedError{First: 7}, &journal.ConflictError{Last: 7}} {
		if !strings.Contains(err.Error(), "7") {
			t.Errorf("error %q", err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	j := New(Limits{})
	e := post(120)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Append(b.Context(), room, journal.AnyPosition, e); err != nil {
			b.Fatal(err)
		}
	}
}
