package focus

import (
	"slices"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

var _ refer.Handler = (*Focus)(nil)

// referrer is what is known of a REFER before it is read: for which conference it
// is, and who sent it.
type referrer struct {
	inst   *instance.Instance
	caller identity.Identity
}

// Screen looks at a REFER outside dialogs first, in the order of IDN-09; the rest
// is in [Focus.Refer]. [FOC-REF-01] [FOC-DSP-06]
func (f *Focus) Screen(req *sipmsg.Request, src transport.Source) (any, *sip.Error) {
	resource, caller, refused := f.cfg.Gate.Admit(req, src)
	switch {
	case refused != nil:
		return nil, refused
	case resource.Factory:
		return nil, &sip.Error{Status: 405, Header: []sipmsg.Field{{Name: "Allow", Value: access.FactoryMethods}}}
	}
	return referrer{resource.Entry.Instance, caller}, nil
}

// Refer implements refer.Handler (TS 24.247 §7.3.2.5.2, §7.3.2.6.2). Nothing is
// done for who has no right to it, and nobody waits for what comes of it.
func (f *Focus) Refer(in *refer.Incoming) {
	r, refused := f.issuer(in)
	if refused == nil {
		refused = f.admissible(in, r.caller)
	}
	if refused != nil {
		in.Reject(refused)
		return
	}
	in.Readers(f.reader(r.caller))
	err := r.inst.Look(func(s *conference.State) {
		if s == nil {
			in.Reject(&sip.Error{Status: 404}) // [FOC-TRM-02]
			return
		}
		by, here := s.Persona(r.caller.User)
		if !here {
			in.Reject(&sip.Error{Status: 403, Warning: warning(f.cfg.Agent, "not a participant")}) // [FOC-REF-01]
			return
		}
		if fault := in.Fault(); fault != nil {
			in.Reject(fault) // [IDN-09]
			return
		}
		o := &order{focus: f, in: in, referrer: r, by: by, contact: f.cfg.Gate.Contact(r.inst.ID(), in.Source())}
		o.carryOut(s)
	})
	if err != nil {
		in.Reject(statusOf(err, f.cfg.Agent))
	}
}

// issuer finds out who sent a REFER: outside dialogs Screen has, inside one it
// is whose dialog it is, and that is a participant's. D-32 [FOC-REF-14]
func (f *Focus) issuer(in *refer.Incoming) (referrer, *sip.Error) {
	if in.Dialog() == nil {
		r, _ := in.Screened().(referrer)
		if r.inst == nil {
			return r, &sip.Error{Status: 403, Warning: warning(f.cfg.Agent, "conference is not running")}
		}
		return r, nil
	}
	resource, found := f.cfg.Gate.Locate(in.Request().URI)
	if !found || resource.Factory || resource.Entry.Instance == nil {
		return referrer{}, &sip.Error{Status: 404}
	}
	if a := f.attendance(resource.Entry.ID); a != nil {
		if c := a.inDialog(in.Dialog().ID()); c != nil {
			return referrer{resource.Entry.Instance, c.who()}, nil
		}
	}
	return referrer{}, &sip.Error{Status: 403, Warning: warning(f.cfg.Agent, "not a participant")}
}

// reader lets nobody but the issuer subscribe to what comes of his REFER: that the URI
// cannot be guessed is not enough where others may have read it (RFC 7614 §8).
// [FOC-REF-12]
func (f *Focus) reader(issuer identity.Identity) refer.Admit {
	return func(req *sipmsg.Request, src transport.Source) *sip.Error {
		id, refused := f.cfg.Gate.Identify(req, src)
		if refused == nil && (id.Anonymous || id.User != issuer.User) {
			refused = &sip.Error{Status: 403, Reason: "REFER of Another User"}
		}
		return refused
	}
}

// who is the user at the other end.
func (c *call) who() identity.Identity {
	if i := c.invitation; i != nil {
		return identity.Identity{User: i.user, Trusted: c.focus.trusts(i.uri)}
	}
	return c.caller
}

// admissible looks at what does not depend on the conference. [SEC-01]
func (f *Focus) admissible(in *refer.Incoming, caller identity.Identity) *sip.Error {
	if caller.Anonymous {
		return &sip.Error{Status: 403, Reason: "Anonymity Disallowed"}
	}
	f.counts.referrals.Add(1)
	if wait := f.referrals.try(caller.User, f.cfg.DialOut.Refers, f.cfg.Now()); wait > 0 {
		f.counts.refersTooMany.Add(1)
		return &sip.Error{Status: 480, RetryAfter: wait} // [FOC-REF-20]
	}
	if _, by, ok := in.ReferredBy(); ok && !speaksFor(caller, by.URI) {
		return &sip.Error{Status: 403, Warning: warning(f.cfg.Agent, "Referred-By names somebody else")} // [FOC-REF-16]
	}
	return nil
}

// speaksFor reports whether a caller may call himself so, D-33.
func speaksFor(caller identity.Identity, uri sipmsg.URI) bool {
	return isCaller(caller, uri) || conference.AnonymousHost == hostOf(uri)
}

// order is a REFER that is being carried out.
type order struct {
	focus *Focus
	in    *refer.Incoming
	referrer
	by      conference.User
	contact string
}

// carryOut does what the REFER asks for. It runs on the instance's goroutine.
func (o *order) carryOut(s *conference.State) {
	if o.in.Multiple() {
		o.carryOutAll(s)
		return
	}
	switch t := o.in.Target(); t.Method {
	case sipmsg.INVITE:
		o.invite(t)
	case sipmsg.BYE:
		o.remove(s, t)
	default:
		o.refuse("method that is not served") // [FOC-REF-03] D-49
	}
}

func (o *order) refuse(text string) {
	o.in.Reject(&sip.Error{Status: 403, Warning: warning(o.focus.cfg.Agent, text)})
}

// invite has the target called and its progress reported. [FOC-REF-04]
// [FOC-REF-08] [FOC-REF-09]
func (o *order) invite(t refer.Target) {
	var referral *refer.Referral
	decided := func(refused *sip.Error) {
		if refused != nil {
			o.in.Reject(refused)
			return
		}
		referral = o.in.Accept(o.contact)
		o.watch(referral)
	}
	progress := func(status int, reason string, final bool) {
		referral.Report(status, reason)
		if final {
			o.focus.forget(o.inst, referral)
		}
	}
	o.focus.InviteUser(o.inst, o.invitation(t), decided, progress)
}

// watch ends the reports should their reader be removed. [FOC-REF-18]
func (o *order) watch(r *refer.Referral) {
	if a := o.focus.attendance(o.inst.ID()); a != nil {
		a.reporting(r, o.by)
	}
}

// invitation passes on what belongs to the invited user: Referred-By and its
// token, and the dialog to be replaced. [FOC-OUT-04] [FOC-REF-15] [PRV-07]
func (o *order) invitation(t refer.Target) Invitation {
	inv := Invitation{
		Target: sipmsg.Address{Display: t.Display, URI: t.URI}, By: o.by, Replaces: replacesIn(t),
	}
	value, by, ok := o.in.ReferredBy()
	if !ok {
		return inv
	}
	inv.ReferredBy = value
	if cid, ok := by.Params.Lookup("cid"); ok {
		if token, found := sipmsg.Named(o.in.Request(), cid); found {
			inv.Token = &token
		}
	}
	return inv
}

// remove takes the target out, or everybody.
func (o *order) remove(s *conference.State, t refer.Target) {
	if o.names(t.URI) {
		o.removeAll(s)
		return
	}
	removal := Removal{Target: t.URI, By: o.by}
	users, refused := o.focus.removable(s, removal)
	if refused != nil {
		o.in.Reject(refused)
		return
	}
	referral := o.in.Accept(o.contact) // the answer leaves before the BYEs [FOC-RMV-01]
	if !slices.Contains(users, o.by) { // he is told the result
		o.watch(referral)
	}
	report := func(status int) {
		referral.Report(status, "")
		o.focus.forget(o.inst, referral)
	}
	bye := o.focus.goodbyes(s, o.inst, users, func() { report(200) })
	referral.Then(func() {
		o.focus.expel(o.inst, removal, users, bye, func(refused *sip.Error) {
			if refused != nil {
				report(refused.Status) // he has just left
			}
		})
	})
}

// names reports whether uri leads to the conference itself.
func (o *order) names(uri sipmsg.URI) bool {
	resource, found := o.focus.cfg.Gate.Locate(uri)
	return found && !resource.Factory && resource.Entry.ID == o.inst.ID()
}

// removeAll ends the conference. The issuer, who is removed with everybody else,
// hears of the result before his subscription ends. D-12 [FOC-RMV-07]
func (o *order) removeAll(s *conference.State) {
	if err := s.May(conference.ActRemoveAll, o.by); err != nil {
		o.in.Reject(statusOf(err, o.focus.cfg.Agent))
		return
	}
	referral := o.in.Accept(o.contact)
	report := func() { referral.Report(200, "") }
	if a := o.focus.attendance(o.inst.ID()); a != nil {
		a.clearing(report)
	}
	referral.Then(func() {
		o.inst.Do(conference.RemoveAll{At: o.focus.cfg.Now(), By: o.by}, func(r instance.Result) {
			if r.Err != nil {
				report() // it has ended by itself
			}
		})
	})
}
