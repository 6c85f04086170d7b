package config_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confab-chat/confab/internal/config"
)

// environment makes a Lookup of NAME=value pairs.
func environment(pairs ...string) config.Lookup {
	return func(name string) (string, bool) {
		for _, p := range pairs {
			if n, v, _ := strings.Cut(p, "="); n == name {
				return v, true
			}
		}
		return "", false
	}
}

func parse(t *testing.T, text string, env ...string) *config.Config {
	t.Helper()
	c, err := config.Parse("c.yaml", []byte(text), environment(env...))
	if err != nil {
		t.Fatalf("%v\nin\n%s", err, text)
	}
	return c
}

func TestParse(t *testing.T) {
	t.Parallel()
	const file = `
domain: Conf.Example.test
sip:
  listen: [udp://192.0.2.1:5060, "tcp://[2001:db8::1]:5060"]
  advertise: sbc.example.test:5070
  trust: [10.0.0.0/8]
msrp:
  listen:
    - tcp://192.0.2.1:0
  max_message: 64KiB
http: {listen: ""}
store: {path: ""}
defaults: &policy
  join: members
  max_users: 20
  end: {max_duration: 90m}
conferences:
  - uri: sip:lobby@conf.example.test
    subject: "Lobby: all welcome"
    members: [example.test, "sip:bob@example.org"]
  - uri: sip:${ROOM}@conf.example.test
    policy:
      <<: *policy
      max_users: 5
      end: {empty_after: 1m}
notify: {min_interval: 0s}
log: {level: debug, format: json}
`
	want := config.Default()
	want.Domain = "conf.example.test"
	want.SIP.Listen = []config.Listener{{Network: "udp", Address: "192.0.2.1:5060"}, {Network: "tcp", Address: "[2001:db8::1]:5060"}}
	want.SIP.Advertise = "sbc.example.test:5070"
	peer, err := config.ParsePeer("10.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	want.SIP.Trust = []config.Peer{peer}
	want.MSRP.Listen = []config.Listener{{Network: "tcp", Address: "192.0.2.1:0"}}
	want.MSRP.MaxMessage = 64 << 10
	want.HTTP.Listen = ""
	want.Store.Path = ""
	want.Factory = []string{"sip:factory@conf.example.test"}
	want.Defaults.Join = config.JoinMembers
	want.Defaults.MaxUsers = 20
	want.Defaults.End.MaxDuration = 90 * time.Minute
	reserved := want.Defaults
	reserved.End.MaxDuration = 0 // D-16
	own := reserved
	own.MaxUsers, own.End.EmptyAfter = 5, time.Minute
	want.Conferences = []config.Conference{
		{URI: "sip:lobby@conf.example.test", Subject: "Lobby: all welcome", Members: []string{"example.test", "sip:bob@example.org"}, Policy: reserved},
		{URI: "sip:blue@conf.example.test", Policy: own},
	}
	want.Notify.MinInterval = 0
	want.Log = config.Log{Level: slog.LevelDebug, Format: "json"}

	if diff := cmp.Diff(want, parse(t, file, "ROOM=blue"), equal()); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
}

// equal compares configurations as values.
func equal() cmp.Options {
	return cmp.Options{
		cmpopts.EquateEmpty(),
		cmp.Comparer(func(a, b config.Peer) bool { return a == b }),
	}
}

func TestPolicyKeysAreInheritedOneByOne(t *testing.T) {
	t.Parallel()
	// The conference stands before the defaults it takes from.
	c := parse(t, `
conferences:
  - uri: sip:a@conf.localhost
    policy: {history: {replay: 0}}
defaults: {nicknames: false, history: {keep: 0, replay: 0}}
`)
	builtIn := config.Default().Defaults
	got := c.Conferences[0].Policy
	if got.Nicknames || got.History.Keep != 0 || got.MaxUsers != builtIn.MaxUsers || got.Join != builtIn.Join {
		t.Errorf("policy %+v", got)
	}
}

// TestReservedConferencesNameTheirOwnLimit: the longest duration of the defaults is
// for the factory's conferences, whatever its value (D-16).
func TestReservedConferencesNameTheirOwnLimit(t *testing.T) {
	t.Parallel()
	c := parse(t, `
defaults: {end: {max_duration: 2h}}
conferences:
  - uri: sip:silent@conf.localhost
  - uri: sip:other@conf.localhost
    policy: {end: {empty_after: 1m}}
  - uri: sip:same@conf.localhost
    policy: {end: {max_duration: 2h}}
  - uri: sip:none@conf.localhost
    policy: {end: {max_duration: 0s}}
`)
	want := []time.Duration{0, 0, 2 * time.Hour, 0}
	for _, c := range []*config.Config{c, parse(t, printed(t, c))} {
		for i, conference := range c.Conferences {
			if got := conference.Policy.End.MaxDuration; got != want[i] {
				t.Errorf("%s ends after %s, want %s", conference.URI, got, want[i])
			}
		}
	}
}

func TestEmptyFilesAreTheDefaults(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "sip:\nlog:\n", "{}"} {
		if diff := cmp.Diff(config.Default(), parse(t, text), equal()); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
	}
}

