package mixer

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// composingEvery is how often one sender's composing indications are passed on.
// [COMP-05]
const composingEvery = time.Second

// compose passes a composing indication (RFC 3994) to those who are there, take
// the type and keep up. It is never kept, and nobody answers it. [COMP-03]
// [COMP-04] [SW-FLOW-02]
func (x *mix) compose(from *Leg, in *msrp.Incoming) {
	shared, err := msrp.Prepare(msrp.Message{
		ContentType: sdp.TypeCPIM, Body: in.Body(), FailureReport: msrpwire.FailureNo,
	})
	if err != nil {
		in.Refuse(&msrp.Error{Status: msrpwire.StatusBadRequest})
		return
	}
	c := content{mediaType: typeComposing, kind: composing}
	for _, l := range x.others(from) {
		h := l.current.Load()
		if h != nil && !h.session.Congested() && l.terms.Load().wants(c) {
			_ = l.send(shared, 0)
		}
	}
	in.Accept()
}

// pace lets something pass at most once in a while.
type pace struct {
	mu   sync.Mutex
	last time.Time
}

func (p *pace) pass(now time.Time, every time.Duration) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Sub(p.last) < every {
		return false
	}
	p.last = now
	return true
}
