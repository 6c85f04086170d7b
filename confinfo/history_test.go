package confinfo

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

const crowd = 50

// history changes a conference at random.
type history struct {
	r   *rand.Rand
	now *Document
}

func newHistory(seed uint64) *history {
	h := &history{
		r:   rand.New(rand.NewPCG(seed, 1)),
		now: &Document{Entity: conferenceURI, Version: 1, ConferenceState: &ConferenceState{}, Users: &Users{}},
	}
	for range h.r.IntN(crowd) {
		h.step()
	}
	return h
}

// step makes the next full state; the old one stays as it is.
func (h *history) step() {
	d := *h.now
	list := slices.Clone(d.Users.List)
	name := fmt.Sprintf("sip:user%d@ims.example", h.r.IntN(crowd))
	i := slices.IndexFunc(list, func(u User) bool { return u.Entity == name })
	switch {
	case i < 0:
		list = append(list, h.user(name))
	case h.r.IntN(3) == 0:
		list = slices.Delete(list, i, i+1)
	default:
		list[i] = h.change(list[i])
	}
	if h.r.IntN(20) == 0 {
		d.Description = &Description{Subject: h.word(), Keywords: []string{h.word()}}
	}
	if h.r.IntN(20) == 0 {
		d.Host = &Host{DisplayText: h.word()}
	}
	if h.r.IntN(50) == 0 {
		d.Description, d.Host = nil, nil
	}
	if h.r.IntN(30) == 0 {
		h.r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	d.Users = &Users{List: list}
	d.ConferenceState = &ConferenceState{UserCount: uint32(len(list)), Active: true, Locked: h.r.IntN(10) == 0}
	h.now = &d
}

func (h *history) word() string {
	return []string{"", "", "alpha", "beta <&>", "gamma", "grün"}[h.r.IntN(6)]
}

func (h *history) words() []string {
	list := []string{"owner", "moderator", "participant"}
	return list[:h.r.IntN(len(list)+1)]
}

func (h *history) instant() Execution {
	if h.r.IntN(3) == 0 {
		return Execution{}
	}
	return Execution{When: time.Unix(h.r.Int64N(1<<31), 0).UTC(), Reason: h.word(), By: "sip:a@ims.example"}
}

func (h *history) user(name string) User {
	u := User{Entity: name}
	for range 1 + h.r.IntN(3) {
		u = h.change(u)
	}
	return u
}

func (h *history) change(u User) User {
	switch h.r.IntN(6) {
	case 0:
		u.DisplayText = h.word()
	case 1:
		u.Nickname = h.word()
	case 2:
		u.Roles = h.words()
	case 3:
		u.AssociatedAORs = nil
		if h.r.IntN(2) == 0 {
			u.AssociatedAORs = []URI{{URI: "tel:+15550100", DisplayText: h.word()}}
		}
	default:
		u.Endpoints = h.endpoints(slices.Clone(u.Endpoints))
	}
	return u
}

func (h *history) endpoints(list []Endpoint) []Endpoint {
	name := fmt.Sprintf("ep-%d", h.r.IntN(3))
	i := slices.IndexFunc(list, func(e Endpoint) bool { return e.Entity == name })
	switch {
	case i < 0:
		return append(list, Endpoint{Entity: name, Status: StatusDialingOut})
	case h.r.IntN(4) == 0:
		return slices.Delete(list, i, i+1)
	}
	e := &list[i]
	switch h.r.IntN(5) {
	case 0:
		e.Status, e.JoiningMethod, e.JoiningInfo = StatusConnected, DialedIn, h.instant()
	case 1:
		e.Status, e.DisconnectionMethod, e.DisconnectionInfo = StatusDisconnected, Departed, h.instant()
	case 2:
		e.Referred, e.DisplayText = h.instant(), h.word()
	case 3:
		e.CallInfo = CallInfo{}
		if h.r.IntN(2) == 0 {
			e.CallInfo = CallInfo{CallID: "c", FromTag: "f", ToTag: h.word()}
		}
	default:
		e.Media = nil
		for id := range h.r.IntN(3) {
			e.Media = append(e.Media, Media{ID: fmt.Sprint(id), Type: "message", Status: []MediaStatus{SendRecv, RecvOnly, Inactive}[h.r.IntN(3)]})
		}
	}
	return list
}

// sorted writes the state in the order of its keys: RFC 4575 gives rosters none.
func sorted(d *Document) string {
	c := *d
	list := slices.Clone(c.users())
	slices.SortFunc(list, func(a, b User) int { return strings.Compare(a.Entity, b.Entity) })
	for i := range list {
		u := &list[i]
		u.Endpoints = slices.Clone(u.Endpoints)
		slices.SortFunc(u.Endpoints, func(a, b Endpoint) int { return strings.Compare(a.Entity, b.Entity) })
		for j := range u.Endpoints {
			e := &u.Endpoints[j]
			e.Media = slices.Clone(e.Media)
			slices.SortFunc(e.Media, func(a, b Media) int { return strings.Compare(a.ID, b.ID) })
		}
	}
	c.Users = &Users{List: list}
	if c.Description == nil {
		c.Description = &Description{} // a full document has the element in any case
	}
	return strings.ReplaceAll(string(c.Append(nil)), "><", ">\n<")
}

// carry takes d over the wire.
func carry(t *testing.T, d *Document, version uint32) (*Document, []byte) {
	t.Helper()
	b := NewTemplate(d).Append(nil, version)
	got, err := Unmarshal(b, Limits{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	return got, b
}

// A subscriber that applies every difference has what a full document would
// give him, whatever happened and however many changes were merged into one.
func TestDifferencesNeverDrift(t *testing.T) {
	conform.Covers(t, "NOT-NFY-10", "PAR-SUB-06")
	histories := 1000
	if testing.Short() {
		histories = 50
	}
	var sample [][]byte
	for seed := range uint64(histories) {
		h := newHistory(seed)
		version := uint32(1)
		doc, b := carry(t, h.now, version)
		local, outcome := Apply(nil, doc)
		if outcome != Applied {
			t.Fatalf("seed %d: full document: outcome %d", seed, outcome)
		}
		sent := h.now
		for step := range 10 {
			for range 1 + h.r.IntN(4) { // merged by pacing
				h.step()
			}
			d, changed := Diff(sent, h.now)
			if !changed {
				continue
			}
			version++
			sent = h.now
			doc, b = carry(t, d, version)
			if local, outcome = Apply(local, doc); outcome != Applied {
				t.Fatalf("seed %d: version %d: outcome %d", seed, version, outcome)
			}
			if d.State == Partial && strings.Contains(string(b), "<users") && !strings.Contains(string(b), `<users state="partial"`) {
				t.Fatalf("seed %d: users without state=partial in\n%s", seed, b)
			}
			if step%5 != 4 { // a drift would stay
				continue
			}
			full := *sent
			full.Version = version
			if want, got := sorted(&full), sorted(local); want != got {
				t.Fatalf("seed %d: version %d differs (-want +got):\n%s\nafter\n%s", seed, version, cmp.Diff(want, got), b)
			}
			if _, again := Diff(sent, sent); again {
				t.Fatalf("seed %d: a state differs from itself", seed)
			}
		}
		if seed < 300 {
			sample = append(sample, b)
		}
	}
	validate(t, sample...)
}
