package fanout

import (
	"sync"
	"time"
)

// inFlight is how many messages of a room are not with all receivers yet, at most.
const inFlight = 32

// flow lets the senders of a room be inFlight messages ahead of its receivers.
type flow struct {
	mu   sync.Mutex
	cond *sync.Cond
	need int // receivers of a message
	got  int // copies received
	sent int

	// When messages are offered at a rate.
	begun []time.Time     // of each message
	took  []time.Duration // until a receiver had it, of each copy
}

func newFlow(receivers int) *flow {
	f := &flow{need: receivers}
	f.cond = sync.NewCond(&f.mu)
	return f
}

// received counts n copies that a receiver got behind the first of them.
func (f *flow) received(first, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got += n
	if first+n <= len(f.begun) {
		now := time.Now()
		for _, begun := range f.begun[first : first+n] {
			f.took = append(f.took, now.Sub(begun))
		}
	}
	f.cond.Signal()
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
	for f.sent*f.need-f.got > ahead*f.need {
		f.cond.Wait()
	}
}

// begin notes when the message that is sent next has begun.
func (f *flow) begin(at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun = append(f.begun, at)
}

// times returns what the copies took.
func (f *flow) times() []time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.took
}
