package identity

import (
	"errors"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// house has accounts and a clock.
type house struct {
	*Accounts
	t   *testing.T
	now time.Time
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, now: time.Unix(1_700_000_000, 0)}
	uri := func(s string) sipmsg.URI {
		u, err := sipmsg.ParseURI(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	var err error
	h.Accounts, err = NewAccounts(AccountsConfig{
		Realm: "conf.example.test", Now: func() time.Time { return h.now },
		Accounts: []Account{
			{AOR: uri("sip:alice@Example.test"), Display: "Alice", Password: "secret"},
			{AOR: uri("sip:bob@example.test"), Password: "one"},
			{AOR: uri("sip:bob@example.org"), HA1: map[digest.Algorithm]string{
				digest.SHA256: digest.SHA256.HA1("bob@example.org", "conf.example.test", "two"),
			}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// try sends an INVITE with credentials for a new challenge.
func (h *house) try(username, password, as, source string, lines ...string) (Identity, error) {
	h.t.Helper()
	x := digest.NewClient(username, password).Exchange()
	if !x.Challenged(&sipmsg.Response{Status: 401, Header: sipmsg.Header{Fields: h.server.Challenge(false)}}) {
		h.t.Fatal("not answered")
	}
	for _, f := range x.Credentials(sipmsg.INVITE, "sip:lobby@conf.example.test") {
		lines = append(lines, f.Name+": "+f.Value)
	}
	return h.Authenticate(invite(h.t, as, lines...), from(source))
}

func TestWhoLogsIn(t *testing.T) {
	conform.Covers(t, "IDN-10")
	h := newHouse(t)
	const hidden = `"Anonymous" <sip:anonymous@anonymous.invalid>`
	alice := Identity{User: "sip:alice@example.test", Display: "Alice"}
	tests := map[string]struct {
		username, password, from string
		lines                    []string
		want                     Identity
		status                   int
	}{
		"by user part":          {"alice", "secret", "<sip:alice@example.test:5070>", nil, alice, 0},
		"by whole address":      {"alice@example.test", "secret", "<sip:alice@example.test>", nil, Identity{}, 401},
		"shared: by user part":  {"bob", "one", "<sip:bob@example.test>", nil, Identity{}, 401},
		"shared: one":           {"bob@example.test", "one", "<sip:bob@example.test>", nil, Identity{User: "sip:bob@example.test"}, 0},
		"shared: other, hashed": {"bob@example.org", "two", "<sip:bob@example.org>", nil, Identity{User: "sip:bob@example.org"}, 0},
		"another From":          {"alice", "secret", "<sip:bob@example.test>", nil, Identity{}, 403},
		"hidden": {"alice", "secret", hidden, nil, Identity{
			User: "sip:alice@example.test", Display: "Alice", Privacy: true,
		}, 0},
		"prefers to be another": {
			"alice", "secret", "<sip:alice@example.test>",
			[]string{"P-Preferred-Identity: <sip:bob@example.test>"},
			alice, 0,
		},
		"asserts to be another": {
			"alice", "secret", "<sip:alice@example.test>",
			[]string{"P-Asserted-Identity: <sip:bob@example.test>"},
			alice, 0,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := h.try(test.username, test.password, test.from, stranger, test.lines...)
			if test.status != 0 && !errors.Is(err, &sip.Error{Status: test.status}) || test.status == 0 && err != nil {
				t.Fatalf("%v, want status %d", err, test.status)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestSameAccountTwice(t *testing.T) {
	aor, err := sipmsg.ParseURI("sip:a@b.test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewAccounts(AccountsConfig{Accounts: []Account{{AOR: aor}, {AOR: aor}}}); err == nil {
		t.Error("accepted")
	}
}

func TestThreeFailuresInARow(t *testing.T) {
	conform.Covers(t, "IDN-06")
	const as = "<sip:alice@example.test>"
	h := newHouse(t)
	want := func(status int, username, password, source string) {
		t.Helper()
		_, err := h.try(username, password, as, source)
		if status == 0 && err != nil || status != 0 && !errors.Is(err, &sip.Error{Status: status}) {
			t.Fatalf("%s with %s: %v, want %d", username, password, err, status)
		}
	}
	for _, username := range []string{"alice", "nobody"} {
		want(401, username, "1", stranger)
		want(401, username, "2", stranger)
		want(403, username, "3", stranger)
		want(403, username, "secret", stranger)
	}
	want(0, "alice", "secret", "203.0.113.10") // somebody else
	want(401, "bob@example.test", "1", stranger)
	h.now = h.now.Add(59 * time.Second)
	want(403, "alice", "secret", stranger)
	h.now = h.now.Add(time.Second)
	want(401, "alice", "1", stranger)
	want(401, "alice", "2", stranger)
	want(0, "alice", "secret", stranger) // ends the row
	want(401, "alice", "1", stranger)
	want(401, "alice", "2", stranger)
}

func TestARepeatedRequestIsOneFailure(t *testing.T) {
	f := newFailures(maxFailures)
	g := guesserOf("alice", from(stranger).Remote.Addr())
	for range 5 {
		if f.add(g, "same", time.Unix(0, 0)) {
			t.Fatal("locked")
		}
	}
	if f.add(g, "second", time.Unix(0, 0)) || !f.add(g, "third", time.Unix(0, 0)) {
		t.Error("three different ones are three")
	}
}

func TestFailuresAreBounded(t *testing.T) {
	f := newFailures(maxFailures)
	now := time.Unix(0, 0)
	for i := range 3 * maxGuessers {
		f.add(guesserOf("u"+strconv.Itoa(i), from(stranger).Remote.Addr()), "r", now)
	}
	if len(f.all) != maxGuessers {
		t.Errorf("%d remembered", len(f.all))
	}
	// Who starts again after success does not lose his place to his own past.
	g := guesserOf("alice", from(stranger).Remote.Addr())
	for range 2 * maxGuessers {
		f.forget(g)
		f.add(g, "r", now)
	}
	if f.all[g] == nil || len(f.all) > maxGuessers {
		t.Errorf("%d remembered", len(f.all))
	}
}

func TestGuesserIsANetworkInIPv6(t *testing.T) {
	at := netip.MustParseAddr
	one := guesserOf("a", at("2001:db8::1"))
	if one != guesserOf("a", at("2001:db8::2")) || one == guesserOf("a", at("2001:db8:0:1::1")) {
		t.Error("not by /64")
	}
	if guesserOf("a", at("::ffff:192.0.2.1")) != guesserOf("a", at("192.0.2.1")) {
		t.Error("a mapped address is another")
	}
}

// TestFailuresOfAnAddress: whoever tries many accounts is stopped as well.
func TestFailuresOfAnAddress(t *testing.T) {
	conform.Covers(t, "SEC-02")
	const as = "<sip:alice@example.test>"
	h := newHouse(t)
	h.cfg.PerAddress, h.addresses.most = 5, 5
	want := func(status int, username, password, source string) {
		t.Helper()
		_, err := h.try(username, password, as, source)
		if status == 0 && err != nil || status != 0 && !errors.Is(err, &sip.Error{Status: status}) {
			t.Fatalf("%s with %s: %v, want %d", username, password, err, status)
		}
	}
	for i := range 4 {
		want(401, "nobody"+strconv.Itoa(i), "1", stranger)
	}
	want(403, "nobody5", "1", stranger)
	want(403, "alice", "secret", stranger)
	want(0, "alice", "secret", "203.0.113.10") // elsewhere
	if c := h.Counters(); c.Wrong != 5 || c.Locked != 1 {
		t.Errorf("%+v", c)
	}
	h.now = h.now.Add(lockTime)
	want(0, "alice", "secret", stranger)
}
