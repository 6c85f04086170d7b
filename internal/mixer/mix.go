package mixer

import (
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// mix is the mixer's part in one conference: its legs on this node.
type mix struct {
	// fixed after construction
	mixer *Mixer
	inst  *instance.Instance
	id    conference.ID

	// open is written by the instance's goroutine with mu held, read by it
	// without, and by everybody else with mu held.
	open []*Leg

	mu    sync.Mutex
	legs  map[conference.EndpointID]*Leg // reserved or open
	ended bool
}

// add notes a reserved leg. It refuses when the conference has ended.
func (x *mix) add(l *Leg) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.ended {
		return false
	}
	x.legs[l.req.Endpoint] = l
	return true
}

// remove drops a closed leg. Where it is still among the open ones it goes when
// its endpoint departs; until then it takes nothing.
func (x *mix) remove(l *Leg) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.legs[l.req.Endpoint] == l {
		delete(x.legs, l.req.Endpoint)
	}
}

// Applied implements instance.Observer.
func (x *mix) Applied(_ *conference.State, at conference.Position, e conference.Event) {
	switch e := e.(type) {
	case conference.Connected:
		x.connected(e.Endpoint)
	case conference.Departed:
		x.departed(e.Endpoint)
	case conference.Posted:
		x.distribute(at, e.Message)
	case conference.Ended:
		x.end()
	}
}

// connected opens the leg of an endpoint. [MIX-04]
func (x *mix) connected(id conference.EndpointID) {
	x.mu.Lock()
	l := x.legs[id]
	if l != nil {
		x.open = append(x.open, l)
	}
	x.mu.Unlock()
	if l != nil {
		l.start()
	}
}

// departed cuts the leg of an endpoint, at the instant of the decision.
// [MIX-05] [SW-GEN-08]
func (x *mix) departed(id conference.EndpointID) {
	x.mu.Lock()
	l := x.legs[id]
	for i, o := range x.open {
		if o.req.Endpoint == id {
			l = o
			last := len(x.open) - 1
			copy(x.open[i:], x.open[i+1:])
			x.open[last] = nil
			x.open = x.open[:last]
			break
		}
	}
	x.mu.Unlock()
	if l != nil {
		l.Close()
	}
}

// end closes every leg.
func (x *mix) end() {
	x.mu.Lock()
	x.ended = true
	legs := make([]*Leg, 0, len(x.legs))
	for _, l := range x.legs {
		legs = append(legs, l)
	}
	x.open = nil
	x.mu.Unlock()
	for _, l := range legs {
		l.Close()
	}
	x.mixer.forget(x)
}

// distribute gives everybody else a copy of a message. One rendering serves all
// legs; each adds its paths and a transaction id. [SW-PUB-04] [SW-PUB-05]
// [SW-PUB-06] [SW-PUB-07]
func (x *mix) distribute(at conference.Position, m *conference.Message) {
	shared, err := msrp.Prepare(msrp.Message{
		ID: m.ID,
		// [SW-HIS-03]
		Header:      []msrpwire.Field{{Name: []byte("Room-Seq"), Value: strconv.AppendUint(nil, uint64(at), 10)}},
		ContentType: sdp.TypeCPIM,
		Body:        m.Body,
	})
	if err != nil {
		x.mixer.cfg.Log.Error("message not rendered",
			slog.String("conference", string(x.id)), slog.Any("error", err))
		return
	}
	mediaType := mediaType(m.ContentType)
	for _, l := range x.open {
		if l.req.Endpoint != m.Endpoint && l.takes(mediaType) {
			l.send(shared, uint64(at))
		}
	}
}

// send queues a copy. A leg whose output is full is cut: who cannot keep up may
// come back and must not hold anybody else. [SW-FLOW-01] [SW-FLOW-04]
func (l *Leg) send(shared *msrp.Shared, ref uint64) bool {
	s := l.current()
	if s == nil {
		return false
	}
	err := s.SendShared(shared, ref)
	if err == nil {
		return true
	}
	if errors.Is(err, msrp.ErrQueueFull) {
		l.overflow(s)
	}
	return false
}

// overflow ends the session of a leg whose queue is full, as a failure of its
// connection would.
func (l *Leg) overflow(s *msrp.Session) {
	s.Close()
	h := &handler{leg: l, session: s}
	h.Ended(msrp.ErrQueueFull)
}

func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}
