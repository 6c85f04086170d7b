package refer

import (
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// Referral is a REFER that was accepted. It reports by NOTIFY what came of it, unless
// its issuer did not want to know, does not any more, or cannot be reached: then
// reports go nowhere, and what was asked for goes on. [FOC-REF-10]
type Referral struct {
	// fixed after construction
	agent  *Agent
	callID string

	// owned by the shard
	sub    *event.Subscription
	status int
	reason string
	news   bool // status was not told yet
	last   time.Time
	pause  wheel.Timer
	over   bool
}

// Report says how far the request is that the REFER asked for: its provisional
// responses, which may be merged, and then its final one, which ends the reporting.
// An empty reason means the standard phrase. [FOC-REF-08] [FOC-REF-09]
func (r *Referral) Report(status int, reason string) {
	r.agent.dl.Do(r.callID, func() {
		if r.over {
			return
		}
		if status < 200 && status <= r.status {
			return // as far as that we were
		}
		r.status, r.reason, r.news = status, reason, true
		if status >= 200 {
			r.close()
			return
		}
		r.announce()
	})
}

// Close ends the reporting with the status reached so far, whatever comes of the
// request later. [FOC-REF-18]
func (r *Referral) Close() { r.agent.dl.Do(r.callID, r.close) }

// close sends the last NOTIFY. RFC 3515 §2.4.7 knows one reason for it. [FOC-REF-09]
func (r *Referral) close() {
	if r.sub != nil && !r.over {
		r.sub.Terminate(event.Termination{Reason: event.NoResource})
	}
	r.over = true
}

// announce has the news told, at once or when the last NOTIFY is old enough.
func (r *Referral) announce() {
	if r.sub == nil {
		return
	}
	wait := r.agent.cfg.Spacing - time.Since(r.last)
	if wait <= 0 {
		r.sub.Changed()
		return
	}
	r.agent.dl.After(r.callID, &r.pause, wait, func() {
		if r.news && !r.over {
			r.sub.Changed()
		}
	})
}

// feed is the Referral as its subscription sees it.
type feed struct{ *Referral }

// Next implements event.Feed. [FOC-REF-06]
func (f feed) Next(p event.Pull) (event.Body, bool) {
	if !p.Must && (!f.news || time.Since(f.last) < f.agent.cfg.Spacing) {
		if f.news {
			f.announce()
		}
		return event.Body{}, false
	}
	f.news, f.last = false, time.Now()
	return event.Body{ContentType: fragmentType, Data: fragment(f.status, f.reason)}, true
}

// Refresh implements event.Feed: whoever is in the dialog may extend it.
func (feed) Refresh(*sipmsg.Request, transport.Source) *sip.Error { return nil }

// Ended implements event.Feed.
func (f feed) Ended(event.Termination) {
	f.over = true
	f.pause.Stop()
}
