package transaction

import (
	"sync"

	"github.com/confab-chat/confab/wheel"
)

// runLength is how many functions a goroutine runs for others before it leaves
// the rest to a goroutine of their own, and goes back to its connection.
const runLength = 64

// A job is a function to run on a shard, or the callback of a timer.
type job struct {
	f     func()
	timer *wheel.Timer // run f only if this timer fired and was not stopped since
}

// A shard runs functions one at a time and holds what they work on.
type shard struct {
	limit int                 // of received messages in queue
	start func(f func()) bool // runs f on a goroutine, unless the layer is closed

	mu    sync.Mutex
	room  sync.Cond // queue got shorter
	busy  bool      // a goroutine runs here
	queue []job

	// Owned by the running function.
	server map[string]*ServerTx
	merged map[string]*ServerTx // by what a merged request shares with it
	client map[string]*ClientTx
	spare  []job
}

func newShard(limit int, start func(func()) bool) *shard {
	s := &shard{
		limit:  limit,
		start:  start,
		server: make(map[string]*ServerTx),
		merged: make(map[string]*ServerTx),
		client: make(map[string]*ClientTx),
	}
	s.room.L = &s.mu
	return s
}

// do runs f now if nobody is busy here, otherwise after what is queued. It
// never blocks.
func (s *shard) do(f func()) { s.submit(job{f: f}, false) }

// fired is do for the callback of a timer.
func (s *shard) fired(t *wheel.Timer, f func()) { s.submit(job{f: f, timer: t}, false) }

// receive is do for a message that was read: when too much is queued it waits.
// It must not be called by a function that runs on a shard.
func (s *shard) receive(f func()) { s.submit(job{f: f}, true) }

func (s *shard) submit(j job, wait bool) {
	s.mu.Lock()
	if s.busy {
		for wait && s.busy && len(s.queue) >= s.limit {
			s.room.Wait()
		}
	}
	if s.busy {
		s.queue = append(s.queue, j)
		s.mu.Unlock()
		return
	}
	s.busy = true
	s.mu.Unlock()
	j.run()
	s.leave()
}

// enter makes the caller the one that is busy here, if nobody is. It saves
// making a function for do; leave must follow.
func (s *shard) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return false
	}
	s.busy = true
	return true
}

// leave runs what was queued meanwhile; what is too much for a goroutine that
// has something else to do it leaves to another one.
func (s *shard) leave() {
	for done := 0; ; {
		s.mu.Lock()
		jobs := s.queue
		if len(jobs) == 0 {
			s.busy = false
			s.room.Broadcast()
			s.mu.Unlock()
			return
		}
		if done >= runLength {
			s.mu.Unlock()
			if s.start(s.leave) {
				return
			}
			done = 0
			continue
		}
		s.queue, s.spare = s.spare[:0], nil
		s.room.Broadcast()
		s.mu.Unlock()
		for _, j := range jobs {
			j.run()
		}
		done += len(jobs)
		clear(jobs)
		s.spare = jobs
	}
}

func (j job) run() {
	if j.timer == nil || j.timer.Claim() {
		j.f()
	}
}
