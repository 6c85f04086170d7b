package mixer

import (
	"log/slog"
	"strconv"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

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
	sender, c := x.leg(m.Endpoint), contentOf(m.ContentType)
	for _, l := range x.open {
		if l != sender && l.terms.Load().wants(c) {
			_ = l.send(shared, uint64(at)) // who does not take it is left out
		}
	}
}
