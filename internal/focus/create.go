package focus

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
)

// Invite implements invite.Handler: a factory URI makes a conference (TS 24.247
// §7.3.2.3.1), a conference URI is joined, which creates it where it is reserved
// and does not run (§7.3.2.3.2, §7.3.2.4.1).
func (f *Focus) Invite(in *invite.Incoming) {
	resource, caller, err := f.cfg.Gate.Admit(in.Request(), in.Source())
	c := &call{focus: f, in: in, resource: resource, caller: caller, endpoint: newEndpointID()}
	if err != nil {
		c.refuse(err)
		return
	}
	in.Own(string(caller.User)) // From may hide him
	in.OnCancel(func(invite.End) { c.cancel() })
	in.OnOffer(c.earlyOffer)
	lists := takesList(resource.Entry.Status, resource.Factory)
	c.offer, c.fault = f.examine(in.Request(), lists)
	if c.fault == nil {
		c.preconditions, c.fault = f.preconditionsOf(in, c.offer)
	}
	if c.fault == nil {
		c.fault = in.Check() // [TMR-02]
	}
	if c.fault == nil {
		c.replaces, c.fault = c.replaced(in.Request())
	}
	if c.fault == nil && lists {
		if c.guestList, c.fault = c.guests(in.Request()); c.fault != nil {
			f.counts.listsRefused.Add(1)
		}
	}
	if !resource.Factory {
		c.join()
		return
	}
	c.create()
}

// create makes a conference with a fresh URI. Every verified user may create one,
// so what is wrong with the request comes first: a failed check leaves nothing
// behind. D-01 [FOC-FAC-01] [FOC-FAC-02]
func (c *call) create() {
	if c.caller.Anonymous {
		c.refuse(&sip.Error{Status: 403, Reason: "Anonymity Disallowed"})
		return
	}
	if c.fault != nil {
		c.refuse(c.fault)
		return
	}
	promised := c.resource.Entry.Status == instance.Promised
	if c.focus.cfg.Redirect && !promised {
		c.redirect()
		return
	}
	founding := instance.Founding{Subject: conference.Printable(c.in.Request().Header.Value("Subject"), maxSubject)}
	if promised {
		c.focus.cfg.Directory.Redeem(c.resource.Entry.Address, founding, c.admission(), c.admitted)
		return
	}
	c.focus.cfg.Directory.Create(founding, c.admission(), c.admitted)
}

// How many characters of what a caller writes are kept.
const (
	maxSubject   = 256
	maxReason    = 256
	maxUserAgent = 128
	maxDisplay   = 64
)
