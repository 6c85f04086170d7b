package fanout

import "sync"

// inFlight is how many messages not all receivers have yet, at most.
const inFlight = 32

// flow lets the sender be inFlight messages ahead of the slowest receiver.
type flow struct {
	mu   sync.Mutex
	cond *sync.Cond
	got  []int // how many receivers have each message, by number modulo its length
	need int
	sent int
	done int
}

func newFlow(receivers int) *flow {
	f := &flow{got: make([]int, 4*inFlight), need: receivers}
	f.cond = sync.NewCond(&f.mu)
	return f
}

// received counts that one receiver has the messages from..to-1.
func (f *flow) received(from, to int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := from; i < to; i++ {
		k := i % len(f.got)
		if f.got[k]++; f.got[k] == f.need {
			f.got[k] = 0
			f.done++
			f.cond.Signal()
		}
	}
}

// next waits until another message may be sent, and counts it.
func (f *flow) next() {
	f.wait(inFlight - 1)
	f.sent++
}

// wait returns when at most ahead of the messages sent are not yet with all.
func (f *flow) wait(ahead int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.sent-f.done > ahead {
		f.cond.Wait()
	}
}
