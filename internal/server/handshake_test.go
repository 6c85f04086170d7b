package server

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// loggingIn has WebSockets for MSRP opened with passwords only.
func loggingIn(c *config.Config) {
	everywhere(c)
	c.MSRP.WSAuth = []string{config.DigestAuth}
}

// answered is what became of a handshake.
type answered struct {
	status int
	header http.Header
	conn   *websocket.Conn // nil if it was refused
}

// socket tries to open a WebSocket for MSRP, which cfg is for if that is over TLS.
func (r *rig) socket(network string, cfg *tls.Config, fields ...sipmsg.Field) answered {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), testnet.Patience)
	defer cancel()
	options := &websocket.DialOptions{
		Subprotocols: []string{"msrp"}, HTTPHeader: make(http.Header),
		HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: cfg}},
	}
	for _, f := range fields {
		options.HTTPHeader.Add(f.Name, f.Value)
	}
	conn, resp, err := websocket.Dial(ctx, network+"://"+r.address("msrp", network)+"/msrp", options) //nolint:bodyclose // the library's
	if resp == nil {
		r.t.Fatal(err)
	}
	return answered{resp.StatusCode, resp.Header, conn}
}

// credentials answers the challenge in a response.
func (r *rig) credentials(resp answered, username, password string) []sipmsg.Field {
	r.t.Helper()
	challenge := &sipmsg.Response{Status: resp.status}
	for _, value := range resp.header.Values("WWW-Authenticate") {
		challenge.Header.Add("WWW-Authenticate", value)
	}
	x := digest.NewClient(username, password).Exchange()
	if !x.Challenged(challenge) {
		r.t.Fatalf("%+v", resp)
	}
	return x.Credentials(http.MethodGet, "/msrp")
}

// logsIn opens a WebSocket with a password and returns the last answer.
func (r *rig) logsIn(username, password string) answered {
	r.t.Helper()
	return r.socket("ws", nil, r.credentials(r.socket("ws", nil), username, password)...)
}

// TestWebSocketChallenge: without credentials, with those of another time or another
// place, and with wrong ones, no WebSocket is opened.
func TestWebSocketChallenge(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "WS-06", "IDN-06")
	r := members(t, loggingIn)
	resp := r.socket("ws", nil)
	challenge := resp.header.Get("WWW-Authenticate")
	for _, want := range []string{"Digest ", `realm="conf.localhost"`, `qop="auth"`, "algorithm=SHA-256", "nonce=", "opaque="} {
		if resp.status != http.StatusUnauthorized || !strings.Contains(challenge, want) {
			t.Errorf("%d, %s: no %s", resp.status, challenge, want)
		}
	}
	if resp.status == http.StatusUnauthorized && strings.Contains(challenge, "stale") {
		t.Error(challenge)
	}
	fields := r.credentials(resp, "alice", "secret")
	resp = r.socket("ws", nil, fields...)
	if resp.status != http.StatusSwitchingProtocols {
		t.Fatalf("right password: %+v", resp)
	}
	defer func(conn *websocket.Conn) { _ = conn.CloseNow() }(resp.conn)
	if resp = r.socket("ws", nil, fields...); resp.status != http.StatusUnauthorized || !strings.Contains(resp.header.Get("WWW-Authenticate"), "stale=true") {
		t.Errorf("once more: %+v", resp)
	}
	elsewhere := fields[0]
	elsewhere.Value = strings.Replace(elsewhere.Value, `uri="/msrp"`, `uri="/other"`, 1)
	if resp = r.socket("ws", nil, elsewhere); resp.status != http.StatusBadRequest {
		t.Errorf("for another target: %d", resp.status)
	}
	// Bob is closed to this address after three wrong passwords, here and in SIP.
	for i, want := range []int{http.StatusUnauthorized, http.StatusUnauthorized, http.StatusForbidden} {
		if resp = r.logsIn("bob", "guess"); resp.status != want {
			t.Errorf("wrong password %d: %d, want %d", i+1, resp.status, want)
		}
	}
	if resp = r.logsIn("bob", "hidden"); resp.status != http.StatusForbidden || resp.header.Get("Retry-After") == "" {
		t.Errorf("right password while locked out: %+v", resp)
	}
	g := r.guest("tcp", "bob")
	if resp := g.login(g.invite(lobby), "bob", "hidden"); resp.Status != 403 {
		t.Errorf("the same in SIP: %d", resp.Status)
	}
}

