package msrp

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/tcp"
)

// carriers make a pair by each way to carry MSRP over TCP.
func carriers() map[string]func(*testing.T) pair {
	return map[string]func(*testing.T) pair{
		"tcp": func(t *testing.T) pair {
			t.Helper()
			return newPair(t, SessionConfig{}, SessionConfig{})
		},
		"tls": func(t *testing.T) pair {
			t.Helper()
			p := securePair(t, newEndpoint(t, Config{}), listeningTLS(t, Config{}))
			p.client.SetFingerprints(prints(t, p.server)...)
			p.connect(t)
			wait(t, p.fromClient.bound, "bind of the client")
			wait(t, p.atServ.bound, "bind of the server")
			return p
		},
		"ws": func(t *testing.T) pair {
			t.Helper()
			p, _ := webPair(t, SessionConfig{})
			return p
		},
		"wss": func(t *testing.T) pair {
			t.Helper()
			server := newEndpoint(t, Config{})
			web := httptest.NewTLSServer(server.WebSocket(WebSocketOptions{Secure: true}))
			t.Cleanup(web.Close)
			trusted, ok := web.Client().Transport.(*http.Transport)
			if !ok {
				t.Fatal("no transport")
			}
			client := newEndpoint(t, Config{ClientTLS: trusted.TLSClientConfig})
			return webPairAt(t, "ws"+strings.TrimPrefix(web.URL, "http"), client, server, SessionConfig{})
		},
	}
}

// socketBelow is what a connection is made of.
func socketBelow(t *testing.T, nc net.Conn) *net.TCPConn {
	t.Helper()
	tc, _ := tcp.Below(nc)
	if tc == nil {
		t.Fatalf("no TCP below %T", nc)
	}
	return tc
}

// cut breaks the connection of a session: what its socket holds goes nowhere.
func cut(t *testing.T, s *Session) {
	t.Helper()
	socket := socketBelow(t, s.conn.Load().nc)
	if err := socket.SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err := socket.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
}

// errorsOnly is a message that is answered only if it is refused; one in so many comes in
// chunks.
func errorsOnly(i uint64) Message {
	size := 1500
	if i%20 == 0 {
		size = 20_000
	}
	return Message{ID: "m" + strconv.FormatUint(i, 10), ContentType: "a/b", Body: pattern(size), FailureReport: msrpwire.FailurePartial}
}

// TestCutInFlight breaks connections whose peers have stopped reading. What they do not
// have then is unconfirmed; what they have, as far as the socket can say, is not.
func TestCutInFlight(t *testing.T) {
	conform.Covers(t, "SW-RPT-06")
	for name, connected := range carriers() {
		t.Run(name, func(t *testing.T) {
			p := connected(t)
			if err := socketBelow(t, p.client.conn.Load().nc).SetReadBuffer(32 << 10); err != nil {
				t.Fatal(err)
			}
			read := make(chan struct{})
			p.fromClient.decide = func(in *Incoming) error {
				if in.ID() != "m1" {
					<-read
				}
				return nil
			}
			const n = 600
			for i := range uint64(n) {
				queue(t, p.server, errorsOnly(i+1), i+1)
			}
			if o := wait(t, p.atServ.sent, "outcome of a message that has arrived"); o.ref != 1 || o.err != nil {
				t.Errorf("%+v", o)
			}
			cut(t, p.server)
			_ = wait(t, p.atServ.ended, "end of the server's session")
			open := make(map[string]bool)
			for _, ref := range p.server.Unconfirmed() {
				open["m"+strconv.FormatUint(ref, 10)] = true
			}
			close(read)
			_ = wait(t, p.fromClient.ended, "end of the client's session")
			twice := 0
			have := make(map[string]bool)
			for len(p.fromClient.messages) > 0 {
				id := (<-p.fromClient.messages).ID()
				if have[id] = true; open[id] {
					twice++
				}
			}
			for i := range n {
				if id := fmt.Sprint("m", i+1); !have[id] && !open[id] {
					t.Errorf("%s has not arrived, and is not known to be open", id)
				}
			}
			if len(have) == 0 || len(open) == 0 || len(open) == n || len(have) == n {
				t.Errorf("%d of %d have arrived, %d are open", len(have), n, len(open))
			}
			t.Logf("%d have arrived, %d are open, %d of them needlessly", len(have), len(open), twice)
		})
	}
}

// TestCutAtRest breaks connections on which everything has arrived: nothing is
// unconfirmed.
func TestCutAtRest(t *testing.T) {
	conform.Covers(t, "SW-RPT-06")
	for name, connected := range carriers() {
		t.Run(name, func(t *testing.T) {
			p := connected(t)
			const n = 40
			for i := range uint64(n) {
				queue(t, p.server, errorsOnly(i+1), i+1)
			}
			for range n {
				if o := wait(t, p.atServ.sent, "outcome"); o.err != nil {
					t.Errorf("%+v", o)
				}
			}
			cut(t, p.server)
			_ = wait(t, p.atServ.ended, "end")
			if open := p.server.Unconfirmed(); len(open) > 0 {
				t.Errorf("%d are open", open)
			}
			for range n {
				wait(t, p.fromClient.messages, "message")
			}
		})
	}
}

// TestSocketAfterBreak: a socket knows what it holds after its connection was reset.
func TestSocketAfterBreak(t *testing.T) {
	ln, _ := listen(t)
	ours := socketBelow(t, dial(t, ln.Addr().String()))
	t.Cleanup(func() { _ = ours.Close() })
	peers, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	a := arrivalOn(tls.Client(&guarded{Conn: ours}, &tls.Config{MinVersion: tls.VersionTLS13}))
	if !a.records || a.socket == nil {
		t.Fatalf("%+v", a)
	}
	for n := 0; n == 0; {
		if err = ours.SetWriteDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		n, _ = ours.Write(make([]byte, 64<<20)) // more than sockets hold
		a.hands(n)
	}
	for begun := time.Now(); a.known <= 0; a.ask() {
		if time.Since(begun) > patience {
			t.Fatal("nothing has arrived")
		}
		pause(time.Millisecond)
	}
	if err = socketBelow(t, peers).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	if err = peers.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err = ours.Read(make([]byte, 1)); err == nil {
		t.Fatal("not reset")
	}
	if a.ask(); a.known <= 0 || a.known >= a.handed {
		t.Errorf("%d of %d octets have arrived", a.known, a.handed)
	}
	known := a.known
	_ = ours.Close()
	if a.ask(); a.known != known {
		t.Errorf("%d octets have arrived, says a closed socket, before it were %d", a.known, known)
	}
}
