package refer

import (
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// reader is a subscription to a Referral, with the pace of its NOTIFYs: the one that the
// REFER brought along, or one of those made explicitly.
type reader struct {
	*Referral

	sub *event.Subscription // set before the Referral knows of the reader

	// owned by the shard of the subscription
	news  bool // the status was not told yet
	last  time.Time
	pause wheel.Timer
	gone  bool
}

// hear takes note of a provisional status.
func (w *reader) hear() {
	w.sub.Do(func() {
		if !w.gone {
			w.news = true
			w.announce()
		}
	})
}

// announce has the news told, at once or when the last NOTIFY is old enough.
// [FOC-REF-08]
func (w *reader) announce() {
	wait := w.agent.cfg.Spacing - time.Since(w.last)
	if wait <= 0 {
		w.sub.Changed()
		return
	}
	w.agent.dl.After(w.sub.CallID(), &w.pause, wait, func() {
		if w.news && !w.gone {
			w.sub.Changed()
		}
	})
}

// Next implements event.Feed. [FOC-REF-06]
func (w *reader) Next(p event.Pull) (event.Body, bool) {
	if !p.Must && (!w.news || time.Since(w.last) < w.agent.cfg.Spacing) {
		if w.news {
			w.announce()
		}
		return event.Body{}, false
	}
	w.news, w.last = false, time.Now()
	return event.Body{ContentType: fragmentType, Data: fragment(w.reached())}, true
}

// Refresh implements event.Feed: whoever is in the dialog may extend it.
func (*reader) Refresh(*sipmsg.Request, transport.Source) *sip.Error { return nil }

// Ended implements event.Feed.
func (w *reader) Ended(event.Termination) {
	w.gone = true
	w.pause.Stop()
	w.leave(w)
}
