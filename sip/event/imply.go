package event

import (
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Imply makes the subscription that another request than SUBSCRIBE brings along, as
// REFER does (RFC 3515 §2.4.4), as a usage of the dialog d, and sends its first NOTIFY.
// It lasts the given seconds unless the peer extends it; with 0 that NOTIFY is the only
// one and ends it with [NoResource]. id, if not empty, is the id of its Event. It is
// called on the shard, after the 2xx, for a package that was registered.
func (a *Agent) Imply(d *dialog.Dialog, name, id string, seconds uint32, feed Feed) *Subscription {
	ev := sipmsg.Event{Package: name}
	if id != "" {
		ev.Params = ev.Params.With("id", id)
	}
	s := &Subscription{
		agent: a, callID: d.ID().CallID, pkg: a.find(name), event: ev.String(), feed: feed,
		d: d, must: true, full: true,
	}
	d.Attach(s)
	if seconds == 0 {
		s.end(Termination{Reason: NoResource})
		return s
	}
	s.extend(seconds)
	s.pump()
	return s
}
