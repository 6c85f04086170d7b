package focus

import (
	"slices"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// listTag is the extension by which an INVITE says that it carries a list (RFC
// 5366 §3).
const listTag = "recipient-list-invite"

// guestList is whom the creator of a conference wants invited with it (TS 24.247
// §7.3.2.3.3, RFC 5366).
type guestList struct {
	targets    []refer.Target
	history    []byte          // for the invited to read; nil: none
	by         conference.User // the creator as everybody sees him
	referredBy string
}

// takesList reports whether an INVITE to the resource may carry a list: it
// creates a conference. D-04 [FOC-LST-02] [FOC-LST-03]
func takesList(status instance.Status, factory bool) bool {
	return factory || status == instance.Reserved
}

// unsupported refuses extensions that are not known for the resource.
func (f *Focus) unsupported(req *sipmsg.Request, lists bool) *sip.Error {
	if !lists || !req.Header.HasToken("Require", listTag) {
		return f.dialogs.Unsupported(req)
	}
	tags := slices.DeleteFunc(slices.Clone(req.Header.Tokens("Require")), func(tag string) bool {
		return strings.EqualFold(tag, listTag)
	})
	rest := &sipmsg.Request{Method: req.Method, URI: req.URI, Header: req.Header.Clone()}
	rest.Header.Del("Require")
	if len(tags) > 0 {
		rest.Header.Add("Require", strings.Join(tags, ", "))
	}
	return f.dialogs.Unsupported(rest)
}

// guests reads the list of an INVITE that may carry one; nil if there is none,
// or nobody in it. All are looked at before any is invited. [FOC-LST-01]
func (c *call) guests(req *sipmsg.Request) (*guestList, *sip.Error) {
	parts, err := sipmsg.Bodies(req, sipmsg.Limits{})
	if err != nil {
		return nil, &sip.Error{Status: 400, Reason: "Bad Multipart Body"}
	}
	list, found, err := resourcelist.Recipients(parts, c.focus.cfg.DialOut.Lists)
	switch {
	case err != nil:
		return nil, sip.AsError(err)
	case !found && req.Header.HasToken("Require", listTag):
		return nil, &sip.Error{Status: 400, Reason: "No Recipient List"} // [FOC-LST-02]
	case len(list) == 0:
		return nil, nil
	case c.caller.Anonymous:
		return nil, &sip.Error{Status: 403, Reason: "Anonymity Disallowed"} // [FOC-LST-04]
	}
	g := &guestList{history: historyOf(list)}
	if g.targets, err = c.focus.screen(aim(list), c.caller); err != nil {
		return nil, sip.AsError(err)
	}
	if !c.caller.Privacy {
		g.referredBy = "<" + string(c.caller.User) + ">" // D-51 [FOC-LST-17]
	}
	return g, nil
}

// historyOf is what the invited may know of the list, nil if that is nothing.
// [FOC-LST-13] [FOC-LST-14]
func historyOf(list resourcelist.List) []byte {
	if shown := list.History(); len(shown) > 0 {
		return shown.Append(nil)
	}
	return nil
}

// aim reads the entries of a list; those that ask for something else than an
// INVITE are dropped. [FOC-LST-15]
func aim(list resourcelist.List) []refer.Target {
	targets := make([]refer.Target, 0, len(list))
	for _, e := range list {
		t, err := refer.AimAt(sipmsg.Address{Display: e.Display, URI: e.URI})
		if err != nil || t.Method != sipmsg.INVITE {
			continue
		}
		t.Copy, t.Anonymize = e.Copy, e.Anonymize
		targets = append(targets, t)
	}
	return targets
}

// screen drops the caller himself and what is this server's own, and refuses all
// if one of the rest may not be called, or has not agreed to be. The error is a
// [*sip.Error]. [FOC-LST-08] [FOC-LST-10] [FOC-MRF-03]
func (f *Focus) screen(targets []refer.Target, caller identity.Identity) ([]refer.Target, error) {
	var kept []refer.Target
	for _, t := range targets {
		if f.own(t.URI) || isCaller(caller, t.URI) {
			continue
		}
		uri, refused := f.callable(t.URI)
		switch {
		case refused != nil:
			return nil, refused
		case !f.consented(uri, caller):
			return nil, &sip.Error{Status: 403, Warning: warning(f.cfg.Agent, "recipient outside the domains that agreed to be called")}
		}
		kept = append(kept, t)
	}
	return kept, nil
}

func isCaller(caller identity.Identity, uri sipmsg.URI) bool {
	id := identity.Of(uri)
	return id == caller.User || slices.Contains(caller.AORs, string(id))
}

// consented reports whether a user has agreed to calls that this caller asks for:
// the operator answers for those whom a trusted peer asserts; others may name
// users of certain domains, D-07.
func (f *Focus) consented(uri sipmsg.URI, caller identity.Identity) bool {
	if f.cfg.DialOut.Anybody || caller.Asserted {
		return true
	}
	return slices.ContainsFunc(f.cfg.DialOut.Domains, func(domain string) bool { return strings.EqualFold(domain, uri.Host) })
}

// listFault says why the list cannot be served in the conference that the caller
// was admitted to, nil if it can. [FOC-LST-03] [FOC-LST-09]
func (c *call) listFault(r instance.Result) *sip.Error {
	if c.guestList == nil {
		return nil
	}
	if _, created := r.Events[0].(conference.Created); !created { // somebody else was faster
		return &sip.Error{Status: 420, Header: []sipmsg.Field{{Name: "Unsupported", Value: listTag}}}
	}
	p := r.State.Endpoint(c.endpoint).Participant
	if err := r.State.WouldInvite(p.User); err != nil {
		return statusOf(err, c.focus.cfg.Agent)
	}
	if places, limited := r.State.Room(c.focus.cfg.Now()); limited && len(c.guestList.targets) > places {
		return tooMany(places, c.focus.cfg.Agent)
	}
	c.guestList.by = p.User
	return nil
}

// tooMany refuses a list of more users than there are places. [FOC-LST-09]
func tooMany(places int, agent string) *sip.Error {
	return &sip.Error{Status: 403, Warning: warning(agent, "more recipients than free places: "+strconv.Itoa(places))}
}

// fanOut invites those on the list, now that the ACK shows that the creator can
// be reached. D-05 [FOC-LST-11] [FOC-LST-12]
func (c *call) fanOut() {
	c.mu.Lock()
	g := c.guestList
	c.guestList = nil
	c.mu.Unlock()
	if g == nil {
		return
	}
	for _, t := range g.targets {
		c.focus.InviteUser(c.inst, Invitation{
			Target: sipmsg.Address{Display: t.Display, URI: t.URI}, By: g.by, ReferredBy: g.referredBy,
			Replaces: replacesIn(t), History: g.history, Hidden: t.Copy == resourcelist.BCC,
		}, nil, nil)
	}
}

// replacesIn is the Replaces that a target asks for. [FOC-REF-15]
func replacesIn(t refer.Target) string {
	h := sipmsg.Header{Fields: t.Fields}
	return h.Value("Replaces")
}
