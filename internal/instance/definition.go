package instance

import (
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// Definition is the record of a reserved conference URI.
type Definition struct {
	Address    Address
	Aliases    []Address // served exactly as Address [FOC-DSP-12]
	Subject    string
	Owner      conference.Identity // empty: none
	Moderators []conference.Identity
	Members    []string              // addresses of record, or domains
	Starters   []conference.Identity // who may start it; empty: whoever may join
	StartAt    time.Time             // not before; zero: at any time
	Policy     conference.Policy

	Once    bool      // reserved for one conference: released when that has been, D-03
	Expires time.Time // of Once: when it is released unused

	// Base is the fingerprint of what the configuration said when the record was
	// amended; empty: the record is none of the configuration. It is the
	// directory's to set.
	Base string

	configured bool        // it stands as the configuration has it
	base       *Definition // what the configuration has; nil: nothing, or this
}

// clone returns a copy that shares nothing with d.
func (d Definition) clone() Definition {
	d.Aliases = slices.Clone(d.Aliases)
	d.Moderators = slices.Clone(d.Moderators)
	d.Members = slices.Clone(d.Members)
	d.Starters = slices.Clone(d.Starters)
	return d
}

func (d Definition) template() conference.Create {
	return conference.Create{
		ID: d.Address.ID(), Origin: conference.FromReserve, Subject: d.Subject, Owner: d.Owner,
		Moderators: d.Moderators, Members: d.Members, Starters: d.Starters, Policy: d.Policy,
	}
}

// Status is where a conference URI stands.
type Status uint8

// The statuses.
const (
	Unallocated Status = iota // never heard of, or out of quarantine
	Reserved                  // allocated, not running
	Promised                  // for the one who was redirected there, not running
	Creating                  // nobody has got in yet
	Active
	Terminating // ended, and something of it is still to be cleared away
	Ended       // in quarantine
)

// String returns the status's name.
func (s Status) String() string {
	switch s {
	case Unallocated:
		return "unallocated"
	case Reserved:
		return "reserved"
	case Promised:
		return "promised"
	case Creating:
		return "creating"
	case Active:
		return "active"
	case Terminating:
		return "terminating"
	case Ended:
		return "ended"
	}
	return "unknown"
}

// Entry is what the directory knows of a conference URI.
type Entry struct {
	Status     Status
	ID         conference.ID // canonical, whatever alias was asked for
	Address    Address
	Definition *Definition // nil unless reserved; not to be changed
	Instance   *Instance   // nil unless Creating, Active or Terminating

	PromisedTo conference.Identity // who makes the conference by calling it; "" unless Promised
}
