package mixer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/mixer"
)

// nick writes a NICKNAME request with the header lines and expects its answer.
func (c *client) nick(want int, lines ...string) {
	c.house.t.Helper()
	c.count++
	tid := fmt.Sprintf("%s.%d", c.id, c.count)
	c.write("MSRP " + tid + " NICKNAME\r\nTo-Path: " + c.room + "\r\nFrom-Path: " + c.path + "\r\n" +
		strings.Join(append(lines, ""), "\r\n") + "-------" + tid + "$\r\n")
	if f := wait(c.house.t, c.responses, "response"); f.status != want {
		c.house.t.Errorf("%q: status %d, want %d", lines, f.status, want)
	}
}

// nickname is the name that a user goes by.
func (h *house) nickname(user string) string {
	h.t.Helper()
	name := make(chan string, 1)
	err := h.inst.Look(func(s *conference.State) { name <- s.Participant(conference.User(user)).Nickname })
	if err != nil {
		h.t.Fatal(err)
	}
	return wait(h.t, name, "look")
}

func TestNicknames(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(b *blueprint) { b.mixer.Reserved = []string{"Focus", "Class  Room"} })
	a, b := h.join(alice, nil), h.join(bob, nil)
	b.nick(200, `Use-Nickname: "the owl"`)
	for _, tt := range []struct {
		line, shown string
		want        int
	}{
		{`Use-Nickname: "Ali \"A\" C."`, `Ali "A" C.`, 200},
		{`Use-Nickname: "The  Owl"`, `Ali "A" C.`, 425},
		{`Use-Nickname: "FOCUS"`, `Ali "A" C.`, 425},
		{`Use-Nickname: "class room"`, `Ali "A" C.`, 425},
		{`Use-Nickname: "Bob"`, `Ali "A" C.`, 425},
		{`Use-Nickname: "alice"`, "alice", 200},
		{`Use-Nickname: "Ali\n"`, "alice", 424},
		{`Use-Nickname: "Ali`, "alice", 424},
		{`Use-Nickname: "Ali" C`, "alice", 424},
		{"Use-Nickname: \"\xff\"", "alice", 424},
		{`Use-Nickname: "  "`, "alice", 424},
		{`Use-Nickname: "` + strings.Repeat("x", 1024) + `"`, "alice", 424},
		{"Use-Nickname: \"a\u200bb\"", "alice", 424},
		{"X-Nothing: x", "alice", 400},
		{"Use-Nickname: \"x\"\r\nFailure-Report: no", "alice", 400},
		{"Use-Nickname: \"x\"\r\nSuccess-Report: no", "alice", 400},
		{`Use-Nickname: ""`, "", 200},
		{`Use-Nickname: ""`, "", 200},
		{"Use-Nickname: Alice the Great", "Alice the Great", 200}, // python-sipsimple
		{`Use-Nickname: Al"ice\n`, `Al"ice\n`, 200},
		{"Use-Nickname: ", "", 200},
	} {
		a.nick(tt.want, tt.line)
		if got := h.nickname(alice); got != tt.shown {
			t.Errorf("%s: alice is %q, want %q", tt.line, got, tt.shown)
		}
	}
	conform.Covers(t, "SW-NCK-01", "SW-NCK-03", "SW-NCK-04", "SW-NCK-07", "SW-NCK-11")
}

func TestNicknamesAreStrict(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(b *blueprint) { b.mixer.Strict = true })
	a := h.join(alice, nil)
	a.nick(424, "Use-Nickname: Alice the Great")
	a.nick(424, "Use-Nickname: ")
	a.nick(200, `Use-Nickname: "Alice the Great"`)
	a.nick(200, `Use-Nickname: ""`)
}

// Whether a client writes nicknames without quotes is a property of the client.
func TestUnquotedNicknames(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(b *blueprint) {
		b.mixer.Quirks = []mixer.QuirkRule{{Agent: "tidy", Clear: []string{"unquoted_nick"}}}
	})
	a := h.join(alice, func(w *wishes) { w.agent = "tidy/1.0" })
	a.nick(424, "Use-Nickname: Al")
	a.nick(200, `Use-Nickname: "Al"`)
	h.join(bob, nil).nick(200, "Use-Nickname: Bo")
	conform.Covers(t, "SW-NCK-11")
}

func TestNoNicknames(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(b *blueprint) { b.policy.Nicknames = false })
	a := h.join(alice, nil)
	a.nick(403, `Use-Nickname: "Al"`)
	conform.Covers(t, "SW-NCK-02")
}

// A NICKNAME may be the first request of a leg, but not before its endpoint is
// connected.
func TestNicknameBinds(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a := h.join(alice, func(w *wishes) { w.outside, w.unbound = true, true })
	a.dial()
	a.nick(403, `Use-Nickname: "Al"`)
	b := h.join(bob, func(w *wishes) { w.unbound = true })
	b.dial()
	b.nick(200, `Use-Nickname: "Owl"`)
	if got := h.nickname(bob); got != "Owl" {
		t.Errorf("bob is %q", got)
	}
	conform.Covers(t, "SW-NCK-12", "SW-GEN-09")
}

func TestNicknameRate(t *testing.T) {
	t.Parallel()
	start := time.Now()
	clock := make(chan time.Time, 1)
	clock <- start
	h := newHouse(t, func(b *blueprint) {
		b.mixer.NicknamesPerMinute = 6
		b.mixer.Now = func() time.Time {
			now := <-clock
			clock <- now
			return now
		}
	})
	a, a2, b := h.join(alice, nil), h.join(alice, nil), h.join(bob, nil)
	for i := range 3 {
		a.nick(200, fmt.Sprintf("Use-Nickname: \"A%d\"", i))
		a2.nick(200, fmt.Sprintf("Use-Nickname: \"B%d\"", i))
	}
	a.nick(403, `Use-Nickname: "C"`)
	a2.nick(403, `Use-Nickname: "C"`)
	b.nick(200, `Use-Nickname: "D"`)
	<-clock
	clock <- start.Add(10 * time.Second)
	a.nick(200, `Use-Nickname: "C"`)
	a2.nick(403, `Use-Nickname: "E"`)
}
