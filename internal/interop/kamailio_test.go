package interop

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
)

const behindProxy = `
domain: conf.example.test
sip:
  listen: ["udp://%[6]s:0", "tcp://%[6]s:0", "tls://%[6]s:0"]
  outbound: %[1]q
  trust: [%[2]s]
msrp: {listen: ["tcp://%[6]s:0"]}
http: {listen: "127.0.0.1:0"}
tls: {certificate: %[3]q, key: %[4]q, client_ca: %[5]q, ca: %[5]q}
store: {path: ""}
auth: {local: false}
notify: {min_interval: 50ms}
dial_out: {domains: [example.test]}
factory: ["sip:factory@conf.example.test"]
`

// TestKamailioProxy has users meet through Kamailio, which routes, records its route and
// says who they are; the server trusts nobody else, and knows no passwords.
func TestKamailioProxy(t *testing.T) {
	conform.Covers(t, "COM-12", "FOC-OUT-08", "FOC-REF-09")
	for _, tt := range []struct {
		network string // between users and Kamailio
		server  string // between Kamailio and the server
		trust   string
		ip      string // of Kamailio
	}{
		{"udp", "udp", kamailioIP + "/32", kamailioIP},
		{"tcp", "tcp", kamailioIP + "/32", kamailioIP},
		{"tls", "tls", `"tls:proxy.example.test"`, kamailioIP},
		{"ws", "tcp", kamailioIP + "/32", kamailioIP},
		{"wss", "tls", `"tls:proxy.example.test"`, kamailioIP},
		{"udp", "udp", `"::1/128"`, "::1"},
		{"tcp", "tcp", `"::1/128"`, "::1"},
		{"wss", "tls", `"tls:proxy.example.test"`, "::1"},
	} {
		if !local(t, tt.ip) {
			continue
		}
		t.Run(tt.network+" "+tt.ip, func(t *testing.T) {
			ca := testca.New(t)
			k := newKamailioAt(t, ca, tt.ip)
			hop := k.at(k.Port)
			if tt.server == "tls" {
				hop = k.at(k.TLSPort)
			}
			s := serveBehind(t, ca, "sip:"+hop+";transport="+tt.server+";lr", tt.trust, k.beside())
			k.Server = "sip:" + s.Addr["sip/"+tt.server] + ";transport=" + tt.server
			k.run(t, "proxy.cfg")
			m := meeting{t: t, config: participant.Config{Server: k.at(k.Port), Transport: tt.network}}
			if tt.network == "tls" || tt.network == "wss" {
				m.config.Server = k.at(k.TLSPort)
				m.config.TLS = &tls.Config{RootCAs: ca.Pool(), MinVersion: tls.VersionTLS12}
			}
			if !k.V6() || tt.server == "tls" { // there is one loopback address of IPv6 only
				m.refusedDirectly(s)
			}
			m.play()
		})
	}
}

// serveBehind runs a server at host that takes the word of a proxy.
func serveBehind(t *testing.T, ca *testca.Authority, outbound, trust, host string) *served {
	t.Helper()
	folder := certified(t, ca, ours())
	in := func(name string) string { return filepath.Join(folder, name) }
	return serve(t, fmt.Sprintf(behindProxy, outbound, trust, in("cert.pem"), in("key.pem"), in("ca.pem"), host))
}

// meeting is a conference of users who register at a proxy.
type meeting struct {
	t      *testing.T
	config participant.Config
}

// make makes a user.
func (m *meeting) make(name string) *participant.UE {
	m.t.Helper()
	cfg := m.config
	cfg.AOR = "sip:" + name + "@example.test"
	u, err := participant.New(cfg)
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := u.Close(ctx); err != nil {
			m.t.Errorf("%s: Close: %v", name, err)
		}
	})
	return u
}

// join lets a user enter a conference.
func (m *meeting) join(name, uri string) *participant.Conference {
	m.t.Helper()
	c, err := m.make(name).Join(timeout(m.t), uri, participant.Options{})
	if err != nil {
		m.t.Fatalf("%s: Join: %v", name, err)
	}
	return c
}

// user registers a user, and takes invitations.
func (m *meeting) user(name string) *participant.UE {
	m.t.Helper()
	u := m.make(name)
	ctx := timeout(m.t)
	if err := u.Register(ctx); err != nil {
		m.t.Fatalf("%s: Register: %v", name, err)
	}
	if _, err := u.Listen(ctx); err != nil {
		m.t.Fatal(err)
	}
	return u
}

