package sdp

// Setup is a=setup (RFC 4145 §4 as RFC 6135 §4.2 uses it). holdconn reads as
// SetupNone and is never written. [SDP-14]
type Setup uint8

// The values of the attribute.
const (
	SetupNone Setup = iota // no attribute
	SetupActive
	SetupPassive
	SetupActPass
)

// String returns the attribute's value, "" for SetupNone.
func (s Setup) String() string {
	return [...]string{"", "active", "passive", "actpass"}[s&3]
}

func parseSetup(value string) Setup {
	for s := SetupActive; s <= SetupActPass; s++ {
		if s.String() == value {
			return s
		}
	}
	// RFC 6135 §4.2.1: holdconn is handled as if the attribute were absent. [SDP-14]
	return SetupNone
}

// Role says who opens the connection of a stream and sends the first SEND.
type Role uint8

// The roles.
const (
	RolePassive Role = iota // we wait for the peer
	RoleActive              // we connect to the first URI of the peer's path
)

// String returns "passive" or "active".
func (r Role) String() string { return r.setup().String() }

func (r Role) setup() Setup {
	if r == RoleActive {
		return SetupActive
	}
	return SetupPassive
}

// Reach says what connections an endpoint can make and take.
type Reach uint8

// The values of Reach.
const (
	ReachBoth   Reach = iota // listens, and connects where it must
	ReachListen              // listens, never connects
	ReachDial                // has no address others could connect to: a browser, a client behind NAT
)
