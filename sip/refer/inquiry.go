package refer

import (
	"strings"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// explicit returns how the reports are subscribed to, nil if that is not for us to do.
func (o *Order) explicit() func(sipmsg.URI) dialog.Outgoing {
	if o.Never || len(o.Targets) > 0 {
		return nil
	}
	return o.Explicit
}

// inquire subscribes to the reports where the 2xx says (RFC 7614 §4.4). Whoever does not
// say it will not be heard of.
func (s *Sent) inquire(h *sipmsg.Header) {
	uri, ok := eventsAt(h)
	if !ok {
		s.end(nil)
		return
	}
	s.agent.dl.After(s.callID, &s.wait, hour*time.Second, func() { s.end(nil) })
	s.inquiry = s.agent.ev.Subscribe(s.ask(uri), event.Interest{
		Event: packageName, Accept: []string{"message/sipfrag"}, Expires: s.agent.cfg.Expires,
	}, inquiry{s})
}

// eventsAt reads Refer-Events-At: one SIP URI in angle brackets (RFC 7614 §4.8).
func eventsAt(h *sipmsg.Header) (sipmsg.URI, bool) {
	values := h.Values("Refer-Events-At")
	if len(values) != 1 || !strings.Contains(values[0], "<") {
		return sipmsg.URI{}, false
	}
	a, err := sipmsg.ParseAddress(values[0])
	return a.URI, err == nil && a.URI.IsSIP()
}

// inquiry is a Sent as its own subscription sees it, which is on another shard.
type inquiry struct{ *Sent }

// Notified implements event.Watcher.
func (q inquiry) Notified(n event.Notification) {
	q.agent.dl.Do(q.callID, func() { q.take(n.Request) })
}

// Ended implements event.Watcher.
func (q inquiry) Ended(event.Termination) {
	q.agent.dl.Do(q.callID, func() { q.end(nil) })
}

// take reads the status that a NOTIFY tells.
func (s *Sent) take(notify *sipmsg.Request) {
	t, ok := notify.Header.ContentType()
	if !ok || !t.Is("message/sipfrag") {
		return
	}
	status, reason, ok := parseFragment(notify.Body)
	if !ok || s.over {
		return
	}
	s.report(status, reason)
}
