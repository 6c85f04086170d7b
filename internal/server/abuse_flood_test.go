package server

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestMalformedFloods has what is no message sent in all protocols, over and over.
func TestMalformedFloods(t *testing.T) {
	conform.Covers(t, "SEC-02", "SEC-05")
	s, ca := ears(t, nil)
	const n = 500 / fold
	noise := strings.Repeat("\x00\xff\r\nnoise \x80:", 50)
	for name, way := range map[string]struct {
		ear
		octets string
		dress  func(net.Conn) net.Conn
	}{
		"SIP noise":       {ear{"sip", "tcp"}, noise + "\r\n\r\n", nil},
		"SIP no length":   {ear{"sip", "tcp"}, strings.Replace(halfBody(1), "Content-Length", "X", 1), nil},
		"SIP huge length": {ear{"sip", "tcp"}, halfBody(1 << 40), nil},
		"SIP long line":   {ear{"sip", "tcp"}, "OPTIONS sip:" + strings.Repeat("a", 100<<10), nil},
		"TLS noise":       {ear{"sip", "tls"}, noise, nil},
		"SIP in TLS":      {ear{"sip", "tls"}, noise + "\r\n\r\n", func(c net.Conn) net.Conn { return s.secure(ca, c) }},
		"frame unmasked":  {ear{"sip", "ws"}, "\x81\x05hello", s.upgrade},
		"frame reserved":  {ear{"sip", "ws"}, "\xff\x85\x00\x00\x00\x00hello", s.upgrade},
		"frame endless":   {ear{"sip", "ws"}, "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00", s.upgrade},
		"MSRP noise":      {ear{"msrp", "tcp"}, noise, nil},
		"MSRP long line":  {ear{"msrp", "tcp"}, "MSRP tid12345 SEND\r\nTo-Path: " + strings.Repeat("m", 100<<10), nil},
		"HTTP noise":      {ear{"http", "tcp"}, noise + "\r\n\r\n", nil},
		"HTTP long line":  {ear{"http", "tcp"}, "GET /" + strings.Repeat("a", 100<<10), nil},
	} {
		for i := range n {
			conn, err := s.open(way.network, way.proto, i)
			if err != nil {
				t.Fatal(name, err)
			}
			if way.dress != nil {
				conn = way.dress(conn)
			}
			_, _ = conn.Write([]byte(way.octets)) // which may be closed meanwhile
			if i == 0 {
				closes(t, conn)
			}
			_ = conn.Close()
		}
	}
	conn, err := s.open("udp", "sip", 1)
	if err != nil {
		t.Fatal(err)
	}
	before := s.read()
	for i := range 10 * n {
		_, _ = fmt.Fprint(conn, noise, i)
		s.keepPace(before + i)
	}
	_ = conn.Close()
	s.goes("amid malformed floods")
	s.counts("confab_sip_malformed_total", 5*n)
	s.recovers()
	s.holds("after malformed floods", 8<<20)
}

