package focus

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		perSecond, burst int
		after            time.Duration // since the one before
		want             int           // of 100 that try, how many may at once
	}{
		"one after the other":     {20, 1, 0, 1},
		"some at once":            {5, 20, 0, 20},
		"as fast as they may":     {20, 1, 50 * time.Millisecond, 100},
		"a little too fast":       {20, 1, 40 * time.Millisecond, 50},
		"no limit":                {0, 1, 0, 100},
		"burst of nothing is one": {1, 0, 0, 1},
	} {
		p, now, passed := paceOf(test.perSecond, test.burst), begin, 0
		for range 100 {
			if p.wait(now) == 0 {
				p.take(now)
				passed++
			}
			now = now.Add(test.after)
		}
		if passed != test.want && passed != test.want+1 {
			t.Errorf("%s: %d, want %d", name, passed, test.want)
		}
	}
}

// TestPaceAfterSilence: who was silent for long gains no more than the burst.
func TestPaceAfterSilence(t *testing.T) {
	t.Parallel()
	p := paceOf(10, 3)
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p.take(now)
	now = now.Add(time.Hour)
	for range 3 {
		if wait := p.wait(now); wait != 0 {
			t.Fatalf("waits %v", wait)
		}
		p.take(now)
	}
	if wait := p.wait(now); wait != 100*time.Millisecond {
		t.Errorf("waits %v", wait)
	}
}

// TestReferralsForget remembers nobody for longer than it matters.
func TestReferralsForget(t *testing.T) {
	t.Parallel()
	var r referrals
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for range 20 {
		if wait := r.try("sip:alice@a.test", 5, now); wait != 0 {
			t.Fatalf("waits %v", wait)
		}
	}
	if r.try("sip:alice@a.test", 5, now) == 0 {
		t.Error("asks as often as she likes")
	}
	now = now.Add(time.Hour)
	r.try("sip:bob@b.test", 5, now)
	if len(r.users) != 1 {
		t.Errorf("%d users", len(r.users))
	}
}
