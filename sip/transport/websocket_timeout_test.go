package transport_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/websocket"
	"github.com/confab-chat/confab/websocket/wsframe"
)

// memoryWeb serves the WebSocket handler on the network in memory.
func memoryWeb(t *testing.T, s *server, host transport.Network) (at netip.AddrPort, stop func()) {
	t.Helper()
	ln, err := host.Listen(context.Background(), "tcp", "127.0.0.1:8080")
	if err != nil {
		t.Fatal(err)
	}
	web := &http.Server{Handler: s.WebSocket(false, transport.WebSocketOptions{}), ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = web.Serve(ln)
	}()
	return netip.MustParseAddrPort("127.0.0.1:8080"), func() {
		_ = web.Close()
		<-done
	}
}

// upgraded opens a WebSocket in memory.
func upgraded(t *testing.T, peer transport.Network, at netip.AddrPort) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn := connect(t, peer, at)
	write(t, conn, knock(at.String()))
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return conn, in
}

// What a TCP peer cannot make us hold, a WebSocket peer cannot either.
func TestSlowWebSocketPeers(t *testing.T) {
	conform.Covers(t, "SEC-02")
	cfg := transport.Config{IdleTimeout: time.Hour, MessageTimeout: 20 * time.Second}
	bubble(t, cfg, func(s *server, peer transport.Network) {
		t := s.t
		at, stop := memoryWeb(t, s, peer)
		defer stop()
		idle, _ := upgraded(t, peer, at)
		if d := closedAfter(idle); d != time.Minute {
			t.Errorf("a connection that answers no ping closed after %v", d)
		}
		alive, in := upgraded(t, peer, at)
		for range 200 { // longer than IdleTimeout
			if op, _ := readFrame(t, in); op != wsframe.Ping {
				t.Fatalf("opcode %d", op)
			}
			write(t, alive, masked(wsframe.Pong, ""))
		}
		_ = alive.Close()
		frame := masked(wsframe.Text, message("OPTIONS", "ws", "a.invalid", 1))
		half, _ := upgraded(t, peer, at)
		write(t, half, frame[:20])
		if d := closedAfter(half); d != 20*time.Second {
			t.Errorf("half a frame closed after %v", d)
		}
		// Fragments make a message half read, too, and pings in between no whole one.
		parts, pongs := upgraded(t, peer, at)
		first := []byte(masked(wsframe.Text, "OPTIONS "))
		first[0] &^= 0x80
		write(t, parts, string(first))
		go func() { _, _ = io.Copy(io.Discard, pongs) }()
		began := time.Now()
		for time.Since(began) < time.Minute {
			if _, err := io.WriteString(parts, masked(wsframe.Ping, "")); err != nil {
				break
			}
			<-time.After(5 * time.Second)
		}
		if d := time.Since(began); d > 25*time.Second {
			t.Errorf("half a message closed after %v", d)
		}
		if c := s.Counters(); c.Idle != 0 || c.HalfRead != 2 || c.Connections != 0 {
			t.Errorf("%+v", c)
		}
	})
}

// A server that answers no ping is gone after 10 s.
func TestNoPong(t *testing.T) {
	conform.Covers(t, "COM-17")
	cfg := transport.Config{WebSocketPath: "/sip", PingInterval: time.Minute}
	bubble(t, cfg, func(s *server, peer transport.Network) {
		t := s.t
		ln, err := peer.Listen(context.Background(), "tcp", "127.0.0.2:80")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		heard := make(chan time.Duration, 1)
		go func() {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			in := bufio.NewReader(conn)
			req, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			began := time.Now()
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
				"Sec-WebSocket-Accept: "+websocket.AcceptKey(req.Header.Get("Sec-Websocket-Key"))+"\r\nSec-WebSocket-Protocol: sip\r\n\r\n")
			_, _ = io.Copy(io.Discard, in)
			heard <- time.Since(began)
		}()
		p := s.SendRequest(options(""), transport.Target{Transport: "ws", Addr: netip.MustParseAddrPort("127.0.0.2:80")}, nil)
		if d := <-heard; d != time.Minute+10*time.Second {
			t.Errorf("closed after %v", d)
		}
		done, sent := outcome()
		s.SendRequest(options(""), transport.Target{Transport: "ws", Flow: p.Target().Flow}, done)
		if err := <-sent; !errors.Is(err, transport.ErrFlowGone) {
			t.Errorf("over the flow that is gone: %v", err)
		}
	})
}

// A connection that is up but says nothing does not keep a message waiting for
// ever.
func TestSilentWebSocketServer(t *testing.T) {
	cfg := transport.Config{WebSocketPath: "/sip", DialTimeout: 4 * time.Second, HandshakeTimeout: 10 * time.Second}
	bubble(t, cfg, func(s *server, peer transport.Network) {
		t := s.t
		ln, err := peer.Listen(context.Background(), "tcp", "127.0.0.2:80")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		go func() {
			if conn, err := ln.Accept(); err == nil {
				_, _ = io.Copy(io.Discard, conn)
			}
		}()
		done, sent := outcome()
		began := time.Now()
		s.SendRequest(options(""), transport.Target{Transport: "ws", Addr: netip.MustParseAddrPort("127.0.0.2:80")}, done)
		if err := <-sent; err == nil || time.Since(began) != 14*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Who pings without end and reads nothing is cut, as who reads no messages is.
func TestPingsWithoutReading(t *testing.T) {
	conform.Covers(t, "SEC-02")
	bubble(t, transport.Config{OutBuffer: 4000}, func(s *server, peer transport.Network) {
		t := s.t
		at, stop := memoryWeb(t, s, peer)
		defer stop()
		conn, _ := upgraded(t, peer, at)
		ping := masked(wsframe.Ping, strings.Repeat("p", 125))
		sent := 0
		for sent < 1000 {
			if _, err := io.WriteString(conn, ping); err != nil {
				break
			}
			sent++
		}
		if c := s.Counters(); c.Slow != 1 || sent > 100 {
			t.Errorf("cut after %d pings, %+v", sent, c)
		}
	})
}
