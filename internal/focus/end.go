package focus

import "github.com/confab-chat/confab/internal/conference"

// end hangs up every call of a conference that has ended (TS 24.247 §7.3.2.6).
// [FOC-TRM-03]
func (a *attendance) end(e conference.Ended) {
	reason := `SIP;cause=200;text="Conference ended"`
	if e.Cause == conference.EndShutdown {
		reason = `SIP;cause=503;text="Server is shutting down"`
		a.farewell.hurry()
	}
	a.dismiss()
	for _, c := range a.all() {
		if c.invitation != nil {
			c.invitation.giveUp(terminated, 487) // [FOC-TRM-04]
		}
		a.part(c, reason)
	}
}
