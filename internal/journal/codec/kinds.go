package codec

import "github.com/confab-chat/confab/internal/conference"

// formOf returns how events of the kind are written.
func formOf(k conference.Kind) (form, bool) { //nolint:cyclop // a table
	switch k {
	case conference.KindPosted:
		return posted(), true
	case conference.KindCreated:
		return plain[conference.Created](), true
	case conference.KindAdmitted:
		return plain[conference.Admitted](), true
	case conference.KindAdvanced:
		return plain[conference.Advanced](), true
	case conference.KindMasked:
		return plain[conference.Masked](), true
	case conference.KindConnected:
		return plain[conference.Connected](), true
	case conference.KindDeparted:
		return plain[conference.Departed](), true
	case conference.KindLegLost:
		return plain[conference.LegLost](), true
	case conference.KindLegBack:
		return plain[conference.LegBack](), true
	case conference.KindMediaSet:
		return plain[conference.MediaSet](), true
	case conference.KindLockSet:
		return plain[conference.LockSet](), true
	case conference.KindBarred:
		return plain[conference.Barred](), true
	case conference.KindUnbarred:
		return plain[conference.Unbarred](), true
	case conference.KindRoleSet:
		return plain[conference.RoleSet](), true
	case conference.KindApprovalSet:
		return plain[conference.ApprovalSet](), true
	case conference.KindChanged:
		return plain[conference.Changed](), true
	case conference.KindResumed:
		return plain[conference.Resumed](), true
	case conference.KindSnapshot:
		return plain[conference.Snapshot](), true
	case conference.KindNicknamed:
		return plain[conference.Nicknamed](), true
	case conference.KindAcknowledged:
		return plain[conference.Acknowledged](), true
	case conference.KindEnded:
		return plain[conference.Ended](), true
	}
	return form{}, false
}
