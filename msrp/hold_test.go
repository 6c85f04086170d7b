package msrp

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// TestBindOvertakesDescription: what comes before the peer's description is
// known waits for it, and is then judged by it.
func TestBindOvertakesDescription(t *testing.T) {
	path := []msrpwire.URI{{Host: "192.0.2.10", Port: 51872, SessionID: "0pLkJ8hGf5DsAqWeRtYu2i", Transport: "tcp"}}
	foreign := []msrpwire.URI{{Host: "192.0.2.10", Port: 51872, SessionID: "somebodyElse", Transport: "tcp"}}
	for name, test := range map[string]struct {
		do     func(*Session)
		status int
	}{
		"description of the peer":     {do: func(s *Session) { s.SetRemote(path) }, status: 200},
		"description of another peer": {do: func(s *Session) { s.SetRemote(foreign) }, status: 481},
		"end of the session":          {do: func(s *Session) { s.Close() }, status: 481},
		"nothing":                     {do: func(*Session) {}, status: 481},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ep := timedEndpoint(t, Config{KeepAlive: -1})
				h := newRecorder()
				s := fixedSession(t, ep, SessionConfig{Handler: h}, roomURI, aliceURI)
				s.remote = nil
				near, far := net.Pipe()
				if err := ep.ServeConn(far); err != nil {
					t.Fatal(err)
				}
				p := peerOn(t, near)
				p.write(p.request("SEND", "Message-ID: one", []byte("hello"), "$"))
				pause(2 * time.Second)
				synctest.Wait()
				p.silent()
				if len(h.messages) > 0 {
					t.Fatal("a message is handed over before its sender is known")
				}
				test.do(s)
				if test.status != 200 {
					pause(9 * time.Second)
				}
				synctest.Wait()
				if len(p.frames) == 0 {
					t.Fatal("no answer yet")
				}
				p.status(test.status)
				if got := len(h.messages); got != map[bool]int{true: 1}[test.status == 200] {
					t.Errorf("%d messages handed over", got)
				}
			})
		})
	}
	conform.Covers(t, "MSRP-TLS-07")
}

// TestCloseWhileHolding: a connection whose reader waits ends with the peer's or
// the endpoint's decision, not later.
func TestCloseWhileHolding(t *testing.T) {
	ep := New(Config{HoldTimeout: time.Hour})
	s := fixedSession(t, ep, SessionConfig{Handler: newRecorder()}, roomURI, aliceURI)
	s.remote = nil
	near, far := net.Pipe()
	if err := ep.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	p := peerOn(t, near)
	p.write(p.request("SEND", "Message-ID: one", nil, "$"))
	if err := ep.Close(); err != nil {
		t.Fatal(err)
	}
}
