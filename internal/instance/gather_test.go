package instance_test

import (
	"fmt"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
)

// commit is how long the journal takes.
const commit = time.Millisecond

// TestGather has 32 senders post again a moment after each answer, one after the
// other: they go on sharing each commit.
func TestGather(t *testing.T) {
	const senders, rounds = 32, 10
	l := &ledger{faulty: faulty{Journal: local.New(local.Limits{})}}
	bubble(t, func(c *instance.Config) { c.Journal = l }, open(durable), func(h *house) {
		i := h.join(lobby(), "sip:alice@a.test", "alice1")
		l.batches, l.takes = nil, commit
		h.atOnce(i, messages(senders)...)
		posted := make(chan error, senders)
		var again func(sender, round int)
		again = func(sender, round int) {
			i.Do(post(fmt.Sprint(sender, " ", round)), func(r instance.Result) {
				if r.Err != nil || round == rounds {
					posted <- r.Err
					return
				}
				time.AfterFunc(time.Duration(sender)*commit/64, func() { again(sender, round+1) })
			})
		}
		<-time.After(10 * commit)
		for sender := range senders {
			again(sender, 1)
		}
		for range senders {
			if err := <-posted; err != nil {
				t.Error(err)
			}
		}
		if n := len(l.batches); n > rounds+4 {
			t.Errorf("%d commits: %d", n, l.batches)
		}
	})
}

// TestGatherEnds: where fewer messages follow they wait for a commit's time, once, and
// not at all when some time has passed, nor behind few.
func TestGatherEnds(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		before int
		pause  time.Duration
		want   time.Duration
	}{
		"soon":        {32, commit / 2, 2 * commit},
		"later":       {32, 5 * commit, commit},
		"behind few":  {4, commit / 2, commit},
		"behind many": {64, commit / 2, 2 * commit},
	} {
		t.Run(name, func(t *testing.T) {
			l := &ledger{faulty: faulty{Journal: local.New(local.Limits{})}}
			bubble(t, func(c *instance.Config) { c.Journal = l }, open(durable), func(h *house) {
				i := h.join(lobby(), "sip:alice@a.test", "alice1")
				l.takes = commit
				h.atOnce(i, messages(tt.before)...)
				<-time.After(commit + tt.pause)
				for k, want := range []time.Duration{tt.want, commit} {
					begin, done := time.Now(), make(chan error, 1)
					i.Do(post("last "+strconv.Itoa(k)), func(r instance.Result) { done <- r.Err })
					if err := <-done; err != nil || time.Since(begin) != want {
						t.Errorf("message %d: %v after %v, want %v", k, err, time.Since(begin), want)
					}
					synctest.Wait()
				}
			})
		})
	}
}

// messages are n of them.
func messages(n int) []conference.Command {
	commands := make([]conference.Command, n)
	for k := range commands {
		commands[k] = post("first " + strconv.Itoa(k))
	}
	return commands
}
