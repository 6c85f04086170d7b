package mixer

import (
	"log/slog"
	"strconv"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// batch is how many messages a leg gets in one go at most.
const batch = 64

// copies is a message that is due to everybody else.
type copies struct {
	shared  *msrp.Shared
	at      conference.Position
	sender  *Leg
	content content
}

// distribute has everybody else get a copy of a message. One rendering serves
// all legs; each adds its paths and a transaction id. [SW-PUB-04] [SW-PUB-05]
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
	x.due = append(x.due, copies{shared: shared, at: at, sender: x.leg(m.Endpoint), content: contentOf(m.ContentType)})
	if len(x.due) == batch {
		x.Flush()
	}
}

// Flush implements instance.Flusher: it hands out what is due, leg by leg, so
// that what one leg gets leaves in one write, if it can. Whoever comes or goes
// does so after what was due before him. [SW-GEN-10] [SW-PUB-12]
func (x *mix) Flush() {
	if len(x.due) == 0 {
		return
	}
	for _, l := range x.open {
		t := l.terms.Load()
		for i := range x.due {
			if c := &x.due[i]; l != c.sender && t.wants(c.content) {
				_ = l.send(c.shared, uint64(c.at)) // who does not take it is left out
			}
		}
	}
	clear(x.due)
	x.due = x.due[:0]
}
