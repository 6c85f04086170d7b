package server

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
)

// soakPlan says how large a soak is and what happens in it.
type soakPlan struct {
	rooms, users int           // users of each room
	length       time.Duration // how long everything goes on
	pause        time.Duration // between two things that one user does, on average
}

// soaking is how long the test of endurance goes on: CONFAB_SOAK, or a moment.
func soaking(t *testing.T) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(cmp.Or(os.Getenv("CONFAB_SOAK"), "3s")) //nolint:forbidigo // how long a test may take is for who runs it
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// soak is a server, its conferences and their users.
type soak struct {
	*rig
	plan  soakPlan
	rooms []*soakRoom
}

func newSoak(t *testing.T, plan soakPlan) *soak {
	t.Helper()
	s := &soak{plan: plan}
	s.rig = serve(t, func(c *config.Config) {
		c.Limits = config.Limits{SIPBacklog: c.Limits.SIPBacklog}
		c.Mixer.SenderRate, c.Mixer.FanOutRate, c.Mixer.NicknameQuarantine = 0, 0, 0
		policy := c.Conferences[0].Policy
		policy.History.Keep = 10_000
		c.Conferences = nil
		for i := range plan.rooms {
			c.Conferences = append(c.Conferences, config.Conference{URI: fmt.Sprintf("sip:room%d@conf.localhost", i), Policy: policy})
		}
	})
	return s
}

// fill makes the rooms and has everybody join.
func (s *soak) fill(ctx context.Context) {
	for i := range s.plan.rooms {
		r := newSoakRoom(s.t, fmt.Sprintf("sip:room%d@conf.localhost", i))
		r.line = newSoakLine(s.rig)
		go r.line.read()
		for k := range s.plan.users {
			r.users = append(r.users, &soakUser{
				room: r, index: k, name: fmt.Sprintf("user%d.%d", i, k), known: make(map[said]bool),
				random: rand.New(rand.NewPCG(uint64(i), uint64(k))),
			})
		}
		s.rooms = append(s.rooms, r)
	}
	s.everybody(func(u *soakUser) error { return u.join(ctx) })
}

// everybody has all users do something at once.
func (s *soak) everybody(f func(*soakUser) error) {
	s.t.Helper()
	var all sync.WaitGroup
	for _, r := range s.rooms {
		for _, u := range r.users {
			all.Go(func() {
				if err := f(u); err != nil {
					u.mu.Lock()
					defer u.mu.Unlock()
					s.t.Errorf("%s: %s: %v; he was %q", r.uri, u.name, err, u.diary)
				}
			})
		}
	}
	all.Wait()
	if s.t.Failed() {
		s.t.FailNow()
	}
}

// finish has somebody say the last word in each room, and everybody hear everything.
func (s *soak) finish() {
	s.t.Helper()
	for _, r := range s.rooms {
		r.users[0].say(everybody, 10)
	}
	s.everybody((*soakUser).ask)
	deadline := time.Now().Add(testnet.Patience)
	repeated, messages, whispers, names := 0, 0, 0, 0
	for _, r := range s.rooms {
		missing := r.missing()
		for ; len(missing) > 0 && time.Now().Before(deadline); missing = r.missing() {
			<-time.After(100 * time.Millisecond)
		}
		for _, what := range missing {
			s.t.Errorf("%s: %s", r.uri, what)
		}
		r.fifo()
		repeated += r.repeated
		messages += len(r.begun)
		whispers += len(r.whispers)
		names += r.granted
	}
	s.t.Logf("%d messages and %d private ones; %d copies repeated in new sessions; %d nicknames", messages, whispers, repeated, names)
}

// empty has everybody leave, and fails the test if anything stays.
func (s *soak) empty() {
	s.t.Helper()
	s.everybody((*soakUser).leave)
	for _, r := range s.rooms {
		r.line.Close()
	}
	s.rooms = nil
	s.vacant()
}

