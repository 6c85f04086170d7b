package participant

import (
	"context"

	"github.com/confab-chat/confab/sip"
)

// Invitation is what somebody asks of the user: to take a call of a focus (INVITE), or
// to join a conference himself (REFER). It is decided once, by [Invitation.Accept] or
// [Invitation.Decline], unless whoever made it gives up before.
type Invitation struct {
	// Conference is the URI of the conference, in full: what it is called elsewhere is
	// of its own choosing. [PAR-INC-02]
	Conference string
	// Ordinary marks a call of another user for a session of two, whose URI Conference
	// is then.
	Ordinary bool
	// Display and Subject are what the conference calls itself; may be empty.
	Display, Subject string
	// Referred tells a request to join from a call of the focus.
	Referred bool
	// By is the URI of the user who invites, as far as that is told. Nobody has
	// verified it. [PAR-INC-03]
	By string
	// Others were invited at the same time, which does not make them participants;
	// anonymous ones have a Count. ReplyAll is false if they must not learn by a
	// message to all of them that this user was invited, too (RFC 5364 §4).
	// [PAR-INC-03]
	Others   []Other
	ReplyAll bool
	// Replaces is the URI of the conference in whose place this one is to come, empty
	// for none; Entitled says that its other side is who asks for that.
	// [PAR-INC-04]
	Replaces string
	Entitled bool

	u        *UE
	answer   answerer
	decision decision
}

// Other is a user who was invited at the same time.
type Other struct {
	URI, Copy string
	// Count is how many an anonymous entry stands for; 1 for all others.
	Count int
}

// answerer carries a decision out.
type answerer interface {
	accept(ctx context.Context) (*Conference, error)
	decline(e *sip.Error)
}

// Done is closed when the invitation has been decided or withdrawn.
func (i *Invitation) Done() <-chan struct{} { return i.decision.decided }

// Withdrawn tells whether whoever made the invitation has given up.
func (i *Invitation) Withdrawn() bool { return i.decision.over() }

// Accept enters the conference and returns when the MSRP session stands, like
// [UE.Join]. It is [ErrWithdrawn] for what has been decided or withdrawn.
func (i *Invitation) Accept(ctx context.Context) (*Conference, error) {
	if !i.decide(false) {
		return nil, ErrWithdrawn
	}
	return i.answer.accept(ctx)
}

// Decline refuses with a SIP status: 603, or 0, if the user declines, 486 if he is
// busy. [PAR-INC-06]
func (i *Invitation) Decline(status int) {
	if status == 0 {
		status = 603
	}
	if i.decide(false) {
		i.answer.decline(&sip.Error{Status: status})
	}
}

// withdraw ends what has not been decided.
func (i *Invitation) withdraw() { i.decide(true) }

func (i *Invitation) decide(withdrawn bool) bool {
	first := i.decision.decide(withdrawn)
	i.u.settled(i)
	return first
}
