package participant

import "github.com/confab-chat/confab/sip/sipmsg"

// Replaces names the session as a Replaces field that others send does (RFC 3891 §3):
// in [Options] of another device of the user, which takes it over from this one.
// [PAR-CRE-08]
func (c *Conference) Replaces() string { return c.replaces().String() }

// replaces names the session as its far side sees it.
func (c *Conference) replaces() sipmsg.Replaces {
	id := c.session.ID()
	return sipmsg.Replaces{CallID: id.CallID, ToTag: id.Remote, FromTag: id.Local}
}
