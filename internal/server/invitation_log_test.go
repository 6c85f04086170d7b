package server

import (
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// logbook keeps what is logged.
type logbook struct {
	mu    sync.Mutex
	lines strings.Builder
}

func (l *logbook) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines.Write(b)
}

// await waits for a line that has all the words.
func (l *logbook) await(t *testing.T, words ...string) {
	t.Helper()
	for begun := time.Now(); ; {
		l.mu.Lock()
		text := l.lines.String()
		l.mu.Unlock()
		for line := range strings.Lines(text) {
			if hasAll(line, words) {
				return
			}
		}
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("no line with %q\n%s", words, text)
		}
		<-time.After(time.Millisecond)
	}
}

func hasAll(line string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(line, w) {
			return false
		}
	}
	return true
}

// TestFailedInvitationsLogged: those on a list have nobody who would hear why they were
// not called.
func TestFailedInvitationsLogged(t *testing.T) {
	var full atomic.Bool
	m := &moody{reserve: func(focus.LegRequest) (focus.Leg, error) {
		if full.Load() {
			return nil, focus.ErrMixerFull
		}
		return nil, nil
	}}
	book := &logbook{}
	tune := tuning{mixer: func(inner focus.Mixer) focus.Mixer { m.Mixer = inner; return m }}
	r := serveLogged(t, nil, tune, slog.NewTextHandler(book, nil))
	alice, bob := r.guest("tcp", "alice"), r.callee("udp", "bob")
	alice.Send(alice.withList(lobby, entries(bob.entry("")), "recipient-list"))
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	alice.call.Learn(alice.ok)
	full.Store(true)
	alice.Send(alice.call.Ack()) // now the list is called
	book.await(t, "invitation failed", "conference="+lobby, "user="+bob.named(), "status=503", "mixer is full")
	bob.Silence(20 * time.Millisecond)
	alice.leave()
	r.vacant()
}
