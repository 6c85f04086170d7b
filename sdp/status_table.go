package sdp

// Strength is how much a side wants a resource to be reserved (RFC 3312 §5.1). The
// order is that of §5.2: an answer may raise it and never lower it.
type Strength uint8

// The strengths.
const (
	StrengthNone Strength = iota
	Optional
	Mandatory
)

// String returns the strength-tag.
func (s Strength) String() string {
	switch s {
	case Optional:
		return "optional"
	case Mandatory:
		return "mandatory"
	default:
		return "none"
	}
}

func parseStrength(tag string) (Strength, bool) {
	switch tag {
	case "none":
		return StrengthNone, true
	case "optional":
		return Optional, true
	case "mandatory":
		return Mandatory, true
	default:
		return StrengthNone, false // "failure" and "unknown" are no wishes
	}
}

// segment is a status-type, seen from the side whose table it is.
type segment uint8

const (
	localSegment segment = iota
	remoteSegment
	endToEnd
	segments = 3
)

func (s segment) String() string {
	return [segments]string{"local", "remote", "e2e"}[s]
}

func (s segment) reverse() segment {
	switch s {
	case localSegment:
		return remoteSegment
	case remoteSegment:
		return localSegment
	default:
		return endToEnd
	}
}

func parseSegment(tag string) (segment, bool) {
	for s := range segment(segments) {
		if s.String() == tag {
			return s, true
		}
	}
	return 0, false
}

// row is a line of a status table (RFC 3312 §5.1, tables 1 and 2).
type row struct {
	current bool
	desired Strength
	confirm bool // the peer is to tell when it is met (§7)
}

// sending and receiving index the rows of a segment.
const (
	sending = iota
	receiving
)

// StatusTable is the state of one precondition type of a stream, seen from one side
// (RFC 3312 §5).
type StatusTable struct {
	Type string // "qos"

	used [segments]bool
	rows [segments][2]row
}

// maxTypes is how many types of preconditions of one stream are read. There is one.
const maxTypes = 32

// StatusTables reads the tables from the lines of one stream, seen from the side that
// wrote them.
func StatusTables(lines []Precondition) []StatusTable {
	var tables []StatusTable
	for _, l := range lines {
		s, ok := parseSegment(l.Status)
		strength, wish := parseStrength(l.Strength)
		if !ok || l.Kind == kindDesired && !wish {
			continue
		}
		t := (*StatusTable)(nil)
		for i := range tables {
			if tables[i].Type == l.Type {
				t = &tables[i]
			}
		}
		if t == nil && len(tables) == maxTypes {
			continue
		}
		if t == nil {
			tables = append(tables, StatusTable{Type: l.Type})
			t = &tables[len(tables)-1]
		}
		t.read(s, l, strength)
	}
	return tables
}

func (t *StatusTable) read(s segment, l Precondition, strength Strength) {
	t.used[s] = true
	covers := directions(l.Direction)
	for d := range t.rows[s] {
		if !covers[d] {
			continue
		}
		switch r := &t.rows[s][d]; l.Kind {
		case kindCurrent:
			r.current = true
		case kindDesired:
			r.desired = max(r.desired, strength)
		case kindConfirm:
			r.confirm = true
		}
	}
}

// directions says which rows a direction-tag stands for.
func directions(tag string) [2]bool {
	return [2]bool{
		sending:   tag == tagSend || tag == tagBoth,
		receiving: tag == tagRecv || tag == tagBoth,
	}
}

func directionTag(covered [2]bool) string {
	switch covered {
	case [2]bool{true, true}:
		return tagBoth
	case [2]bool{sending: true}:
		return tagSend
	case [2]bool{receiving: true}:
		return tagRecv
	default:
		return "none"
	}
}

// Reverse is the table as the other side sees it (RFC 3312 §5.2, table 4).
func (t StatusTable) Reverse() StatusTable {
	out := StatusTable{Type: t.Type}
	for s := range segment(segments) {
		out.used[s.reverse()] = t.used[s]
		out.rows[s.reverse()] = [2]row{sending: t.rows[s][receiving], receiving: t.rows[s][sending]}
	}
	return out
}

