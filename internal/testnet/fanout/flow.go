package fanout

import "sync"

// inFlight is how many messages of a room are not with all receivers yet, at most.
const inFlight = 32

// flow lets the senders of a room be inFlight messages ahead of its receivers.
type flow struct {
	mu   sync.Mutex
	cond *sync.Cond
	need int // receivers of a message
	got  int // copies received
	sent int
}

func newFlow(receivers int) *flow {
	f := &flow{need: receivers}
	f.cond = sync.NewCond(&f.mu)
	return f
}

// received counts n copies.
func (f *flow) received(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.got += n
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