// TestParticipantsLogInToWebSocket has participants of the library talk, who answer the
// challenge with the password that they have for SIP.
func TestParticipantsLogInToWebSocket(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "WS-06")
	r := members(t, loggingIn)
	member := func(name, password string) *participant.Conference {
		return join(t, r.ueWith(t, "tcp", name, func(c *participant.Config) {
			c.Password, c.Media.WebSocket = password, "ws://"+r.address("msrp", "ws")+"/msrp"
		}))
	}
	alice, bob := member("alice", "secret"), member("bob", "hidden")
	tells(t, alice, bob, "alice", "hello")
	tells(t, bob, alice, "bob", strings.Repeat("hello yourself ", 10_000))
}

// overWebSocket makes an offer of messages over WebSocket.
func (g *guest) overWebSocket() *guest {
	g.sdp = strings.NewReplacer("TCP/MSRP", "TCP/WS/MSRP", "path:msrp://127.0.0.1:2855/", "path:msrp://q8f2ml0z.invalid:2855/", ";tcp", ";ws").Replace(g.sdp)
	return g
}

// speaks has the guest speak MSRP over a WebSocket.
func (g *guest) speaks(over answered) {
	g.rig.t.Helper()
	if over.conn == nil {
		g.rig.t.Fatalf("no WebSocket: %+v", over)
	}
	nc := websocket.NetConn(context.Background(), over.conn, websocket.MessageText) // as long as the connection
	g.msrp = testnet.MSRPOn(g.rig.t, nc, attribute(g.rig.t, []byte(g.sdp), "path"), attribute(g.rig.t, g.ok.Body, "path"))
}

// TestWebSocketOfAnother: who has proved to be bob binds no session of alice's, though he
// knows its URI. AUTH is for relays.
func TestWebSocketOfAnother(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "WS-06", "WS-08")
	book := &logbook{}
	r := serveLogged(t, func(c *config.Config) {
		loggingIn(c)
		for _, name := range []string{"alice", "bob"} {
			c.Auth.Users = append(c.Auth.Users, config.User{AOR: "sip:" + name + "@example.test", Password: "secret"})
		}
	}, tuning{}, slog.NewTextHandler(book, nil))
	carol := r.guest("tcp", "carol").join(lobby).connect()
	alice := r.guest("tcp", "alice").overWebSocket().join(lobby)
	alice.speaks(r.logsIn("bob", "secret"))
	alice.msrp.Expect(alice.msrp.Chunk("SEND", "", "", '$', "Message-ID: one"), 403)
	book.await(t, "msrp session belongs to another user", "sip:bob@example.test")

	alice.speaks(r.logsIn("alice", "secret"))
	alice.msrp.Bind()
	alice.say("it is me")
	carol.hear("it is me")
	for _, g := range []*guest{alice, carol} {
		g.msrp.Expect(g.msrp.Chunk("AUTH", "", "", '$'), 501)
	}
	carol.say("still here")
	alice.hear("still here")
}

// TestWebSocketCertificate: a certificate does where it names the user, and nothing else
// does where only certificates count.
func TestWebSocketCertificate(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "WS-06")
	ca := testca.New(t)
	secure, roots := everyTransport(t, ca), filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, ca.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, ways := range map[string][]string{
		"certificates only": {config.CertificateAuth},
		"passwords as well": {config.DigestAuth, config.CertificateAuth},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := members(t, func(c *config.Config) {
				secure(c)
				c.TLS.ClientCA = roots
				c.MSRP.Listen = []config.Listener{
					{Network: "wss", Address: "127.0.0.1:0", Path: "/msrp"}, {Network: "tcp", Address: "127.0.0.1:0"},
				}
				c.MSRP.WSAuth = ways
			})
			status := map[bool]int{true: http.StatusForbidden, false: http.StatusUnauthorized}[len(ways) == 1]
			for what, names := range map[string]testca.Names{
				"none": {}, "of a domain": {URI: []string{"sip:example.test"}, DNS: []string{"example.test"}},
			} {
				if resp := r.socket("wss", ca.Client(t, names)); resp.status != status {
					t.Errorf("certificate %s: %d, want %d", what, resp.status, status)
				}
			}
			alice := join(t, r.ueWith(t, "tcp", "alice", func(c *participant.Config) {
				c.Password, c.Media.WebSocket = "secret", "wss://"+r.address("msrp", "wss")+"/msrp"
				c.TLS = ca.Client(t, testca.Names{URI: []string{"sip:alice@example.test"}})
			}))
			bob := join(t, r.ueWith(t, "tcp", "bob", func(c *participant.Config) { c.Password = "hidden" }))
			tells(t, alice, bob, "alice", "hello")
			tells(t, bob, alice, "bob", "hello yourself")
		})
	}
}
