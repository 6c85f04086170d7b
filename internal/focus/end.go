package focus

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
)

// end hangs up every call of a conference that has ended (TS 24.247 §7.3.2.6).
// [FOC-TRM-03]
func (a *attendance) end(e conference.Ended) {
	reason := `SIP;cause=200;text="Conference ended"`
	switch e.Cause {
	case conference.EndShutdown:
		reason = `SIP;cause=503;text="Server is shutting down"`
		a.farewell.hurry()
	case conference.EndFault:
		reason = `SIP;cause=500;text="Conference failed"` // [MIX-08]
	case conference.EndRequested, conference.EndEmpty, conference.EndNobody, conference.EndCreatorLeft, conference.EndDuration:
	}
	a.dismiss()
	for _, c := range a.all() {
		if c.invitation != nil {
			c.invitation.giveUp(terminated, 487) // [FOC-TRM-04]
		}
		if c.overtaken() {
			continue
		}
		c.interrupt(a.tooLate(e.Cause)) // [FOC-TRM-03]
		a.part(c, reason)
	}
}

// overtaken has a caller ask again for whom the mixer had no leg yet when the conference
// ended: he may be in time for its next life. [FOC-TRM-02]
func (c *call) overtaken() bool {
	if c.invitation != nil || c.resource.Factory || !c.abandon() {
		return false
	}
	c.withdraw(conference.CauseFailed)
	c.failed(instance.ErrEnded)
	return true
}

// tooLate is the answer to who was still on the way in when the conference ended:
// as to who comes now. [FOC-TRM-02]
func (a *attendance) tooLate(cause conference.EndCause) *sip.Error {
	switch {
	case cause == conference.EndShutdown || a.focus.cfg.Gate.Draining():
		return &sip.Error{Status: 503, RetryAfter: serverRetry}
	case a.focus.cfg.Directory.Lookup(a.address).Definition == nil:
		return &sip.Error{Status: 404}
	}
	return &sip.Error{Status: 480, RetryAfter: terminatingRetry}
}
