package dialog

import (
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// fallback returns the connection that the dialog came over, if it is another way than
// to, and no proxy stands between.
func (d *Dialog) fallback(to transport.Target) (transport.Target, bool) {
	src := &d.source
	if to.Flow != nil || len(d.routes) > 0 || src.Flow == nil ||
		!src.Flow.Reliable() || !src.Flow.Alive() {
		return transport.Target{}, false
	}
	return d.flow(), true
}

// transmit sends a request. If the remote target cannot be reached it goes over the
// connection that the dialog came over.
func (d *Dialog) transmit(
	req *sipmsg.Request, to []transport.Target, ev transaction.ClientEvents, sent func(*transaction.ClientTx),
) {
	a := attempt{layer: d.layer, targets: to, events: ev, sent: sent, failed: d.lookAgain}
	if other, ok := d.fallback(to[0]); ok {
		a.last = other
		a.exhausted = func() { d.viaFlow = true }
	}
	a.next(req)
}

// lookAgain has the next request find out anew where it goes.
func (d *Dialog) lookAgain() {
	if d.hop != nil {
		d.hop.uri = ""
	}
}
