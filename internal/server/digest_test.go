package server

import (
	"net/netip"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// members starts a server that trusts nobody and has accounts.
func members(t *testing.T, change func(*config.Config)) *rig {
	t.Helper()
	return serve(t, func(c *config.Config) {
		c.Auth.Local, c.SIP.Trust = false, nil
		c.Auth.Users = []config.User{
			{AOR: "sip:alice@example.test", Password: "secret", Display: "Alice"},
			{AOR: "sip:bob@example.test", HA1: map[string]config.Secret{
				"SHA-256": config.Secret(digest.SHA256.HA1("bob", "conf.localhost", "hidden")),
			}},
		}
		if change != nil {
			change(c)
		}
	})
}

// denied sends an INVITE that gets an answer of that status, and acknowledges it.
func (g *guest) denied(status int, req *sipmsg.Request) *sipmsg.Response {
	g.rig.t.Helper()
	g.Send(req)
	resp := g.Expect(status, sipmsg.INVITE)
	g.Send(testnet.Refused(req, resp))
	return resp
}

// repeat writes a request again, with the next CSeq and what answers the challenge.
func (g *guest) repeat(req *sipmsg.Request, fields ...sipmsg.Field) *sipmsg.Request {
	again := req.Clone()
	g.call.CSeq++
	again.Header.Set("Via", g.Via())
	again.Header.Set("CSeq", strconv.Itoa(g.call.CSeq)+" "+string(req.Method))
	again.Header.Del("Authorization")
	for _, f := range fields {
		again.Header.Add(f.Name, f.Value)
	}
	return again
}

// answer makes the credentials for a challenge.
func (g *guest) answer(resp *sipmsg.Response, username, password string, req *sipmsg.Request) []sipmsg.Field {
	g.rig.t.Helper()
	x := digest.NewClient(username, password).Exchange()
	if !x.Challenged(resp) {
		g.rig.t.Fatalf("no challenge that can be answered:\n%s", resp.Append(nil))
	}
	return x.Credentials(req.Method, req.URI.String())
}

// login sends a request until it is answered, with a password, and returns that
// answer.
func (g *guest) login(req *sipmsg.Request, username, password string) *sipmsg.Response {
	g.rig.t.Helper()
	resp := g.denied(401, req)
	again := g.repeat(req, g.answer(resp, username, password, req)...)
	g.Send(again)
	resp = g.Response()
	if resp.Status >= 300 {
		g.Send(testnet.Refused(again, resp))
	}
	return resp
}

func TestJoinWithPassword(t *testing.T) {
	conform.Covers(t, "IDN-05")
	r := members(t, nil)
	for name, password := range map[string]string{"alice": "secret", "bob": "hidden"} {
		for _, network := range []string{"tcp", "udp"} {
			g := r.guest(network, name)
			resp := g.login(g.invite(lobby), name, password)
			if resp.Status != 200 {
				t.Fatalf("%s over %s:\n%s", name, network, resp.Append(nil))
			}
			g.call.Learn(resp)
			g.Send(g.call.Ack()) // without credentials, like the BYE
			g.leave()
		}
	}
	r.vacant()
}

func TestChallenges(t *testing.T) {
	conform.Covers(t, "IDN-03", "IDN-05")
	for name, test := range map[string]struct {
		algorithms []string
		want       []string
	}{
		"default": {nil, []string{"SHA-256"}},
		"MD5":     {[]string{"SHA-256", "MD5"}, []string{"SHA-256", "MD5"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := members(t, func(c *config.Config) {
				c.Auth.Realm = "of our own"
				c.Auth.Users = c.Auth.Users[:1]
				if test.algorithms != nil {
					c.Auth.Algorithms = test.algorithms
				}
			})
			g := r.guest("tcp", "alice")
			resp := g.denied(401, g.invite(lobby))
			challenges := resp.Header.Challenges()
			if len(challenges) != len(test.want) || resp.Header.Has("Proxy-Authenticate") {
				t.Fatalf("%s", resp.Append(nil))
			}
			for i, c := range challenges {
				algorithm, _ := c.Params.Lookup("algorithm")
				realm, _ := c.Params.Lookup("realm")
				if algorithm != test.want[i] || realm != "of our own" || c.Scheme != "Digest" {
					t.Errorf("%s", c)
				}
			}
			for _, method := range []sipmsg.Method{sipmsg.OPTIONS, sipmsg.SUBSCRIBE, sipmsg.REFER, sipmsg.MESSAGE} {
				g.Send(g.other(method, lobby, "Event: conference"))
				g.Expect(401, method)
			}
			basic := g.invite(lobby, "Authorization: Basic YWxpY2U6c2VjcmV0")
			g.denied(401, basic)
			md5 := *resp // a client that knows nothing but MD5
			md5.Header.Fields = []sipmsg.Field{{Name: "WWW-Authenticate", Value: strings.Replace(
				resp.Header.Value("WWW-Authenticate"), "SHA-256", "MD5", 1)}}
			req := g.invite(lobby)
			g.Send(g.repeat(req, g.answer(&md5, "alice", "secret", req)...))
			if answer := g.Response(); answer.Status == 200 != (len(test.want) == 2) {
				t.Errorf("MD5: %d", answer.Status)
			}
		})
	}
}

// TestNobodyLearnsWhatExists compares the answers for a wrong password with those for
// no account, and the answers for URIs that exist with those for others.
func TestNobodyLearnsWhatExists(t *testing.T) {
	conform.Covers(t, "IDN-09", "IDN-06")
	r := members(t, nil)
	for _, uri := range []string{lobby, nowhere} {
		for _, username := range []string{"alice", "nobody"} {
			g := r.guest("tcp", "alice")
			for i, want := range []int{401, 401, 403} {
				resp := g.login(g.invite(uri), username, "guess"+uri)
				if resp.Status != want && (uri == lobby || resp.Status != 403) {
					t.Errorf("%s, %s: attempt %d got %d, want %d", uri, username, i+1, resp.Status, want)
				}
			}
		}
	}
	g := r.guest("tcp", "bob")
	if resp := g.login(g.invite(nowhere), "bob", "hidden"); resp.Status != 404 {
		t.Errorf("authenticated, nowhere: %d", resp.Status)
	}
	members(t, func(c *config.Config) {
		c.SIP.Trust = []config.Peer{{Prefix: netip.MustParsePrefix("127.0.0.0/8")}}
	}).guest("tcp", "bob").refused(nowhere, 404) // before anybody is asked who he is
	g = r.guest("tcp", "alice")
	if resp := g.login(g.invite(lobby), "alice", "secret"); resp.Status != 403 {
		t.Errorf("right password while locked out: %d", resp.Status)
	}
	r.vacant()
}

func TestReplayAndForeignNonce(t *testing.T) {
	conform.Covers(t, "IDN-06")
	r := members(t, nil)
	g := r.guest("tcp", "alice")
	req := g.invite(lobby)
	first := g.denied(401, req)
	fields := g.answer(first, "alice", "secret", req)
	g.Send(g.repeat(req, fields...))
	g.call.Learn(g.Expect(200, sipmsg.INVITE))
	g.Send(g.call.Ack())
	g.leave()

	replayed := g.denied(401, g.repeat(g.invite(lobby), fields...))
	begins(t, replayed, "WWW-Authenticate", "Digest")
	challenge := replayed.Header.Value("WWW-Authenticate")
	if !strings.Contains(challenge, "stale=true") || challenge == first.Header.Value("WWW-Authenticate") {
		t.Errorf("%s", challenge)
	}
	other := members(t, nil).guest("tcp", "alice") // whose nonces are not ours
	foreign := other.denied(401, other.invite(lobby))
	again := g.denied(401, g.repeat(req, g.answer(foreign, "alice", "secret", req)...))
	if !strings.Contains(again.Header.Value("WWW-Authenticate"), "stale=true") {
		t.Errorf("%s", again.Append(nil))
	}
	r.vacant()
}

// TestWhoseCredentials has credentials that are right but not for this.
func TestWhoseCredentials(t *testing.T) {
	conform.Covers(t, "IDN-10", "IDN-14")
	r := members(t, nil)
	g := r.guest("tcp", "alice")
	if resp := g.login(g.invite(lobby), "bob", "hidden"); resp.Status != 403 {
		t.Errorf("another account's From: %d", resp.Status)
	}
	req := g.invite(lobby)
	for uri, want := range map[string]int{
		"sip:other@elsewhere.example": 400, "nonsense": 400, "sip:conf.localhost": 200, factory: 200,
	} {
		x := digest.NewClient("alice", "secret").Exchange()
		x.Challenged(g.denied(401, g.repeat(req)))
		again := g.repeat(req, x.Credentials(sipmsg.INVITE, uri)...)
		if want != 200 {
			g.denied(want, again)
			continue
		}
		g.Send(again)
		g.call.Learn(g.Expect(want, sipmsg.INVITE))
		g.Send(g.call.Ack())
		g.leave()
		req = g.invite(lobby)
	}
	r.vacant()
}

// TestAnonymousMember logs in and wants to be shown to nobody.
func TestAnonymousMember(t *testing.T) {
	conform.Covers(t, "IDN-04")
	r := members(t, nil)
	g := r.guest("tcp", "alice")
	hidden := g.invite(lobby, `From: "Anonymous" <sip:anonymous@anonymous.invalid>;tag=hidden`, "Privacy: id")
	g.call.From = hidden.Header.Value("From")
	resp := g.login(hidden, "alice", "secret")
	if resp.Status != 200 {
		t.Fatalf("%s", resp.Append(nil))
	}
	g.call.Learn(resp)
	g.Send(g.call.Ack())
	seen := make(chan conference.Participant, 2)
	err := r.entry().Instance.Look(func(state *conference.State) {
		for p := range state.Participants() {
			seen <- *p
		}
		close(seen)
	})
	if err != nil {
		t.Fatal(err)
	}
	p := <-seen
	if strings.Contains(string(p.User), "alice") || p.Identity != "sip:alice@example.test" {
		t.Errorf("shown as %s, known as %s", p.User, p.Identity)
	}
	g.leave()
	r.vacant()
}

// TestUnauthenticatedFlood leaves nothing behind.
func TestUnauthenticatedFlood(t *testing.T) {
	conform.Covers(t, "IDN-12")
	r := members(t, nil)
	g := r.guest("udp", "alice")
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	const n = 10_000
	for i := range n {
		req := g.invite(lobby)
		if i%2 == 1 {
			req.Header.Add("Authorization", `Digest username="alice", realm="conf.localhost", nonce="n", uri="`+lobby+
				`", qop=auth, nc=00000001, cnonce="c", algorithm=SHA-256, response="`+strconv.Itoa(i)+`"`)
		}
		g.Send(req)
		if resp := g.Response(); resp.Status != 401 && (i%2 == 0 || resp.Status != 403) {
			t.Fatalf("%s", resp.Append(nil))
		}
		// Some that were just answered may still be there; what would be left behind
		// is thousands.
		if open := r.stack.Transaction.Open(); open > n/20 {
			t.Fatalf("%d transactions are open after %d requests", open, i+1)
		}
	}
	if after := heap(); after > before+5<<20 {
		t.Errorf("the heap grew from %d to %d octets", before, after)
	}
}
