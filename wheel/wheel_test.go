package wheel

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// TestFiresOnTime arms timers over all levels, each from another moment, and
// sees that every one fires at its tick: never early, never a tick late.
func TestFiresOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(0)
		defer w.Close()
		random := rand.New(rand.NewPCG(1, 2))
		delays := []time.Duration{
			0, 1, time.Millisecond, 10 * time.Millisecond, 500 * time.Millisecond, 630 * time.Millisecond,
			640 * time.Millisecond, 650 * time.Millisecond, 32 * time.Second, 41 * time.Second, time.Hour,
			47 * time.Hour, 100 * 24 * time.Hour, 300 * 24 * time.Hour,
		}
		for range 2000 {
			delays = append(delays, time.Duration(random.Int64N(int64(time.Second)<<random.IntN(20))))
		}
		timers := make([]Timer, len(delays))
		var count atomic.Int32
		for i, d := range delays {
			from := time.Now()
			w.Start(&timers[i], d, func() {
				count.Add(1)
				took := time.Since(from)
				if took < d || took >= d+2*DefaultTick {
					t.Errorf("timer of %v fired after %v", d, took)
				}
			})
			if i%7 == 0 {
				pause(time.Duration(random.Int64N(int64(3 * time.Second))))
			}
		}
		pause(400 * 24 * time.Hour)
		if int(count.Load()) != len(delays) || w.Armed() != 0 {
			t.Errorf("%d of %d fired, %d still armed", count.Load(), len(delays), w.Armed())
		}
	})
}

// pause lets the bubble's clock run.
func pause(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestExactOnTickBoundary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(0)
		var timer Timer
		var after []time.Duration
		from := time.Now()
		w.Start(&timer, 500*time.Millisecond, func() {
			after = append(after, time.Since(from))
			w.Start(&timer, time.Second, func() { after = append(after, time.Since(from)) })
		})
		pause(10 * time.Second)
		if len(after) != 2 || after[0] != 500*time.Millisecond || after[1] != 1500*time.Millisecond {
			t.Errorf("fired after %v", after)
		}
	})
}

func TestStopAndRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(0)
		var timer, other Timer
		var fires atomic.Int32
		count := func() { fires.Add(1) }

		if timer.Stop() {
			t.Error("Stop of a timer that never started reports true")
		}
		w.Start(&timer, time.Second, count)
		if !timer.Stop() || timer.Stop() {
			t.Error("Stop must report true once")
		}
		pause(2 * time.Second)
		if fires.Load() != 0 {
			t.Error("a stopped timer fired")
		}

		w.Start(&timer, time.Second, count)
		w.Start(&timer, 3*time.Second, count)
		pause(2 * time.Second)
		if fires.Load() != 0 {
			t.Error("a moved timer fired at its old time")
		}
		pause(2 * time.Second)
		if fires.Load() != 1 {
			t.Errorf("fired %d times", fires.Load())
		}

		// Due in the same tick: the first callback stops the second.
		w.Start(&timer, time.Second, func() {
			if !other.Stop() {
				t.Error("Stop came too late for a timer whose callback had not begun")
			}
		})
		w.Start(&other, time.Second, count)
		pause(2 * time.Second)
		if fires.Load() != 1 || w.Armed() != 0 {
			t.Errorf("fired %d times, %d armed", fires.Load(), w.Armed())
		}
	})
}

func TestClaim(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(0)
		var timer Timer
		w.Start(&timer, time.Second, func() {})
		if timer.Claim() {
			t.Error("claimed before it fired")
		}
		pause(2 * time.Second)
		if !timer.Claim() || timer.Claim() {
			t.Error("Claim must report true once")
		}
		w.Start(&timer, time.Second, func() {})
		pause(2 * time.Second)
		timer.Stop()
		if timer.Claim() {
			t.Error("claimed after Stop")
		}
		w.Start(&timer, time.Second, func() {})
		pause(2 * time.Second)
		w.Start(&timer, time.Second, func() {})
		if timer.Claim() {
			t.Error("claimed after it was started again")
		}
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(0)
		timers := make([]Timer, 100)
		for i := range timers {
			w.Start(&timers[i], time.Duration(i)*time.Second, func() { t.Error("fired after Close") })
		}
		w.Close()
		w.Start(&timers[0], time.Second, func() { t.Error("started after Close") })
		if w.Armed() != 0 {
			t.Errorf("%d armed", w.Armed())
		}
		pause(time.Hour)
	})
}

// TestCloseInCallback closes a wheel while callbacks of the same tick are due.
func TestCloseInCallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(0)
		var first, second Timer
		w.Start(&first, time.Second, w.Close)
		w.Start(&second, time.Second, func() { t.Error("fired after Close") })
		pause(time.Minute)
	})
}

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	w := New(time.Millisecond)
	defer w.Close()
	done := make(chan struct{})
	for g := range 4 {
		go func() {
			defer func() { done <- struct{}{} }()
			timers := make([]Timer, 64)
			random := rand.New(rand.NewPCG(uint64(g), 1))
			for range 5000 {
				timer := &timers[random.IntN(len(timers))]
				if random.IntN(3) == 0 {
					timer.Stop()
				} else {
					w.Start(timer, time.Duration(random.IntN(int(3*time.Millisecond))), func() { timer.Claim() })
				}
			}
			for i := range timers {
				timers[i].Stop()
			}
		}()
	}
	for range 4 {
		<-done
	}
	if w.Armed() != 0 {
		t.Errorf("%d armed", w.Armed())
	}
}

// BenchmarkStartStop is the life of most timers: started, stopped, never fired.
func BenchmarkStartStop(b *testing.B) {
	w := New(0)
	defer w.Close()
	timers := make([]Timer, 1<<16)
	f := func() {}
	for i := range timers {
		w.Start(&timers[i], 32*time.Second, f)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		t := &timers[i&(len(timers)-1)]
		t.Stop()
		w.Start(t, 500*time.Millisecond, f)
		i++
	}
}
