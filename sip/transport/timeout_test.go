package transport_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// bubble runs a test with a server in memory and a host to reach it from.
func bubble(t *testing.T, cfg transport.Config, f func(s *server, peer transport.Network)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := new(transporttest.Network)
		if cfg.Network == nil {
			cfg.Network = network.Host("127.0.0.1")
		}
		s := newServer(t, cfg)
		f(s, network.Host("127.0.0.2"))
		_ = s.Close()
	})
}

func connect(t *testing.T, peer transport.Network, to netip.AddrPort) net.Conn {
	t.Helper()
	conn, err := peer.Dial(context.Background(), "tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// closedAfter reads until the connection ends and returns how long that took.
func closedAfter(conn net.Conn) time.Duration {
	from := time.Now()
	_, _ = io.Copy(io.Discard, conn)
	return time.Since(from)
}

func TestIdleAndHalfRead(t *testing.T) {
	cfg := transport.Config{IdleTimeout: time.Hour, MessageTimeout: 20 * time.Second}
	bubble(t, cfg, func(s *server, peer transport.Network) {
		t := s.t
		idle := connect(t, peer, s.tcp)
		write(t, idle, message("OPTIONS", "tcp", "127.0.0.2", 1))
		if d := closedAfter(idle); d != time.Hour {
			t.Errorf("idle connection closed after %v", d)
		}
		// One octet every 15 s is no message in 20 s.
		half := connect(t, peer, s.tcp)
		write(t, half, "OPTIONS s")
		<-time.After(15 * time.Second)
		write(t, half, "i")
		if d := closedAfter(half); d != 5*time.Second {
			t.Errorf("connection with half a message closed after %v", d)
		}
		if c := s.Counters(); c.Idle != 1 || c.HalfRead != 1 {
			t.Errorf("%+v", c)
		}
	})
}

func TestWriteTimeout(t *testing.T) {
	bubble(t, transport.Config{}, func(s *server, peer transport.Network) {
		t := s.t
		conn := connect(t, peer, s.tcp)
		write(t, conn, message("OPTIONS", "tcp", "127.0.0.2", 1))
		from := time.Now() // nobody reads the answer
		_, sources := s.await(t, 1, 0)
		<-sources[0].Flow.Done()
		if d := time.Since(from); d != 10*time.Second || s.Counters().Slow != 1 {
			t.Errorf("cut after %v, %+v", d, s.Counters())
		}
	})
}

func TestKeepAlivesAreAnswered(t *testing.T) {
	bubble(t, transport.Config{}, func(s *server, peer transport.Network) {
		t := s.t
		conn := connect(t, peer, s.tcp)
		var mu sync.Mutex
		var got strings.Builder
		go func() {
			buf := make([]byte, 4096)
			for {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				mu.Lock()
				got.Write(buf[:n])
				mu.Unlock()
			}
		}()
		take := func() string {
			synctest.Wait()
			mu.Lock()
			defer mu.Unlock()
			defer got.Reset()
			return got.String()
		}
		request := message("OPTIONS", "tcp", "127.0.0.2", 1)
		for _, step := range []struct{ send, want string }{
			{"\r\n\r\n", "\r\n"},
			{"\r\n", ""},
			{"\r", ""},
			{"\n", "\r\n"}, // the second half of a ping in pieces
			{"\r\n\r\n\r\n\r\n", "\r\n\r\n"},
			{"\r\n", ""},
			{request, "SIP"},
			{"\r\n", ""}, // not the second half of the one before the request
			{"\r\n", "\r\n"},
			{"\r\n\r\n" + request, "\r\nSIP"},
		} {
			write(t, conn, step.send)
			text, _, _ := strings.Cut(take(), "/2.0")
			if text != step.want {
				t.Errorf("%q was answered %q, want %q", step.send, text, step.want)
			}
		}
		_ = conn.Close()
	})
}

func TestKeepAlivesAreSent(t *testing.T) {
	bubble(t, transport.Config{PingInterval: 90 * time.Second}, func(s *server, peer transport.Network) {
		t := s.t
		ln, err := peer.Listen(context.Background(), "tcp", "0.0.0.0:5060")
		if err != nil {
			t.Fatal(err)
		}
		s.SendRequest(options(""), transport.Target{Transport: "tcp", Addr: netip.MustParseAddrPort("127.0.0.2:5060")}, nil)
		conn, _ := ln.Accept()
		_ = ln.Close()
		buf := make([]byte, 4096)
		_, _ = conn.Read(buf)
		write(t, conn, message("OPTIONS", "tcp", "127.0.0.2", 1)) // some input
		_, _ = conn.Read(buf)
		from := time.Now()
		for range 2 {
			n, _ := conn.Read(buf)
			if d := time.Since(from); string(buf[:n]) != "\r\n\r\n" || d != 90*time.Second {
				t.Errorf("after %v came %q", d, buf[:n])
			}
			write(t, conn, "\r\n")
			from = time.Now()
		}
		_, _ = conn.Read(buf)
		if d := closedAfter(conn); d != 10*time.Second {
			t.Errorf("flow without pong failed after %v", d)
		}
	})
}

// A failing listener returns errors before it goes on.
type failing struct {
	net.Listener
	errors int
}

func (f *failing) Accept() (net.Conn, error) {
	if f.errors > 0 {
		f.errors--
		return nil, &net.OpError{Op: "accept", Err: syscall.EMFILE}
	}
	return f.Listener.Accept()
}

type failingNetwork struct{ transport.Network }

func (f failingNetwork) Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	ln, err := f.Network.Listen(ctx, network, addr)
	return &failing{Listener: ln, errors: 20}, err
}

func TestAcceptOutlivesErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(transporttest.Network)
		s := newServer(t, transport.Config{Network: failingNetwork{network.Host("127.0.0.1")}})
		conn := connect(t, network.Host("127.0.0.2"), s.tcp)
		write(t, conn, message("OPTIONS", "tcp", "127.0.0.2", 1))
		expectResponses(t, conn, "200 1")
		if n := s.Counters().AcceptErrors; n != 20 {
			t.Errorf("%d errors counted", n)
		}
		_ = conn.Close()
		_ = s.Close()
	})
}

func TestDialTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &transporttest.Network{Filtered: func(netip.AddrPort) bool { return true }}
		s := newServer(t, transport.Config{Network: network.Host("127.0.0.1")})
		to := transport.Target{Transport: "tcp", Addr: netip.MustParseAddrPort("127.0.0.2:5060")}
		from := time.Now()
		first, firstResult := outcome()
		second, secondResult := outcome()
		s.SendRequest(options(""), to, first)
		s.SendRequest(options(""), to, second)
		if err := <-firstResult; !errors.Is(err, context.DeadlineExceeded) || time.Since(from) != 4*time.Second {
			t.Errorf("after %v: %v", time.Since(from), err)
		}
		if err := <-secondResult; err == nil || s.Counters().Dialed != 1 {
			t.Errorf("%v, %+v", err, s.Counters())
		}
		// Shutdown does not wait for a connection that comes up.
		third, thirdResult := outcome()
		s.SendRequest(options(""), to, third)
		shutdown(t, s.Layer)
		if err := <-thirdResult; !errors.Is(err, transport.ErrClosed) {
			t.Error(err)
		}
	})
}

// halfClosed is a connection whose peer has closed its half behind what it sent, and
// takes the answers slowly.
type halfClosed struct {
	net.Conn
	in  io.Reader
	out strings.Builder
}

func (c *halfClosed) Read(b []byte) (int, error) { return c.in.Read(b) }

func (c *halfClosed) Write(b []byte) (int, error) {
	<-time.After(time.Second)
	return c.out.Write(b)
}

type halfClosedNetwork struct {
	transport.Network
	conn *halfClosed
}

func (n halfClosedNetwork) Listen(ctx context.Context, network, addr string) (net.Listener, error) {
	ln, err := n.Network.Listen(ctx, network, addr)
	return halfCloser{ln, n.conn}, err
}

type halfCloser struct {
	net.Listener
	conn *halfClosed
}

func (l halfCloser) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	l.conn.Conn = conn
	return l.conn, err
}

// TestSlowHalfClosedPeer sees that an answer which is being written when a peer has closed
// its half gets there, however slow that is.
func TestSlowHalfClosedPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := new(transporttest.Network)
		conn := &halfClosed{in: strings.NewReader(message("OPTIONS", "tcp", "127.0.0.2", 1))}
		s := newServer(t, transport.Config{Network: halfClosedNetwork{network.Host("127.0.0.1"), conn}})
		peer := connect(t, network.Host("127.0.0.2"), s.tcp)
		if d := closedAfter(peer); d != time.Second {
			t.Errorf("closed after %v", d)
		}
		if text := conn.out.String(); !strings.HasPrefix(text, "SIP/2.0 200 OK\r\n") {
			t.Errorf("written: %q", text)
		}
		_ = s.Close()
	})
}
