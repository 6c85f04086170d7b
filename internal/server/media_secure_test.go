package server

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// everywhere lets MSRP come over TCP, TLS and WebSocket.
func everywhere(cfg *config.Config) {
	cfg.MSRP.Listen = []config.Listener{
		{Network: "tcp", Address: "127.0.0.1:0"},
		{Network: "tls", Address: "127.0.0.1:0"},
		{Network: "ws", Address: "127.0.0.1:0", Path: "/msrp"},
	}
}

// fingerprint is the value of an a=fingerprint line.
func fingerprint(der []byte) string {
	digest := sha256.Sum256(der)
	return "SHA-256 " + strings.ReplaceAll(fmt.Sprintf("% X", digest), " ", ":")
}

// secure makes the offer of a client that connects by TLS, with the lines given.
func (g *guest) secure(lines ...string) *guest {
	g.sdp = strings.NewReplacer("TCP/MSRP", "TCP/TLS/MSRP", "path:msrp:", "path:msrps:").Replace(g.sdp) + testnet.Lines(lines...)
	return g
}

// connectTLS connects with a certificate, or without.
func (g *guest) connectTLS(certificate ...tls.Certificate) *guest {
	g.rig.t.Helper()
	remote := attribute(g.rig.t, g.ok.Body, "path")
	if !strings.HasPrefix(remote, "msrps://") {
		g.rig.t.Fatalf("path %s", remote)
	}
	announced := attribute(g.rig.t, g.ok.Body, "fingerprint")
	nc, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, Certificates: certificate}}).
		DialContext(g.rig.t.Context(), "tcp", g.rig.address("msrp", "tls"))
	if err != nil {
		g.rig.t.Fatal(err)
	}
	if tc, ok := nc.(*tls.Conn); !ok || fingerprint(tc.ConnectionState().PeerCertificates[0].Raw) != announced {
		g.rig.t.Errorf("the server shows another certificate than it announces")
	}
	g.msrp = testnet.MSRPOn(g.rig.t, nc, attribute(g.rig.t, []byte(g.sdp), "path"), remote)
	return g
}

// TestSecureMedia joins over TLS, with a fingerprint and, as clients do that know
// none, without.
func TestSecureMedia(t *testing.T) {
	r := serve(t, everywhere)
	own := testca.New(t).Issue(t, testca.Names{CommonName: "alice"})
	alice := r.guest("tcp", "alice").secure("a=fingerprint:" + strings.ToLower(fingerprint(own.Certificate[0]))).join(lobby).connectTLS(own)
	alice.msrp.Bind()
	if line := attribute(t, alice.ok.Body, "setup"); line != "passive" {
		t.Errorf("setup %s", line)
	}
	if !strings.Contains(string(alice.ok.Body), " TCP/TLS/MSRP *\r\n") {
		t.Errorf("answer\n%s", alice.ok.Body)
	}
	bob := r.guest("tcp", "bob").secure().join(lobby).connectTLS()
	bob.msrp.Bind()
	carol := r.guest("tcp", "carol").join(lobby).connect()
	alice.say("hello")
	bob.hear("hello")
	carol.hear("hello")
	carol.say("in clear")
	alice.hear("in clear")

	// Another certificate than the announced one binds nothing.
	other := testca.New(t).Issue(t, testca.Names{CommonName: "mallory"})
	for name, shown := range map[string][]tls.Certificate{"another": {other}, "none": nil} {
		g := r.guest("tcp", name).secure("a=fingerprint:" + fingerprint(own.Certificate[0])).join(lobby).connectTLS(shown...)
		g.msrp.Write("MSRP bind0001 SEND\r\nTo-Path: " + g.msrp.Remote + "\r\nFrom-Path: " + g.msrp.Own + "\r\nMessage-ID: one\r\n-------bind0001$\r\n")
		g.msrp.Closed()
	}
	conform.Covers(t, "MSRP-TLS-04", "MSRP-TLS-06")
}

// TestOnlySecureMedia: where legs come by TLS only, an offer of plain TCP is
// refused.
func TestOnlySecureMedia(t *testing.T) {
	r := serve(t, func(cfg *config.Config) {
		cfg.MSRP.Listen = []config.Listener{{Network: "tls", Address: "127.0.0.1:0"}}
	})
	alice := r.guest("tcp", "alice")
	alice.Send(alice.invite(lobby))
	alice.Expect(488, sipmsg.INVITE)
	bob := r.guest("tcp", "bob").secure().join(lobby).connectTLS()
	bob.msrp.Bind()
	conform.Covers(t, "SDP-25", "SW-GEN-07")
}

