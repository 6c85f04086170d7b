package focus

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// replaced finds the endpoint whose dialog the INVITE is to replace (RFC 3891 §3), ""
// if it has no Replaces. The dialog stays as it is until the new one has its 200.
// [FOC-JOI-08] [FOC-JOI-09]
func (c *call) replaced(req *sipmsg.Request) (conference.EndpointID, *sip.Error) {
	h := &req.Header
	if h.Has("Join") {
		// D-50: which conference is meant the Request-URI says. [FOC-JOI-10]
		if _, err := sipmsg.ParseReplaces(h.Value("Join")); err != nil || count(h, "Join") > 1 || h.Has("Replaces") {
			return "", &sip.Error{Status: 400, Reason: "Bad Join"}
		}
	}
	if !h.Has("Replaces") {
		return "", nil
	}
	r, err := h.Replaces()
	if err != nil || count(h, "Replaces") > 1 {
		return "", &sip.Error{Status: 400, Reason: "Bad Replaces"}
	}
	// RFC 3891 §3: to-tag is ours, from-tag the peer's.
	return c.meant(dialog.ID{CallID: r.CallID, Local: r.ToTag, Remote: r.FromTag}, r.EarlyOnly)
}

func count(h *sipmsg.Header, name string) int {
	n := 0
	for _, f := range h.Fields {
		if f.Name == name {
			n++
		}
	}
	return n
}

// meant is the endpoint in the conference whose dialog that is.
func (c *call) meant(id dialog.ID, earlyOnly bool) (conference.EndpointID, *sip.Error) {
	if c.focus.departed.has(id, c.focus.cfg.Now()) {
		return "", &sip.Error{Status: 603}
	}
	none := &sip.Error{Status: 481}
	if c.resource.Factory || c.resource.Entry.Instance == nil {
		return "", none
	}
	a := c.focus.attendance(c.resource.Entry.ID)
	if a == nil {
		return "", none
	}
	for _, other := range a.all() {
		confirmed, early := other.within(id)
		switch {
		case confirmed && earlyOnly:
			return "", &sip.Error{Status: 486}
		case confirmed:
			return other.endpoint, nil // whose it is, the conference judges
		case early && other.invitation.user != c.caller.User:
			return "", &sip.Error{Status: 403}
		case early:
			// A call of ours that rings elsewhere: whoever joins ends it. [FOC-JOI-11]
			return "", nil
		}
	}
	return "", none
}

// within reports whether the call is in the dialog: in a session, or in an early dialog
// that we have begun. An early dialog of the peer's may not be replaced (RFC 3891 §3).
func (c *call) within(id dialog.ID) (confirmed, early bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dialog.CallID != "" && !c.over {
		return c.dialog == id, false
	}
	i := c.invitation
	return false, i != nil && i.sip != nil && !i.settled && i.sip.Began(id)
}