// Met reports whether every mandatory row has its resources (RFC 3312 §6).
func (t StatusTable) Met() bool {
	return !t.has(func(_ segment, r row) bool { return r.desired == Mandatory && !r.current })
}

// Desires reports whether any row is wanted at least so much.
func (t StatusTable) Desires(s Strength) bool {
	return t.has(func(_ segment, r row) bool { return r.desired >= s })
}

func (t StatusTable) has(test func(segment, row) bool) bool {
	for s := range segment(segments) {
		for _, r := range t.rows[s] {
			if test(s, r) {
				return true
			}
		}
	}
	return false
}

// Lines writes the table (RFC 3312 §5.1.1): one current line a segment, one desired line
// where both directions are wanted alike, else two.
func (t StatusTable) Lines() []Precondition {
	var current, desired, confirm []Precondition
	for s := range segment(segments) {
		if !t.used[s] {
			continue
		}
		rows := t.rows[s]
		line := func(kind, strength string, test func(row) bool) Precondition {
			return Precondition{
				Kind: kind, Type: t.Type, Strength: strength, Status: s.String(),
				Direction: directionTag([2]bool{sending: test(rows[sending]), receiving: test(rows[receiving])}),
			}
		}
		current = append(current, line(kindCurrent, "", func(r row) bool { return r.current }))
		for strength := Mandatory; ; strength-- {
			d := line(kindDesired, strength.String(), func(r row) bool { return r.desired == strength })
			if d.Direction != "none" {
				desired = append(desired, d)
			}
			if strength == StrengthNone {
				break
			}
		}
		if c := line(kindConfirm, "", func(r row) bool { return r.confirm }); c.Direction != "none" {
			confirm = append(confirm, c)
		}
	}
	return append(append(current, desired...), confirm...)
}

// answer is what an answerer says whose own resources are there, or not: of his own
// segment what he knows, of the rest what the offer says; the strengths as offered; and
// the wish to be told of what he waits for (RFC 3312 §5.2, §6, §7; RFC 4032 §4.1).
// [PRE-06] [PRE-14]
func (t StatusTable) answer(ready bool) StatusTable {
	out := t.Reverse()
	if (out.used[localSegment] || out.used[remoteSegment]) && out.Type == TypeQoS {
		out.used[localSegment], out.used[remoteSegment] = true, true
		for d := range out.rows[localSegment] {
			out.rows[localSegment][d].current = ready
		}
	}
	for s := range segment(segments) {
		for d := range out.rows[s] {
			r := &out.rows[s][d]
			r.confirm = s == remoteSegment && r.desired == Mandatory && !r.current
		}
	}
	return out
}

// hopeless reports whether the answerer whose table it is can never meet a row: nobody
// reserves end to end for messages, and types that are not known are the peer's own
// business in his segment at most (RFC 3312 §9). [PRE-09]
func (t StatusTable) hopeless() []Precondition {
	tag := "failure"
	if t.Type != TypeQoS {
		tag = "unknown"
	}
	return t.failure(tag, func(s segment, r row) bool {
		mine := s == endToEnd || s == localSegment && t.Type != TypeQoS
		return mine && r.desired == Mandatory && !r.current
	})
}

// failure names rows in desired lines of that tag (RFC 3312 §8).
func (t StatusTable) failure(tag string, test func(segment, row) bool) []Precondition {
	var lines []Precondition
	for s := range segment(segments) {
		dir := directionTag([2]bool{
			sending: test(s, t.rows[s][sending]), receiving: test(s, t.rows[s][receiving]),
		})
		if dir != "none" {
			lines = append(lines, Precondition{Kind: kindDesired, Type: t.Type, Strength: tag, Status: s.String(), Direction: dir})
		}
	}
	return lines
}