// refusedDirectly shows that the proxy's word is what counts.
func (m *meeting) refusedDirectly(s *served) {
	m.t.Helper()
	u, err := participant.New(participant.Config{
		AOR: "sip:alice@example.test", Server: s.Addr["sip/tcp"], Transport: "tcp", Trusted: true,
	})
	if err != nil {
		m.t.Fatal(err)
	}
	ctx := timeout(m.t)
	_, err = u.Create(ctx, "sip:factory@conf.example.test", participant.Options{})
	if !errors.Is(err, &sip.Error{Status: 403}) {
		m.t.Errorf("without the proxy: %v", err)
	}
	_ = u.Close(ctx)
}

// play has users create, join, subscribe, talk, invite, remove and leave.
func (m *meeting) play() {
	m.t.Helper()
	ctx := timeout(m.t)
	alice, bob, carol := m.user("alice"), m.user("bob"), m.user("carol")
	a, err := alice.Create(ctx, "sip:factory@conf.example.test", participant.Options{})
	if err != nil {
		m.t.Fatalf("Create: %v", err)
	}
	c, err := carol.Join(ctx, a.URI(), participant.Options{})
	if err != nil {
		m.t.Fatalf("Join: %v", err)
	}
	m.roster(a, "alice", "carol")
	m.roster(c, "alice", "carol")
	m.talk(a, c, "Good morning")
	m.talk(c, a, "Grüezi mitenand")

	if err = a.Invite(ctx, "sip:bob@example.test"); err != nil {
		m.t.Fatalf("Invite: %v", err)
	}
	b := m.accepted(ctx, bob)
	m.referral(a, "sip:bob@example.test")
	m.roster(c, "alice", "bob", "carol")
	m.roster(b, "alice", "bob", "carol")
	m.talk(b, c, "Is the draft ready?")
	m.talk(a, b, "Nearly.")

	if err = a.Remove(ctx, "sip:bob@example.test"); err != nil {
		m.t.Fatalf("Remove: %v", err)
	}
	m.referral(a, "sip:bob@example.test")
	if left := await(m.t, b, func(participant.Left) bool { return true }); !left.ByFocus || left.Err != nil {
		m.t.Errorf("Bob: %+v", left)
	}
	m.roster(a, "alice", "carol")
	m.leave(c, a)
}

// leave has users leave.
func (m *meeting) leave(all ...*participant.Conference) {
	m.t.Helper()
	for _, c := range all {
		if err := c.Leave(timeout(m.t)); err != nil {
			m.t.Errorf("Leave: %v", err)
		}
		await(m.t, c, func(e participant.Left) bool { return e.Err == nil })
	}
}

// accepted takes the invitation of a user.
func (m *meeting) accepted(ctx context.Context, u *participant.UE) *participant.Conference {
	m.t.Helper()
	select {
	case i := <-u.Incoming():
		c, err := i.Accept(ctx)
		if err != nil {
			m.t.Fatalf("Accept: %v", err)
		}
		return c
	case <-ctx.Done():
		m.t.Fatal("no invitation")
	}
	return nil
}

// talk sends a message, which the other must read and the conference confirm.
func (m *meeting) talk(from, to *participant.Conference, text string) {
	m.t.Helper()
	id, err := from.Send(timeout(m.t), text)
	if err != nil {
		m.t.Fatalf("Send: %v", err)
	}
	await(m.t, to, func(e participant.Message) bool { return e.Text() == text })
	await(m.t, from, func(e participant.Delivered) bool { return e.ID == id })
}

// roster waits until a roster shows exactly these users as connected.
func (m *meeting) roster(c *participant.Conference, want ...string) {
	m.t.Helper()
	shows := func(users []participant.User) bool {
		var got []string
		for _, u := range users {
			if u.Status == "connected" {
				got = append(got, strings.TrimSuffix(strings.TrimPrefix(u.URI, "sip:"), "@example.test"))
			}
		}
		slices.Sort(got)
		return slices.Equal(got, want)
	}
	if !shows(c.Roster()) {
		await(m.t, c, func(e participant.Roster) bool { return shows(e.Users) })
	}
}

// referral waits for the last word on a request of ours, which must be 200.
func (m *meeting) referral(c *participant.Conference, target string) {
	m.t.Helper()
	got := await(m.t, c, func(e participant.Referral) bool { return e.Final })
	if got.Status != 200 || got.Target != target {
		m.t.Errorf("referral %+v", got)
	}
}

// await returns the next event that is an E and fits; others are passed over.
func await[E participant.Event](t *testing.T, c *participant.Conference, fits func(E) bool) E {
	t.Helper()
	var seen []string
	over := time.After(patience)
	for {
		select {
		case e, open := <-c.Events():
			if got, is := e.(E); is && fits(got) {
				return got
			}
			if seen = append(seen, fmt.Sprintf("%T%+v", e, e)); open {
				continue
			}
		case <-over:
		}
		t.Fatalf("no %T that fits; there were %s", *new(E), strings.Join(seen, "\n"))
	}
}
