package sdp

import "slices"

// TypeQoS is the precondition type that there is (RFC 3312 §4).
const TypeQoS = "qos"

const (
	kindCurrent = "curr"
	kindDesired = "des"
	kindConfirm = "conf"

	tagSend = "send"
	tagRecv = "recv"
	tagBoth = "sendrecv"
)

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
	case kind == kindDesired && len(f) == 4:
		return Precondition{Kind: kind, Type: f[0], Strength: f[1], Status: f[2], Direction: f[3]}, true
	case kind != kindDesired && len(f) == 3:
		return Precondition{Kind: kind, Type: f[0], Status: f[1], Direction: f[2]}, true
	}
	return Precondition{}, false
}

func (p Precondition) value() string {
	s := p.Type + " "
	if p.Kind == kindDesired {
		s += p.Strength + " "
	}
	return s + p.Status + " " + p.Direction
}

// Resources is what our side says about the resources of its stream (RFC 3312). The
// zero value says nothing: no precondition appears in our descriptions. [PRE-13]
type Resources struct {
	Used  bool // preconditions are used in this dialog
	Ready bool // our own resources are there, in both directions
	// Local and Remote are how much an offer of ours wants the two segments; an answer
	// has what its offer wants. Once the peer has raised one that stays.
	Local, Remote Strength
}

// offer is the table of an offer of ours. last is that of the exchange before, seen from
// our side; the peer's part is as he told there.
func (r Resources) offer(last *StatusTable) []Precondition {
	t := StatusTable{Type: TypeQoS}
	for s, strength := range [...]Strength{localSegment: r.Local, remoteSegment: r.Remote} {
		t.used[s] = true
		for d := range t.rows[s] {
			row := &t.rows[s][d]
			row.desired = strength
			if last != nil {
				row.desired = max(strength, last.rows[s][d].desired)
				row.current = last.rows[s][d].current
			}
			if segment(s) == localSegment {
				row.current = r.Ready
			}
		}
	}
	return t.Lines()
}

// answer is what our answer says to the lines of an offer: nothing where nothing is
// wanted. [PRE-06] [PRE-13]
func (r Resources) answer(offer []Precondition) []Precondition {
	tables := StatusTables(offer)
	if !slices.ContainsFunc(tables, func(t StatusTable) bool { return t.Desires(Optional) }) {
		return nil
	}
	var lines []Precondition
	for _, t := range tables {
		lines = append(lines, t.answer(r.Ready).Lines()...)
	}
	return lines
}

// statusOf is the table of quality of service in the lines of a description, peer's or
// ours, seen from our side; nil if there is none.
func statusOf(lines []Precondition, peers bool) *StatusTable {
	for _, t := range StatusTables(lines) {
		if t.Type != TypeQoS {
			continue
		}
		if peers {
			t = t.Reverse()
		}
		return &t
	}
	return nil
}

// preconditions reads the tables of an m-line; one with port 0 has none (RFC 3312 §8.1).
// [PRE-11]
func (m *Media) preconditions() []StatusTable {
	if m.Port == 0 {
		return nil
	}
	var lines []Precondition
	for _, a := range m.Attributes {
		switch a.Name {
		case kindCurrent, kindDesired, kindConfirm:
			if p, ok := parsePrecondition(a.Name, a.Value); ok {
				lines = append(lines, p)
			}
		}
	}
	return StatusTables(lines)
}

// Met reports whether all mandatory preconditions of a description are met, so that the
// session may go on (RFC 3312 §6). Offer and answer say the same of it. [PRE-07]
func (s *Session) Met() bool {
	return !s.anyTable(func(t StatusTable) bool { return !t.Met() })
}

// Desires reports whether a description wants any resource at least so much.
func (s *Session) Desires(strength Strength) bool {
	return s.anyTable(func(t StatusTable) bool { return t.Desires(strength) })
}

// Confirms reports whether the side that wrote a description wants to be told when the
// resources of the other side are there (RFC 3312 §7). [PRE-12]
func (s *Session) Confirms() bool {
	return s.anyTable(func(t StatusTable) bool {
		return t.has(func(at segment, r row) bool { return at == remoteSegment && r.confirm })
	})
}

func (s *Session) anyTable(test func(StatusTable) bool) bool {
	for i := range s.Media {
		if slices.ContainsFunc(s.Media[i].preconditions(), test) {
			return true
		}
	}
	return false
}

// StatusPrecondition is the SIP status of a request whose preconditions cannot be met.
const StatusPrecondition = 580

// Hopeless returns the body of the 580 to an offer whose mandatory preconditions can
// never be met, however long one waits; nil if there are none (RFC 3312 §8, §9).
// [PRE-09]
func (s *Session) Hopeless() *Session {
	return s.failed(func(t StatusTable) []Precondition { return t.Reverse().hopeless() })
}

// Unmet returns the body of the 580 to the last description of the peer, when what is
// not met yet is given up (RFC 3312 §8). [PRE-11]
func (s *Session) Unmet() *Session {
	return s.failed(func(t StatusTable) []Precondition {
		return t.Reverse().failure("failure", func(at segment, r row) bool {
			return at != localSegment && r.desired == Mandatory && !r.current
		})
	})
}

// failed makes the description that says what has failed: as many m-lines as there
// were, all with port 0. It is neither offer nor answer.
func (s *Session) failed(lines func(StatusTable) []Precondition) *Session {
	out := &Session{Connection: ConnectionOf("0.0.0.0"), Media: make([]Media, len(s.Media))}
	found := false
	for i := range s.Media {
		out.Media[i] = refused(&s.Media[i])
		for _, t := range s.Media[i].preconditions() {
			for _, p := range lines(t) {
				out.Media[i].Attributes = append(out.Media[i].Attributes, Attribute{p.Kind, p.value()})
				found = true
			}
		}
	}
	if !found {
		return nil
	}
	return out
}
