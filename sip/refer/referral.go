package refer

import (
	"slices"
	"sync"

	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/wheel"
)

// Referral is a REFER that was accepted. It reports by NOTIFY what came of it, unless
// its issuer did not want to know, does not any more, or cannot be reached: then
// reports go nowhere, and what was asked for goes on. [FOC-REF-10]
type Referral struct {
	// fixed after construction
	agent  *Agent
	callID string

	// fixed by the answer
	where publication

	// owned by the shard
	expiry wheel.Timer

	// guarded by mu
	mu      sync.Mutex
	status  int
	reason  string
	over    bool
	readers []*reader
}

// Report says how far the request is that the REFER asked for: its provisional
// responses, which may be merged, and then its final one, which ends the reporting.
// An empty reason means the standard phrase. [FOC-REF-08] [FOC-REF-09]
func (r *Referral) Report(status int, reason string) {
	r.agent.dl.Do(r.callID, func() {
		readers, news := r.reach(status, reason)
		switch {
		case !news:
		case status >= 200:
			r.close()
		default:
			for _, w := range readers {
				w.hear()
			}
		}
	})
}

// Then has f called, on the shard, when the answer to the REFER and the first report have
// been handed to the transport, unless it has yet to find out where that is. [FOC-RMV-01]
func (r *Referral) Then(f func()) {
	// Behind what Accept has done, which may wait for its turn itself, and behind what
	// that has begun.
	r.agent.dl.Do(r.callID, func() { r.agent.dl.Do(r.callID, f) })
}

// reach notes a status, unless as far as that we were, and returns who is to hear of it.
func (r *Referral) reach(status int, reason string) ([]*reader, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || status < 200 && status <= r.status {
		return nil, false
	}
	r.status, r.reason = status, reason
	return slices.Clone(r.readers), true
}

// Close ends the reporting with the status reached so far, whatever comes of the
// request later. [FOC-REF-18]
func (r *Referral) Close() { r.agent.dl.Do(r.callID, r.close) }

// close sends the last NOTIFYs. RFC 3515 §2.4.7 knows one reason for it. [FOC-REF-09]
func (r *Referral) close() {
	r.mu.Lock()
	readers, was := r.readers, r.over
	r.readers, r.over = nil, true
	r.mu.Unlock()
	if was {
		return
	}
	r.retain()
	for _, w := range readers {
		w.sub.Terminate(event.Termination{Reason: event.NoResource})
	}
}

// join adds a reader, whose subscription ends if there is nothing more to tell. It is
// called on the shard of that.
func (r *Referral) join(w *reader) {
	r.mu.Lock()
	over := r.over
	if !over && !w.gone {
		r.readers = append(r.readers, w)
	}
	r.mu.Unlock()
	if over {
		w.sub.Terminate(event.Termination{Reason: event.NoResource})
	}
}

// leave drops a reader.
func (r *Referral) leave(w *reader) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if i := slices.Index(r.readers, w); i >= 0 {
		r.readers = slices.Delete(r.readers, i, i+1)
	}
}

// reached returns the status that a NOTIFY tells.
func (r *Referral) reached() (status int, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status, r.reason
}
