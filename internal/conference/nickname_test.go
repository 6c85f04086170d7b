package conference

import (
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

// named asks for a nickname at a time.
func named(f *fold, when time.Duration, ep EndpointID, name string) error {
	_, err := f.do(SetNickname{At: at(when), Endpoint: ep, Nickname: name})
	return err
}

func TestNicknameComparison(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, shown, like string
		bad               bool
	}{
		{name: "The Owl", shown: "The Owl", like: "the owl"},
		{name: "  Foo   Bar ", shown: "Foo Bar", like: "foo bar"},
		{name: "Foo\u00a0\u3000Bar", shown: "Foo Bar", like: "foo bar"},
		{name: "Ｆｕｌｌ", shown: "Full", like: "full"},
		{name: "Ali \"A\" C.", shown: `Ali "A" C.`, like: `ali "a" c.`},
		{name: "Ⅳ", shown: "IV", like: "iv"},
		{name: "Jürgen", shown: "Jürgen", like: "JU\u0308RGEN"},
		{name: "  ", bad: true},
		{name: "\u3000", bad: true},
		{name: "tab\tbed", bad: true},
		{name: "a\u200bb", bad: true},
		{name: "\u2028", bad: true},
	} {
		f := found(t, nil)
		err := named(f, 0, "alice1", tt.name)
		if tt.bad {
			if CodeOf(err) != CodeBadNickname {
				t.Errorf("%q: %v", tt.name, err)
			}
			continue
		}
		if err != nil || f.Participant("sip:alice@a.test").Nickname != tt.shown {
			t.Errorf("%q: shown as %q, %v", tt.name, f.Participant("sip:alice@a.test").Nickname, err)
		}
		f.join(t, epoch, "sip:bob@b.test", "bob1")
		f.refused(t, SetNickname{At: epoch, Endpoint: "bob1", Nickname: tt.like}, CodeNicknameTaken)
	}
	conform.Covers(t, "SW-NCK-06")
}

func TestNicknameConflicts(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) {
		c.Moderators, c.Origin, c.Owner = []Identity{"sip:mod%20erator@a.test"}, FromReserve, "sip:boss@a.test"
	})
	f.must(t, Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob1", Display: "Bob  Bee"})
	f.must(t, Connect{At: epoch, Endpoint: "bob1"})
	f.join(t, epoch, "sip:bob@b.test", "bob2")
	f.must(t, Admit{At: epoch, Identity: "sip:x@b.test", Private: true, Endpoint: "anon"})
	f.must(t, Connect{At: epoch, Endpoint: "anon"})
	for _, name := range []string{"Alice", "BOSS", "Mod Erator", "Anonymous  1", "anonymous1"} {
		f.refused(t, SetNickname{At: epoch, Endpoint: "bob1", Nickname: name}, CodeNicknameTaken)
	}
	f.refused(t, SetNickname{At: epoch, Endpoint: "alice1", Nickname: "bob bee"}, CodeNicknameTaken)
	f.refused(t, SetNickname{At: epoch, Endpoint: "nobody", Nickname: "x"}, CodeNoSuchEndpoint)
	// One's own names are free, and those of one's other device.
	for _, name := range []string{"bob", "Bob Bee", "The Owl"} {
		f.must(t, SetNickname{At: epoch, Endpoint: "bob1", Nickname: name})
	}
	if events := f.must(t, SetNickname{At: epoch, Endpoint: "bob2", Nickname: " The Owl"}); len(events) != 0 {
		t.Errorf("own name on the second device: %s", kinds(events))
	}
	// A failed change keeps the old name.
	f.refused(t, SetNickname{At: epoch, Endpoint: "bob1", Nickname: "alice"}, CodeNicknameTaken)
	if got := f.Participant("sip:bob@b.test").Nickname; got != "The Owl" {
		t.Errorf("after a failed change bob is %q", got)
	}
	f.refused(t, SetNickname{At: epoch, Endpoint: "alice1", Nickname: "the owl"}, CodeNicknameTaken)
	// Changed or removed, a name is free at once.
	f.must(t, SetNickname{At: epoch, Endpoint: "bob2", Nickname: "THE OWL"})
	f.must(t, SetNickname{At: epoch, Endpoint: "bob2", Nickname: "Cat"})
	f.must(t, SetNickname{At: epoch, Endpoint: "alice1", Nickname: "the owl"})
	f.must(t, SetNickname{At: epoch, Endpoint: "bob1", Nickname: ""})
	if events := f.must(t, SetNickname{At: epoch, Endpoint: "bob1"}); len(events) != 0 {
		t.Errorf("removed twice: %s", kinds(events))
	}
	f.must(t, SetNickname{At: epoch, Endpoint: "alice1", Nickname: "cat"})
	conform.Covers(t, "SW-NCK-05", "SW-NCK-07", "SW-NCK-08")
}

