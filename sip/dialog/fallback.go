package dialog

import (
	"errors"

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
	req *sipmsg.Request, to transport.Target, ev transaction.ClientEvents, sent func(*transaction.ClientTx),
) {
	if other, ok := d.fallback(to); ok {
		ev = d.retrying(req.Clone(), other, ev, sent)
	}
	tx := d.layer.tl.Send(req, to, ev)
	if sent != nil {
		sent(tx)
	}
}

func (d *Dialog) retrying(
	again *sipmsg.Request, other transport.Target, ev transaction.ClientEvents, sent func(*transaction.ClientTx),
) transaction.ClientEvents {
	answered := false
	first := ev
	first.Response = func(resp *sipmsg.Response, src transport.Source) {
		answered = true
		if ev.Response != nil {
			ev.Response(resp, src)
		}
	}
	first.End = func(err error) {
		if answered || !unreachable(err) {
			if ev.End != nil {
				ev.End(err)
			}
			return
		}
		d.viaFlow = true
		tx := d.layer.tl.Send(again, other, ev)
		if sent != nil {
			sent(tx)
		}
	}
	return first
}

// unreachable tells whether a request never left.
func unreachable(err error) bool {
	var e *transaction.Error
	return errors.As(err, &e) && e.Status == 503
}
