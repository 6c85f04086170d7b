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

// compose passes a composing indication (RFC 3994) to those who are there and
// take the type. It is never kept, and nobody answers it. [COMP-03] [COMP-04]
func (x *mix) compose(from *Leg, in *msrp.Incoming) {
	if !from.composing.pass(x.mixer.cfg.Now(), composingEvery) {
		in.Accept()
		return
	}
	shared, err := msrp.Prepare(msrp.Message{
		ContentType: sdp.TypeCPIM, Body: in.Body(), FailureReport: msrpwire.FailureNo,
	})
	if err != nil {
		in.Refuse(&msrp.Error{Status: 400})
		return
	}
	for _, l := range x.others(from) {
		if l.takes(typeComposing) {
			l.send(shared, 0)
		}
	}
	in.Accept()
}

// others returns the open legs but one.
func (x *mix) others(but *Leg) []*Leg {
	x.mu.Lock()
	defer x.mu.Unlock()
	legs := make([]*Leg, 0, len(x.open))
	for _, l := range x.open {
		if l != but {
			legs = append(legs, l)
		}
	}
	return legs
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