// TestWebSocketMedia joins over WebSocket, under each word that clients write for
// it, and is answered in kind.
func TestWebSocketMedia(t *testing.T) {
	r := serve(t, everywhere)
	carol := r.guest("tcp", "carol").join(lobby).connect()
	for proto, scheme := range map[string]string{"TCP/WS/MSRP": "msrp", "TCP/WSS/MSRP": "msrps", "TCP/TLS/MSRP": "msrps"} {
		dave := r.guest("tcp", "dave")
		dave.sdp = strings.NewReplacer("TCP/MSRP", proto, "path:msrp://127.0.0.1:2855/dave;tcp", "path:"+scheme+"://q8f2ml0z.invalid:2855/dave;ws").Replace(dave.sdp)
		dave.join(lobby)
		remote := attribute(t, dave.ok.Body, "path")
		if !strings.HasPrefix(remote, scheme+"://") || !strings.HasSuffix(remote, ";ws") || !strings.Contains(string(dave.ok.Body), " "+proto+" *\r\n") {
			t.Errorf("answer\n%s", dave.ok.Body)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ws, _, err := websocket.Dial(ctx, "ws://"+r.address("msrp", "ws")+"/msrp", &websocket.DialOptions{Subprotocols: []string{"msrp"}}) //nolint:bodyclose // the library's
		if err != nil {
			t.Fatal(err)
		}
		dave.msrp = testnet.MSRPOn(t, websocket.NetConn(ctx, ws, websocket.MessageText), attribute(t, []byte(dave.sdp), "path"), remote)
		dave.msrp.Bind()
		carol.say("to " + proto)
		dave.hear("to " + proto)
		dave.say("from " + proto)
		carol.hear("from " + proto)
		dave.msrp.Expect(dave.msrp.Chunk("AUTH", "", "", '$'), 501)
		dave.leave()
		cancel()
	}
	conform.Covers(t, "WS-08", "SDP-28")
}

// TestBindBeforeAck has a client bind before the ACK that brings its path is
// here: it waits for that.
func TestBindBeforeAck(t *testing.T) {
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	alice.call = alice.Dialog(alice.aor(), lobby)
	alice.Send(alice.call.Request(sipmsg.INVITE))
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	alice.call.Learn(alice.ok)
	alice.msrp = testnet.DialMSRP(t, attribute(t, []byte(alice.sdp), "path"), attribute(t, alice.ok.Body, "path"))
	tid := alice.msrp.Chunk("SEND", "", "", '$', "Message-ID: bind")
	ack := alice.call.Ack()
	ack.Body = []byte(alice.sdp)
	ack.Header.Set("Content-Type", "application/sdp")
	alice.Send(ack)
	alice.msrp.Expect(tid, 200)
	alice.say("here")
	conform.Covers(t, "MSRP-TLS-07")
}

// TestAnchored joins as a client behind an SBC that anchors its media.
func TestAnchored(t *testing.T) {
	r := serve(t, everywhere)
	alice := r.guest("tcp", "alice")
	alice.sdp = strings.Replace(alice.sdp, "msrp://127.0.0.1:2855/alice", "msrp://ue-41c9.invalid:2855/alice", 1) + "a=msrp-cema\r\n"
	alice.join(lobby).connect()
	attribute(t, alice.ok.Body, "msrp-cema")
	alice.say("here")

	// Here the client wants us to connect: to the address lines, not to the path.
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	port := strings.TrimPrefix(ln.Addr().String(), "127.0.0.1:")
	bob := r.guest("tcp", "bob")
	bob.sdp = strings.NewReplacer("m=message 2855", "m=message "+port, "setup:active", "setup:passive",
		"msrp://127.0.0.1:2855/bob", "msrp://ue-9.invalid:2855/bob").Replace(bob.sdp) + "a=msrp-cema\r\n"
	bob.join(lobby)
	nc, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	bob.msrp = testnet.MSRPOn(t, nc, attribute(t, []byte(bob.sdp), "path"), attribute(t, bob.ok.Body, "path"))
	bind := bob.msrp.Receive() // answers it
	if bind.To != "msrp://ue-9.invalid:2855/bob;tcp" || bind.Method != "SEND" || bind.ContentType != "" {
		t.Errorf("bound by %+v", bind)
	}
	alice.say("hello bob")
	bob.hear("hello bob")
	conform.Covers(t, "CEMA-02", "MSRP-CON-01")
}

// TestAnchoredWithoutWord has a middlebox anchor the media of a client that knows
// nothing of it: the server makes another offer, without the attribute.
func TestAnchoredWithoutWord(t *testing.T) {
	r := serve(t, func(cfg *config.Config) { cfg.MSRP.CEMA = true })
	alice := r.guest("tcp", "alice")
	alice.call = alice.Dialog(alice.aor(), lobby)
	alice.Send(alice.call.Request(sipmsg.INVITE))
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	attribute(t, alice.ok.Body, "msrp-cema")
	alice.call.Learn(alice.ok)
	ack := alice.call.Ack()
	ack.Body = []byte(strings.NewReplacer("c=IN IP4 127.0.0.1", "c=IN IP4 198.51.100.9", "m=message 2855", "m=message 7000").Replace(alice.sdp))
	ack.Header.Set("Content-Type", "application/sdp")
	alice.Send(ack)
	again := alice.Request()
	if again.Method != sipmsg.INVITE || strings.Contains(string(again.Body), "msrp-cema") || !strings.Contains(string(again.Body), "a=setup:actpass") {
		t.Errorf("the next offer is\n%s", again.Append(nil))
	}
	ok := sipmsg.NewResponse(again, 200, "")
	ok.Header.Set("Contact", "<sip:alice@"+alice.Addr()+";transport=tcp>")
	ok.Header.Set("Content-Type", "application/sdp")
	ok.Body = []byte(strings.Replace(alice.sdp, "alice 1 1 ", "alice 1 2 ", 1))
	alice.Send(ok)
	if m := alice.Request(); m.Method != sipmsg.ACK {
		t.Errorf("%s instead of the ACK", m.Method)
	}
	alice.connect()
	alice.say("here")
	conform.Covers(t, "CEMA-04")
}
