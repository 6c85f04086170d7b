package transaction

import (
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/wheel"
)

func start(f func()) bool {
	go f()
	return true
}

func TestShardRunsOneAfterTheOther(t *testing.T) {
	s := newShard(1024, start)
	const goroutines, each = 8, 2000
	var inside atomic.Int32
	last := make([]int, goroutines)
	total := 0
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for i := 1; i <= each; i++ {
				s.do(func() {
					if inside.Add(1) != 1 {
						t.Error("two functions at a time")
					}
					if last[g] != i-1 {
						t.Errorf("goroutine %d: %d after %d", g, i, last[g])
					}
					last[g] = i
					total++
					inside.Add(-1)
				})
			}
		})
	}
	wg.Wait()
	finished := make(chan int)
	s.do(func() { go func() { finished <- total }() })
	if n := <-finished; n != goroutines*each {
		t.Errorf("%d functions ran", n)
	}
}

func TestShardQueuesWhatItsFunctionsBring(t *testing.T) {
	s := newShard(1024, start)
	var order []int
	s.do(func() {
		s.do(func() { order = append(order, 2) })
		order = append(order, 1)
	})
	if len(order) != 2 || order[0] != 1 {
		t.Errorf("order %v", order)
	}
}

// TestShardLetsGo sees that a goroutine that came with one function is not
// kept for ever by those of others.
func TestShardLetsGo(*testing.T) {
	s := newShard(1024, start)
	var stop atomic.Bool
	var endless func()
	endless = func() {
		if !stop.Load() {
			s.do(endless)
		}
	}
	s.do(endless) // returns, while another goroutine goes on
	ran := make(chan struct{})
	s.do(func() { close(ran) })
	<-ran
	stop.Store(true)
}

func TestShardHoldsReadersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShard(3, start)
		block := make(chan struct{})
		go s.do(func() { <-block })
		synctest.Wait()
		var taken, ran atomic.Int32
		go func() {
			for range 10 {
				s.receive(func() { ran.Add(1) })
				taken.Add(1)
			}
		}()
		synctest.Wait()
		if taken.Load() != 3 || ran.Load() != 0 {
			t.Errorf("%d taken, %d ran", taken.Load(), ran.Load())
		}
		s.do(func() {}) // never blocks
		close(block)
		synctest.Wait()
		if taken.Load() != 10 || ran.Load() != 10 {
			t.Errorf("%d taken, %d ran", taken.Load(), ran.Load())
		}
	})
}

// TestStoppedTimerStaysStopped stops a timer on the shard after it has fired
// but before its callback got its turn.
func TestStoppedTimerStaysStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := New(Config{}, nil)
		defer l.Close()
		var timer wheel.Timer
		fires := 0
		l.After("x", &timer, time.Second, func() { fires++ })
		l.Do("x", func() {
			<-time.After(2 * time.Second)
			synctest.Wait()
			if timer.Stop() {
				t.Error("the timer had not fired")
			}
		})
		l.After("x", &timer, time.Second, func() { fires += 10 })
		<-time.After(2 * time.Second)
		synctest.Wait()
		l.Do("x", func() {
			if fires != 10 {
				t.Errorf("fires is %d", fires)
			}
		})
	})
}

func BenchmarkDo(b *testing.B) {
	l := New(Config{}, nil)
	defer l.Close()
	n := 0
	f := func() { n++ }
	b.ReportAllocs()
	for b.Loop() {
		l.Do("a84b4c76e66710@pc33.example.com", f)
	}
}