func TestNicknamesForbidden(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) { c.Policy.Nicknames = false })
	f.refused(t, SetNickname{At: epoch, Endpoint: "alice1", Nickname: "Al"}, CodeNotAllowed)
	f.must(t, Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob1"})
	f.refused(t, SetNickname{At: epoch, Endpoint: "bob1", Nickname: "Bob"}, CodeNotConnected)
}

func TestNicknameQuarantine(t *testing.T) {
	t.Parallel()
	const rest = 300 * time.Second
	for _, tt := range []struct {
		cause Cause
		until time.Duration // the name is nobody else's
		kept  bool          // given back to a user who comes at once
	}{
		{CauseHungup, rest, false},
		{CauseRemoved, rest, false},
		{CauseLost, time.Minute + rest, true},
	} {
		f := found(t, func(c *Create) { c.Policy.End.MaxDuration = 0 })
		f.join(t, epoch, "sip:bob@b.test", "bob1")
		f.join(t, epoch, "sip:bob@b.test", "bob2")
		f.must(t, SetNickname{At: epoch, Endpoint: "bob1", Nickname: "Owl"})
		f.must(t, Leave{At: epoch, Endpoint: "bob1"})
		if got := f.Participant("sip:bob@b.test").Nickname; got != "Owl" {
			t.Errorf("with the first device went the name, %q", got)
		}
		f.must(t, Leave{At: epoch, Endpoint: "bob2", Cause: tt.cause})
		f.refused(t, SetNickname{At: at(tt.until - 1), Endpoint: "alice1", Nickname: "owl"}, CodeNicknameTaken)
		f.join(t, at(time.Second), "sip:bob@b.test", "bob3")
		if got := f.Participant("sip:bob@b.test").Nickname; (got != "") != tt.kept {
			t.Errorf("%v: back as %q", tt.cause, got)
		}
		if err := named(f, 2*time.Second, "bob3", "Owl"); err != nil {
			t.Errorf("%v: own name %v", tt.cause, err)
		}
		f.must(t, Leave{At: at(3 * time.Second), Endpoint: "bob3", Cause: tt.cause})
		if err := named(f, 3*time.Second+tt.until, "alice1", "owl"); err != nil {
			t.Errorf("%v: after the quarantine %v", tt.cause, err)
		}
	}
	conform.Covers(t, "SW-NCK-09", "SW-NCK-10")
}

func TestNicknameDuringGrace(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.join(t, epoch, "sip:bob@b.test", "bob1")
	f.must(t, SetNickname{At: epoch, Endpoint: "bob1", Nickname: "Owl"})
	f.must(t, LoseLeg{At: epoch, Endpoint: "bob1"})
	f.refused(t, SetNickname{At: at(59 * time.Second), Endpoint: "alice1", Nickname: "owl"}, CodeNicknameTaken)
	// The device comes back in a new dialog that takes the old one's place.
	f.must(t, Admit{At: at(59 * time.Second), Identity: "sip:bob@b.test", Endpoint: "bob2", Replaces: "bob1"})
	f.must(t, Connect{At: at(59 * time.Second), Endpoint: "bob2"})
	if p := f.Participant("sip:bob@b.test"); p.Nickname != "Owl" || f.Endpoint("bob1") != nil {
		t.Errorf("after the replacement bob is %q", p.Nickname)
	}
}

func TestForgottenNicknames(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	for i := range 100 {
		when := at(time.Duration(i) * time.Minute)
		f.join(t, when, "sip:bob@b.test", "bob1")
		f.must(t, SetNickname{At: when, Endpoint: "bob1", Nickname: strings.Repeat("x", i+1)})
		f.must(t, Leave{At: when, Endpoint: "bob1"})
	}
	if n := len(f.nicknames.resting); n > 6 {
		t.Errorf("%d names in quarantine", n)
	}
}
