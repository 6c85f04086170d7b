package focus

import (
	"context"
	"log/slog"
	"strconv"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Invitation says whom the focus is to call, and on whose behalf.
type Invitation struct {
	// Target is the address as it was given; what of it takes effect is settled
	// here. Its display name goes into To.
	Target sipmsg.Address
	// By is the inviter as everybody sees him; empty: the administration.
	By conference.User
	// ReferredBy is the value of a Referred-By field, passed on octet by octet;
	// Token is the body part that it refers to. [FOC-OUT-04]
	ReferredBy string
	Token      *sipmsg.Part
	// Replaces is the value of a Replaces field; empty: none. [FOC-REF-15]
	Replaces string
	// History is the list of those who are invited together, a document of
	// RFC 5364, for the invited to read; nil: none.
	History []byte
	// Hidden keeps the user out of others' sight until he has joined.
	Hidden bool
}

// Progress hears how an invitation fares: provisional statuses and, with final,
// the one that it ended with; nothing follows that. It must not block.
type Progress func(status int, reason string, final bool)

// InviteUser has the focus call a user into a conference (TS 24.247 §7.3.2.5.3).
// Decided is told once whether that will be tried, before progress hears
// anything; a user who is there already, or is being called, counts as tried.
// Both may be nil, and run on goroutines that must not be blocked.
func (f *Focus) InviteUser(inst *instance.Instance, inv Invitation, decided func(*sip.Error), progress Progress) {
	settle := func(refused *sip.Error) {
		if refused != nil {
			f.uninvited(inst, inv.Target.URI, refused)
		}
		if decided != nil {
			decided(refused)
		}
	}
	uri, refused := f.callable(inv.Target.URI)
	if refused != nil {
		settle(refused)
		return
	}
	c := &call{focus: f, endpoint: newEndpointID(), inst: inst}
	c.invitation = &invitation{call: c, Invitation: inv, uri: uri, user: identity.Of(uri)}
	c.invitation.place(settle, progress)
}

// uninvited logs an invitation that came to nothing: those of a list have nobody else who
// would hear why.
func (f *Focus) uninvited(inst *instance.Instance, target sipmsg.URI, e *sip.Error) {
	f.cfg.Log.LogAttrs(context.Background(), slog.LevelInfo, "invitation failed",
		slog.String("conference", string(inst.ID())), slog.String("user", string(identity.Of(target))),
		slog.Int("status", e.Status), slog.String("cause", e.Error()))
}

// place asks the conference for a place.
func (i *invitation) place(decided func(*sip.Error), progress Progress) {
	command := conference.Invite{
		At: i.now(), By: i.By, Identity: i.user, Endpoint: i.call.endpoint, Hidden: i.Hidden,
		Display:  conference.Printable(i.Target.Display, maxDisplay),
		Referred: referral(i.ReferredBy, i.now()),
	}
	if i.call.focus.cfg.DialOut.ByRefer {
		command.Until = i.now().Add(i.call.focus.cfg.DialOut.Ring + comeLater) // [FOC-RUS-04]
	}
	i.call.inst.Do(command, func(r instance.Result) {
		switch {
		case r.Err != nil:
			decided(statusOf(r.Err, i.call.focus.cfg.Agent))
		case len(r.Events) == 0:
			i.follow(r.State, decided, progress)
		default:
			decided(nil)
			i.begin(r.State, progress)
		}
	})
}

// mostTries is how often a place is asked for while an earlier call of the user is
// being cleared away.
const mostTries = 1000

// follow reports on a user who needs no call: he is there, or is being called
// already. D-34 [FOC-OUT-15] [FOC-REF-17]
func (i *invitation) follow(s *conference.State, decided func(*sip.Error), progress Progress) {
	other := s.Called(i.user)
	if other == nil {
		decided(nil)
		if progress != nil {
			progress(200, sipmsg.ReasonPhrase(200), true)
		}
		return
	}
	if a := i.call.focus.attendance(i.call.inst.ID()); a != nil {
		if c := a.call(other.ID); c != nil && c.invitation != nil && !c.invitation.isSettled() {
			decided(nil)
			c.invitation.report(progress)
			return
		}
	}
	// That call has just ended, and the conference is about to hear of it.
	if i.tries++; i.tries > mostTries {
		decided(&sip.Error{Status: 500, RetryAfter: terminatingRetry})
		return
	}
	i.place(decided, progress)
}

// begin puts the call in line.
func (i *invitation) begin(s *conference.State, progress Progress) {
	c := i.call
	a := c.focus.attendance(c.inst.ID())
	if a == nil {
		return // not reached: the conference is alive
	}
	c.attendance = a
	c.contact = c.focus.cfg.Gate.Contact(c.inst.ID(), c.focus.origin(i.uri))
	i.leg = c.calledLeg(s)
	c.focus.counts.invitations.Add(1)
	i.report(progress)
	a.add(c)
	a.dialing.add(i)
}

// calledLeg tells the mixer who the endpoint is. What its client is shows only
// when it answers.
func (c *call) calledLeg(s *conference.State) LegRequest {
	p := s.Endpoint(c.endpoint).Participant
	names := []string{string(c.inst.ID()), c.focus.cfg.Gate.Target(c.inst.ID(), c.focus.origin(c.invitation.uri))}
	for _, alias := range c.focus.cfg.Gate.Aliases(c.inst.Address()) {
		names = append(names, string(alias))
	}
	return LegRequest{
		Instance: c.inst, Endpoint: c.endpoint, User: p.User, Identity: p.Identity, Addresses: []string{string(p.User)},
		Conference: names, Lost: c.legLost, Again: c.offerAgain, Preconditions: c.focus.cfg.Preconditions, // [PRE-12]
	}
}

// failedBecause is the Reason of a departure after a failed call. [FOC-OUT-12]
func failedBecause(status int) string { return "SIP;cause=" + strconv.Itoa(status) }