// TestPasswordFloods has somebody try passwords, and somebody else repeat what he has
// overheard: others log in meanwhile, and nothing is kept of it.
func TestPasswordFloods(t *testing.T) {
	conform.Covers(t, "IDN-06", "SEC-02")
	const n = 10_000 / fold
	s := &siege{rig: members(t, func(c *config.Config) { c.Limits.MessagesPerSecond = 0 })}
	login := func(network string, at int) *guest {
		t.Helper()
		g := s.from(network, at)
		g.name = "alice"
		resp := g.login(g.invite(lobby), "alice", "secret")
		if resp.Status != 200 {
			t.Fatalf("the right password from %s: %d", g.Addr(), resp.Status)
		}
		g.call.Learn(resp)
		g.Send(g.call.Ack())
		return g
	}
	login("tcp", 1).leave()
	s.heap = memory()
	thief := s.from("tcp", 2)
	thief.name = "alice"
	req := thief.invite(lobby)
	overheard := thief.answer(thief.denied(401, req), "alice", "secret", req)
	again := thief.repeat(req, overheard...)
	thief.Send(again)
	thief.call.Learn(thief.Expect(200, sipmsg.INVITE))
	thief.Send(thief.call.Ack())
	thief.leave()
	guesser, guess := s.from("tcp", 3), 0
	guesser.name = "alice"
	statuses := make(map[int]int)
	for i := range n {
		thief.denied(401, thief.repeat(thief.invite(lobby), overheard...)) // its count was used
		req := guesser.invite(lobby)
		x := digest.NewClient(fmt.Sprintf("user%d", guess), fmt.Sprint(guess)).Exchange()
		resp := guesser.turned(req)
		if x.Challenged(resp) {
			guess++
			resp = guesser.turned(guesser.repeat(req, x.Credentials(req.Method, req.URI.String())...))
			statuses[resp.Status]++
		}
		if i == n/2 {
			login("udp", 4).leave()
		}
	}
	if statuses[403] < n/2 {
		t.Errorf("somebody who guesses got %v", statuses)
	}
	s.refusals("auth_failures", n/2)
	s.counts("confab_auth_failures_total", float64(config.Default().Limits.AuthFailuresPerAddress))
	login("tcp", 5).leave()
	s.holds("after password floods", 6<<20)
}

// TestRequestFloods has one address call and subscribe as fast as it can: it gets so
// many transactions, and others are served.
func TestRequestFloods(t *testing.T) {
	conform.Covers(t, "SEC-02", "SEC-04")
	const n, most = 10_000 / fold, 500 / fold
	for _, method := range []sipmsg.Method{sipmsg.INVITE, sipmsg.SUBSCRIBE} {
		s := besiege(t, func(c *config.Config) { c.Limits.TransactionsPerAddress = most })
		conn, err := s.open("udp", "sip", 1)
		if err != nil {
			t.Fatal(err)
		}
		before := s.read()
		for i := range n {
			text := plain(method, nowhere, "UDP 127.9.0.1;rport", fmt.Sprintf("%s-%d", method, i))
			text = strings.Replace(text, "Content-Length", "Event: conference\r\nContent-Length", 1)
			if _, err := conn.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
			s.keepPace(before + i)
			if i == n/2 {
				s.goes("amid a flood of " + string(method))
			}
		}
		s.goes("after a flood of " + string(method))
		s.refusals("transactions_per_address", n/2)
		if open := s.stack.Transaction.Open(); open > most+50 {
			t.Errorf("%s: %d transactions open", method, open)
		}
		s.holds("after a flood of "+string(method), most*(4<<10)+6<<20)
		_ = conn.Close()
	}
}

// turned sends an INVITE that gets a negative answer, and acknowledges it.
func (g *guest) turned(req *sipmsg.Request) *sipmsg.Response {
	g.rig.t.Helper()
	g.Send(req)
	resp := g.Response()
	g.Send(testnet.Refused(req, resp))
	return resp
}

// TestSubscriptionsOfOneUser has a user subscribe over and over: each one more ends
// another one of his.
func TestSubscriptionsOfOneUser(t *testing.T) {
	conform.Covers(t, "SEC-02", "NOT-SUB-11")
	const n, most = 500 / fold, 5
	s := besiege(t, func(c *config.Config) { c.Limits.SubscriptionsPerUser = most })
	for range n {
		w := s.guest("udp", "alice")
		w.Send(w.other(sipmsg.SUBSCRIBE, lobby, "Event: conference"))
		w.Expect(200, sipmsg.SUBSCRIBE)
		w.Answer(w.Request(), 200)
	}
	s.refusals("subscriptions_per_user", n-most)
	if got := s.notifier.Subscriptions(); got != most {
		t.Errorf("%d subscriptions", got)
	}
	s.goes("after many subscriptions")
	s.holds("after many subscriptions", n*(24<<10)+4<<20) // their transactions and peers are still there
}
