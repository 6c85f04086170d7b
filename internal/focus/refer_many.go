package focus

import (
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// carryOutAll does what a REFER with many targets asks for (RFC 5368): all are
// looked at before anything is done for one of them. What comes of it shows in
// the roster only. [FOC-MRF-01] [FOC-MRF-03] [FOC-MRF-06]
func (o *order) carryOutAll(s *conference.State) {
	invite, removals, refused := o.sort(s)
	if refused != nil {
		o.in.Reject(refused)
		return
	}
	referral := o.in.Accept(o.contact)
	history := historyOf(listOf(invite)) // [FOC-MRF-05]
	for _, t := range invite {
		inv := o.invitation(t)
		inv.History, inv.Hidden = history, t.Copy == resourcelist.BCC
		o.focus.InviteUser(o.inst, inv, nil, nil)
	}
	referral.Then(func() {
		for _, r := range removals {
			o.focus.RemoveUser(o.inst, r, nil, nil)
		}
	})
}

// sort separates whom to invite from whom to remove, and refuses all for one that
// the issuer has no right to. Absent users need no removal. [FOC-MRF-04]
func (o *order) sort(s *conference.State) (invite []refer.Target, removals []Removal, refused *sip.Error) {
	agent := o.focus.cfg.Agent
	for _, t := range o.in.Targets() {
		switch t.Method {
		case sipmsg.INVITE:
			invite = append(invite, t)
		case sipmsg.BYE:
			r := Removal{Target: t.URI, By: o.by}
			users, err := r.find(s)
			if err != nil {
				return nil, nil, statusOf(err, agent)
			}
			if len(users) > 0 {
				removals = append(removals, r)
			}
		default:
			return nil, nil, &sip.Error{Status: 403, Warning: warning(agent, "method that is not served")}
		}
	}
	invite, err := o.focus.screen(invite, o.caller)
	if err == nil && len(invite) > 0 {
		err = o.mayInvite(s, len(invite))
	}
	if err != nil {
		return nil, nil, statusOf(err, agent)
	}
	return invite, removals, nil
}

// mayInvite checks for all at once what each invitation is checked for.
func (o *order) mayInvite(s *conference.State, n int) error {
	if err := s.MayInvite(o.by); err != nil {
		return err
	}
	if s.Locked() {
		return &conference.Refusal{Code: conference.CodeLocked}
	}
	places, limited := s.Room(o.focus.cfg.Now())
	switch {
	case !limited || n <= places:
		return nil
	case places == 0:
		return &conference.Refusal{Code: conference.CodeFull}
	}
	return tooMany(places, o.focus.cfg.Agent)
}

// listOf is the list that targets came from, for the history.
func listOf(targets []refer.Target) resourcelist.List {
	list := make(resourcelist.List, 0, len(targets))
	for _, t := range targets {
		list = append(list, resourcelist.Entry{URI: t.URI, Display: t.Display, Copy: t.Copy, Anonymize: t.Anonymize})
	}
	return list
}
