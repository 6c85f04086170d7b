package interop

import (
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/participant"
)

const behindRelay = `
domain: conf.example.test
sip: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]}
msrp: {listen: ["tcp://127.0.0.1:0", "tls://127.0.0.1:0"]}
http: {listen: ""}
tls: {certificate: %q, key: %q}
auth: {local: true}
store: {path: ""}
notify: {min_interval: 50ms}
conferences:
  - uri: sip:lobby@conf.example.test
`

// TestKamailioRelay has a user whom the mixer reaches only through Kamailio, which
// asks him for a password, talk to one without a relay.
func TestKamailioRelay(t *testing.T) {
	conform.Covers(t, "REL-01", "REL-02", "MSRP-PTH-04")
	ca := testca.New(t)
	k := newKamailio(t, ca)
	k.run(t, "relay.cfg")
	folder := certified(t, ca, ours())
	s := serve(t, fmt.Sprintf(behindRelay, filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")))
	relay, err := msrpwire.ParseURI("msrps://" + k.at(k.TLSPort) + ";tcp")
	if err != nil {
		t.Fatal(err)
	}
	m := meeting{t: t, config: participant.Config{
		Server: s.Addr["sip/tcp"], Transport: "tcp", TLS: &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12},
	}}
	bob := m.join("bob", "sip:lobby@conf.example.test")
	m.config.Media.Relays = []msrp.Relay{{URI: relay, Username: "alice", Password: "secret"}}
	alice := m.join("alice", "sip:lobby@conf.example.test")
	m.roster(bob, "alice", "bob")
	m.talk(alice, bob, "Grüezi mitenand")
	m.talk(bob, alice, "Hoi")
	m.talk(alice, bob, strings.Repeat("several chunks ", 4000))
	m.talk(bob, alice, strings.Repeat("and back ", 8000))
	if err := alice.SetNickname(timeout(t), "Ally"); err != nil {
		t.Errorf("NICKNAME: %v", err)
	}
	await(t, bob, func(e participant.Roster) bool {
		return slices.ContainsFunc(e.Users, func(u participant.User) bool { return u.Nickname == "Ally" })
	})
	m.leave(alice, bob)
}

// TestKamailioRelayRefuses shows that Kamailio does look at the password.
func TestKamailioRelayRefuses(t *testing.T) {
	conform.Covers(t, "REL-02")
	ca := testca.New(t)
	k := newKamailio(t, ca)
	k.run(t, "relay.cfg")
	s := serve(t, sippConfig)
	relay, err := msrpwire.ParseURI("msrps://" + k.at(k.TLSPort) + ";tcp")
	if err != nil {
		t.Fatal(err)
	}
	m := meeting{t: t, config: participant.Config{
		Server: s.Addr["sip/tcp"], Transport: "tcp", TLS: &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12},
		Media: participant.Media{Relays: []msrp.Relay{{URI: relay, Username: "alice", Password: "guess"}}},
	}}
	u := m.make("alice")
	_, err = u.Join(timeout(t), "sip:lobby@conf.example.test", participant.Options{})
	if !errors.Is(err, &msrp.Error{Status: msrpwire.StatusUnauthorized}) {
		t.Errorf("with a wrong password: %v", err)
	}
}
