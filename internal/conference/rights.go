package conference

import "fmt"

// Action is something that a conference gives somebody a right to.
type Action uint8

// The actions. What a message may do is the media's to say: see Post.
const (
	ActJoin       Action = iota // come in by one's own call
	ActInvite                   // have somebody called: Policy.Invite
	ActRemove                   // take others out, and bar them: Policy.Remove
	ActRemoveSelf               // take oneself out
	ActRemoveAll                // take everybody out and end the conference, D-12
	ActSubscribe                // see who is in the conference, D-22
	ActLock                     // lock and open it, D-19
	ActChange                   // give it another subject, policy or members
	ActAppoint                  // give and take roles
	ActApprove                  // let newcomers in where joining is moderated, D-18
	ActUnbar                    // lift a bar, D-20
	ActEnd                      // end it
)

// String returns the action's name.
func (a Action) String() string {
	words := [...]string{
		ActJoin: "join", ActInvite: "invite", ActRemove: "remove", ActRemoveSelf: "remove_self",
		ActRemoveAll: "remove_all", ActSubscribe: "subscribe", ActLock: "lock", ActChange: "change",
		ActAppoint: "appoint", ActApprove: "approve", ActUnbar: "unbar", ActEnd: "end",
	}
	if int(a) >= len(words) {
		return fmt.Sprintf("action(%d)", uint8(a))
	}
	return words[a]
}

// May reports whether by may do a now, as nil or the refusal he gets. It is the
// one place that says so: commands ask it, and who wants to know beforehand.
// Lock, limits and bars are looked at besides, since they hold for everybody. By
// is the URI under which the issuer is seen, or, if he is not in the conference,
// his identity; empty stands for the administration, which may do everything
// that can be done. [FOC-RMV-06]
//
// Refusals: CodeNotAlive, CodeNotAllowed; for ActJoin CodeBarred, CodeNotMember, CodeNotApproved, CodeNotStarted.
func (s *State) May(a Action, by User) error {
	switch {
	case !s.alive:
		return refuse(CodeNotAlive)
	case by == "":
		return nil
	case a == ActJoin:
		return s.authorise(Identity(by), s.activity)
	case !s.entitled(a, by):
		return refuse(CodeNotAllowed)
	}
	return nil
}

// entitled reports whether a user's role and presence give him the right to a.
func (s *State) entitled(a Action, by User) bool {
	p := s.Participant(by)
	connected := p != nil && p.Connected()
	role := s.Role(Identity(by))
	if p != nil {
		role = p.Role
	}
	if a == ActSubscribe {
		return connected || role >= RoleModerator && !s.Barred(Identity(by))
	}
	right, ok := s.right(a)
	return ok && connected && right.allows(role)
}

// right returns who of those connected may do a.
func (s *State) right(a Action) (Right, bool) {
	policy := &s.created.Policy
	switch a {
	case ActInvite, ActUnbar:
		return policy.Invite, true // D-10: who may invite may lift the bar by that, D-20
	case ActRemove:
		return policy.Remove, true // D-11
	case ActRemoveSelf:
		return Participants, true // [FOC-RMV-08]
	case ActApprove:
		return Moderators, true
	case ActRemoveAll, ActLock, ActChange, ActAppoint, ActEnd:
		return OwnerOnly, true
	case ActJoin, ActSubscribe:
	}
	return 0, false
}

// Persona returns the URI under which a verified user is connected, false if he
// is not. Who is in the conference openly and anonymously is named openly.
func (s *State) Persona(id Identity) (User, bool) {
	for _, p := range s.roster.personas(id) {
		if p != nil && p.Connected() {
			return p.User, true
		}
	}
	return "", false
}