// TestSoak has 2,000 users in 100 conferences, or in as many as the system allows
// files for, do everything at random. Nothing is
// lost, repeated, shown in another order or to somebody else; and when all have
// left, the server is as it was.
func TestSoak(t *testing.T) {
	length := soaking(t)
	plan := soakPlan{rooms: 5, users: 12, length: length, pause: 100 * time.Millisecond}
	if length >= time.Minute {
		const perUser = 5 // both ends of two connections, and something besides
		plan = soakPlan{rooms: min(100, files()/(20*perUser)), users: 20, length: length, pause: time.Second}
	}
	s := newSoak(t, plan)
	before := levelNow()
	s.fill(t.Context())
	ctx, cancel := context.WithTimeout(t.Context(), plan.length)
	defer cancel()
	s.everybody(func(u *soakUser) error { return u.live(ctx, t.Context(), plan.pause) })
	s.finish()
	s.empty()
	settled(t, before, plan)
	conform.Covers(t, "SW-PUB-12", "SW-PUB-13", "SW-PRV-01", "SW-RPT-06", "SW-HIS-04")
}

// TestDrops cuts the connections of receivers 500 times while others talk. Each comes
// back, in one way or another, and ends with every message, once.
func TestDrops(t *testing.T) {
	s := newSoak(t, soakPlan{rooms: 1, users: 24})
	s.fill(t.Context())
	const talkers, drops = 4, 25
	test := t.Context()
	ctx, cancel := context.WithCancel(test)
	defer cancel()
	var receivers sync.WaitGroup
	receivers.Add(20)
	go func() {
		receivers.Wait()
		cancel()
	}()
	s.everybody(func(u *soakUser) error {
		if u.index < talkers {
			return u.talk(ctx)
		}
		defer receivers.Done()
		for range drops {
			u.pause(test, 30*time.Millisecond)
			if err := u.drop(test); err != nil {
				return err
			}
		}
		return nil
	})
	s.finish()
	s.empty()
	conform.Covers(t, "SW-RPT-06", "SW-HIS-02", "SW-HIS-04", "MSRP-CON-15")
}

// TestAllCut cuts the connections of everybody in a conference at once, again and
// again, with messages under way. All come back, and nothing is lost or repeated.
func TestAllCut(t *testing.T) {
	s := newSoak(t, soakPlan{rooms: 10, users: 3})
	s.fill(t.Context())
	test := t.Context()
	for range 20 {
		s.everybody(func(u *soakUser) error {
			for range 1 + u.random.IntN(20) {
				u.say(everybody, u.random.IntN(500))
			}
			if to := u.random.IntN(len(u.room.users)); to != u.index {
				u.say(to, 10)
			}
			u.interrupted()
			return u.dropBy(test, []int{0, 1, 5, 6}[u.random.IntN(4)])
		})
	}
	s.finish()
	s.empty()
	conform.Covers(t, "SW-RPT-06", "SW-HIS-04", "MSRP-CON-15")
}

// level is what a process uses.
type level struct {
	goroutines int
	heap       uint64
}

func levelNow() level {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return level{runtime.NumGoroutine(), m.HeapAlloc}
}

// settled waits until goroutines and memory are at their level again: answered
// transactions linger for 32 seconds.
func settled(t *testing.T, before level, plan soakPlan) {
	t.Helper()
	// The runtime keeps the descriptors of as many goroutines as there ever were at
	// a time, and maps the tables of their largest size.
	slack := 8<<20 + uint64(plan.rooms*plan.users)*14<<10
	deadline := time.Now().Add(2 * testnet.Patience)
	for {
		now := levelNow()
		if now.goroutines <= before.goroutines+2 && now.heap <= before.heap+slack {
			t.Logf("goroutines %d, then %d; heap %d KiB, then %d", before.goroutines, now.goroutines, before.heap>>10, now.heap>>10)
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("before %+v, now %+v", before, now)
		}
		<-time.After(250 * time.Millisecond)
	}
}
