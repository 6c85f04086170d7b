package sdp

// Precondition is one a=curr, a=des or a=conf line (RFC 3312 §4).
type Precondition struct {
	Kind      string // "curr", "des" or "conf"
	Type      string // "qos"
	Strength  string // des only: "mandatory", "optional", "none", "failure", "unknown"
	Status    string // "local", "remote" or "e2e"
	Direction string // "none", "send", "recv" or "sendrecv"
}

func parsePrecondition(kind, value string) (Precondition, bool) {
	f := fields(value)
	switch {
	case kind == "des" && len(f) == 4:
		return Precondition{Kind: kind, Type: f[0], Strength: f[1], Status: f[2], Direction: f[3]}, true
	case kind != "des" && len(f) == 3:
		return Precondition{Kind: kind, Type: f[0], Status: f[1], Direction: f[2]}, true
	}
	return Precondition{}, false
}

func (p Precondition) value() string {
	s := p.Type + " "
	if p.Kind == "des" {
		s += p.Strength + " "
	}
	return s + p.Status + " " + p.Direction
}
