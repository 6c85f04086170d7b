package focus

import (
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/wheel"
)

// comeLater is how much longer than a call rings a user may come by himself who was
// asked to. [FOC-RUS-04]
const comeLater = time.Minute

// asking invites a user by a REFER to him: to call the conference himself (TS
// 24.247 §7.3.2.5.4). That he comes is the success, not what he says to it.
type asking struct {
	refer.Watch
	i *invitation

	// owned by the shard of the REFER's Call-ID
	silent bool // he will not report
	timer  wheel.Timer
}

// ask sends the REFER. It speaks as the conference, and refers to it as focus.
// [FOC-RUS-01]
func (i *invitation) ask() {
	c := i.call
	f := c.focus
	c.inst.Do(conference.Advance{At: i.now(), Endpoint: c.endpoint, Status: conference.StatusDialingOut}, nil)
	c.mu.Lock()
	given := i.settled
	i.asked = true
	c.mu.Unlock()
	if given {
		i.fail(&sip.Error{Status: 487})
		return
	}
	to, _ := sipmsg.ParseAddress(c.contact) // of our own making, with isfocus
	f.referrer.Refer(f.request(i), refer.Order{To: to, ReferredBy: i.ReferredBy}, &asking{i: i})
}

// Accepted implements refer.Watcher: he will try.
func (a *asking) Accepted(resp *sipmsg.Response) {
	a.i.heard()
	a.silent = resp.Header.Value("Refer-Sub") == "false"
}

// Progress implements refer.Watcher. [FOC-RUS-02]
func (a *asking) Progress(status int, reason string) {
	a.i.heard()
	if status < 200 {
		a.i.tell(status, reason, false)
	}
}

// Ended implements refer.Watcher. Whose device does not know REFER is called
// instead; who refuses has refused. [FOC-RUS-03]
func (a *asking) Ended(o refer.Outcome) {
	i := a.i
	i.heard()
	switch e := sip.AsError(o.Err); {
	case o.Err != nil && i.unaware(e.Status):
		c := i.call
		c.mu.Lock()
		i.asked = false
		c.mu.Unlock()
		i.ring()
	case o.Err != nil:
		i.fail(e)
	case o.Status >= 300:
		i.fail(&sip.Error{Status: o.Status, Reason: o.Reason})
	case o.Status >= 200 || a.silent:
		// He says he has come: then the conference knows, or will in a moment.
		i.call.focus.dialogs.After(string(i.call.inst.ID()), &a.timer, i.call.focus.cfg.DialOut.Ring, func() {
			i.fail(&sip.Error{Status: 408})
		})
	default:
		i.fail(&sip.Error{Status: 408}) // Timer N: he never said anything
	}
}

// unaware reports whether a refusal says that REFER is not known.
func (i *invitation) unaware(status int) bool {
	return !i.isSettled() && (status == 405 || status == 501)
}
