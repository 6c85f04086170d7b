package mixer

import (
	"slices"
	"strings"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Quirks are what a deployed client needs, or does, beyond or against the
// standards. The words in the comments are those of the configuration. Clients that
// cannot put together two messages at once have none: those of one session never
// interleave.
type Quirks struct {
	Whole         bool // whole: each message in one SEND, whatever its size [!MSRP-SND-05] [MSRP-SND-15]
	ExactRanges   bool // exact_ranges: chunks of at most 2,048 octets with numeric range-end
	ChunkCap      bool // chunk_cap: of at most 16 KiB, as WebSockets and relays have them in any case
	Disposition   bool // content_disposition: inline, on the first of several chunks; WebSockets have it in any case [WS-04]
	AnonMeansRoom bool // anon_means_room: To anonymous@anonymous.invalid is the conference [SW-PUB-22]
	PMUnaware     bool // pm_unaware: shows private messages as such, and does not say so [SW-PRV-09]
	StatusLines   bool // status_lines: shows marked notices as such; wants the roster before history [SW-GEN-04]
	Aware         bool // conference_aware: knows conferences, though it declares no chatroom [SW-GEN-03]
	NoIMDN        bool // no_imdn: takes no disposition notifications, whatever it accepts
	UnquotedNick  bool // unquoted_nick: writes nicknames without quotes [SW-NCK-11]
}

// QuirkNames returns the names of all quirks, as the configuration has them.
func QuirkNames() []string {
	return []string{
		"whole", "exact_ranges", "chunk_cap", "content_disposition", "anon_means_room", "pm_unaware", "status_lines",
		"conference_aware", "no_imdn", "unquoted_nick",
	}
}

// flag returns the quirk with a name, nil if there is none.
func (q *Quirks) flag(name string) *bool {
	i := slices.Index(QuirkNames(), name)
	if i < 0 {
		return nil
	}
	return [...]*bool{
		&q.Whole, &q.ExactRanges, &q.ChunkCap, &q.Disposition, &q.AnonMeansRoom, &q.PMUnaware, &q.StatusLines,
		&q.Aware, &q.NoIMDN, &q.UnquotedNick,
	}[i]
}

// QuirkRule changes the quirks of clients that fit it; empty conditions fit all.
type QuirkRule struct {
	Agent   string   // beginning of the User-Agent
	Feature string   // part of a feature tag, in Contact or Accept-Contact
	Set     []string // of QuirkNames
	Clear   []string // of QuirkNames, or "all"
}

func (r *QuirkRule) fits(agent, features string) bool {
	return strings.HasPrefix(agent, r.Agent) && strings.Contains(features, strings.ToLower(r.Feature))
}

func (r *QuirkRule) apply(q *Quirks) {
	for _, name := range r.Clear {
		if name == "all" {
			*q = Quirks{}
		}
		if f := q.flag(name); f != nil {
			*f = false
		}
	}
	for _, name := range r.Set {
		if f := q.flag(name); f != nil {
			*f = true
		}
	}
}

// fieldRules are what is known of the clients in the field. Nothing is known of
// most; one SEND of any size is read by every known stack, chunks are not.
// Later rules change what earlier ones say.
func fieldRules() []QuirkRule {
	sipsimple := []string{"whole", "status_lines", "conference_aware", "no_imdn"}
	rcs := QuirkRule{Clear: []string{"whole"}, Set: []string{"exact_ranges", "anon_means_room"}}
	tagged := func(feature string) QuirkRule {
		r := rcs
		r.Feature = feature
		return r
	}
	return []QuirkRule{
		{Set: []string{"whole", "unquoted_nick"}},
		{Agent: "confab", Clear: []string{"whole"}},
		{Agent: "Blink", Set: append([]string{"pm_unaware"}, sipsimple...)},
		{Agent: "Sylk", Set: sipsimple},
		{Agent: "sipsimple", Set: sipsimple},
		{Agent: "python-sipsimple", Set: sipsimple},
		tagged("+g.oma.sip-im"),
		tagged("oma.cpm"),
		tagged("gsma.rcs"),
	}
}

// rules are those of the field and then those of the configuration.
func (c *Config) rules() []QuirkRule { return append(fieldRules(), c.Quirks...) }

// quirksOf finds the quirks of a client. Features are its Contact and
// Accept-Contact fields.
func (m *Mixer) quirksOf(agent, features string) Quirks {
	var q Quirks
	features = strings.ToLower(features)
	for i := range m.rules {
		if m.rules[i].fits(agent, features) {
			m.rules[i].apply(&q)
		}
	}
	return q
}

// maxChunk is the largest chunk for those who want small ones. Of relays, Kamailio reads
// a frame as a whole, and none of 16 KiB.
const maxChunk = 8 << 10

// framing is how messages are cut for a client at the other end of a path.
type framing struct {
	whole, exact, disposed bool
	chunk                  int // largest chunk, 0: any
}

// framing settles that by the quirks and the path: relays need small chunks, as
// WebSocket does, and there a chunk does no harm to clients that nobody knows.
// What is whole stays whole on any path if the client is known for it.
func (q *Quirks) framing(path []msrpwire.URI, strict bool) framing {
	f := framing{whole: q.Whole && !strict, exact: q.ExactRanges, disposed: q.Disposition}
	indirect := len(path) > 1 || len(path) == 1 && !strings.EqualFold(path[0].Transport, "tcp")
	if f.whole && indirect && !q.StatusLines {
		f.whole = false
	}
	switch {
	case f.whole:
		f.exact = false
	case indirect || q.ChunkCap:
		f.chunk = maxChunk
	}
	return f
}