func TestEnvironmentOverrides(t *testing.T) {
	t.Parallel()
	c := parse(t, "domain: a.test\nsip: {listen: [udp://127.0.0.1:1]}\n",
		"CONFAB_DOMAIN=b.test",
		"CONFAB_SIP_LISTEN=udp://127.0.0.1:2, tcp://127.0.0.1:3",
		"CONFAB_MSRP_MAX_MESSAGE=2MiB",
		"CONFAB_DEFAULTS_HISTORY_KEEP=0", "CONFAB_DEFAULTS_HISTORY_REPLAY=0",
		"CONFAB_CONFERENCES=[{uri: sip:x@b.test}]",
		"CONFAB_LOG_LEVEL=warn",
		"CONFAB_TOKEN=not a key of the file",
	)
	listen := []config.Listener{{Network: "udp", Address: "127.0.0.1:2"}, {Network: "tcp", Address: "127.0.0.1:3"}}
	if c.Domain != "b.test" || !cmp.Equal(c.SIP.Listen, listen) || c.MSRP.MaxMessage != 2<<20 || c.Log.Level != slog.LevelWarn {
		t.Errorf("not overridden: %+v", c)
	}
	if len(c.Conferences) != 1 || c.Conferences[0].URI != "sip:x@b.test" || c.Conferences[0].Policy.History.Keep != 0 {
		t.Errorf("conferences: %+v", c.Conferences)
	}
	if c.Factory[0] != "sip:factory@b.test" {
		t.Errorf("the factory %s does not follow the domain", c.Factory[0])
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	local, err := config.Load("", environment("CONFAB_HTTP_LISTEN=127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	want := config.LocalProfile()
	want.HTTP.Listen = "127.0.0.1:0"
	if diff := cmp.Diff(want, local, equal()); diff != "" {
		t.Errorf("local profile (-want +got):\n%s", diff)
	}

	for state, want := range map[string]string{
		"HOME=/u": "/u/.local/state/confab", "XDG_STATE_HOME=/s": "/s/confab",
		"XDG_STATE_HOME=s": "", "CONFAB_STORE_PATH=here": "here",
	} {
		c, failed := config.Load("", environment(state))
		if failed != nil || c.Store.Path != want || c.Store.Required != (want == "here") {
			t.Errorf("%s: store %+v, %v", state, c.Store, failed)
		}
	}

	name := filepath.Join(t.TempDir(), "confab.yaml")
	if err = os.WriteFile(name, []byte("domain: a.test\nlog: {level: loud}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = config.Load(name, nil)
	if err == nil || err.Error() != name+`:2:14: log.level: "loud" is not one of debug, info, warn, error` {
		t.Errorf("fault %v", err)
	}
	var faults config.Faults
	if _, err := config.Load(name+".missing", nil); !errors.Is(err, os.ErrNotExist) || errors.As(err, &faults) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestBuiltInConfigurationsAreValid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]*config.Config{"default": config.Default(), "local": config.LocalProfile()} {
		if err := c.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who says how much is kept, and not how much is shown, is shown no more than that.
func TestHistoryShowsWhatIsKept(t *testing.T) {
	t.Parallel()
	c, err := config.Parse("x.yaml", []byte(`defaults: {history: {keep: 10}}
conferences:
- uri: sip:a@conf.localhost
- uri: sip:b@conf.localhost
  policy: {history: {keep: 0}}
- uri: sip:c@conf.localhost
  policy: {history: {keep: 300, replay: 30}}
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := []int{c.Defaults.History.Replay}
	for i := range c.Conferences {
		got = append(got, c.Conferences[i].Policy.History.Replay)
	}
	if want := []int{10, 10, 0, 30}; !slices.Equal(got, want) {
		t.Errorf("shows %v, want %v", got, want)
	}
}
