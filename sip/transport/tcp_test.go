package transport_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/transport"
)

func TestPipelinedRequestsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	conn := dial(t, s.tcp)
	var text strings.Builder
	want := make([]string, 0, 200)
	for i := range 200 {
		text.WriteString(message("OPTIONS", "tcp", "127.0.0.1:1", i))
		want = append(want, fmt.Sprint("200 ", i))
	}
	write(t, conn, text.String())
	expectResponses(t, conn, want...)
	for i, req := range s.requests {
		if cseq, _ := req.Header.CSeq(); int(cseq.Seq) != i {
			t.Fatalf("request %d has CSeq %d", i, cseq.Seq)
		}
	}
}

func TestMalformedMessageIsSkipped(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-02")
	s := newServer(t, transport.Config{})
	conn := dial(t, s.tcp)
	const sentBy = "127.0.0.1:1"
	write(t, conn, message("OPTIONS", "tcp", sentBy, 1)+
		strings.Replace(message("OPTIONS", "tcp", sentBy, 2), "From: ", "Form: ", 1)+
		message("OPTIONS", "tcp", sentBy, 3)+
		strings.Replace(message("OPTIONS", "tcp", sentBy, 4), "SIP/2.0\r\n", "SIP/7.0\r\n", 1)+
		strings.Replace(message("OPTIONS", "tcp", sentBy, 5), "CSeq: 5 OPTIONS", "CSeq: 5 INVITE", 1)+
		strings.Replace(message("ACK", "tcp", sentBy, 6), "From: ", "Form: ", 1)+
		"SIP/2.0 4294967301 OK\r\n"+strings.SplitN(message("OPTIONS", "tcp", sentBy, 7), "\r\n", 2)[1]+
		message("OPTIONS", "tcp", sentBy, 8))
	expectResponses(t, conn, "200 1", "400 2", "200 3", "505 4", "400 5", "200 8")
	if c := s.Counters(); len(s.requests) != 3 || c.Malformed != 5 || c.Answered != 3 {
		t.Errorf("%d requests went up, %+v", len(s.requests), c)
	}
}

func TestLostFramingClosesTheConnection(t *testing.T) {
	t.Parallel()
	for _, length := range []string{"Content-Length: -1", "Content-Length: x", "X-None: 0", "Content-Length: 0\r\nContent-Length: 5"} {
		t.Run(length, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, transport.Config{})
			conn := dial(t, s.tcp)
			bad := strings.Replace(message("OPTIONS", "tcp", "127.0.0.1:1", 2, length), "X-None: 0\r\nContent-Length: 0", "X-None: 0", 1)
			// What follows is lost, and must not make the system reset the
			// connection before the answer is read.
			write(t, conn, message("OPTIONS", "tcp", "127.0.0.1:1", 1)+bad+strings.Repeat("x", 20_000))
			expectResponses(t, conn, "200 1", "400 2")
			if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Errorf("after the answer: %v", err)
			}
		})
	}
}

func TestOneOctetAtATime(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	conn := dial(t, s.tcp)
	_ = conn.SetNoDelay(true)
	text := message("INFO", "tcp", "127.0.0.1:1", 1, "Content-Type: text/plain", "Content-Length: 5")
	for _, octet := range []byte(text + "hello" + message("OPTIONS", "tcp", "127.0.0.1:1", 2)) {
		if _, err := conn.Write([]byte{octet}); err != nil {
			t.Fatal(err)
		}
	}
	expectResponses(t, conn, "200 1", "200 2")
	if body := string(s.requests[0].Body); body != "hello" {
		t.Errorf("body %q", body)
	}
}

// TestCloseBehindRequests closes the connection in the segment that brings the
// ACK and the BYE: both go up.
func TestCloseBehindRequests(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	for i := range 100 {
		conn := dial(t, s.tcp)
		write(t, conn, message("ACK", "tcp", "127.0.0.1:1", 2*i)+message("BYE", "tcp", "127.0.0.1:1", 2*i+1))
		_ = conn.Close()
	}
	s.await(t, 200, 0)
}

func TestHalfClosedPeerGetsItsResponses(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	conn := dial(t, s.tcp)
	write(t, conn, message("OPTIONS", "tcp", "127.0.0.1:1", 1))
	if err := conn.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	expectResponses(t, conn, "200 1")
	if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("after the answer: %v", err)
	}
}

// TestResponseOpensConnection sees that a response whose connection is gone
// goes over a new one to the address of the request and the port of sent-by.
func TestResponseOpensConnection(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	s.silent = true
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	first := dial(t, s.tcp)
	write(t, first, message("OPTIONS", "tcp", "client.example.com:"+port, 1))
	requests, sources := s.await(t, 1, 0)
	_ = first.Close()
	wait(t, sources[0].Flow.Done())
	if via := requests[0].Header.Value("Via"); !strings.HasSuffix(via, ";received=127.0.0.1") {
		t.Errorf("Via is %s", via)
	}
	done, result := outcome()
	s.answer(0, done)
	second, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = second.Close() }()
	expectResponses(t, second, "200 1")
	if err := wait(t, result); err != nil {
		t.Error(err)
	}

	// When that fails too, the sender is told.
	_ = ln.Close()
	third := dial(t, s.tcp)
	write(t, third, message("OPTIONS", "tcp", "127.0.0.1:1", 2))
	_, sources = s.await(t, 2, 0)
	_ = third.Close()
	wait(t, sources[1].Flow.Done())
	done, result = outcome()
	s.answer(1, done)
	if err := wait(t, result); err == nil {
		t.Error("a response to nowhere was sent")
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	a, b := newServer(t, transport.Config{}), newServer(t, transport.Config{})
	b.silent = true
	to := transport.Target{Transport: "tcp", Addr: b.tcp}
	for range 3 {
		done, result := outcome()
		a.SendRequest(options(""), to, done)
		if err := wait(t, result); err != nil {
			t.Fatal(err)
		}
	}
	_, sources := b.await(t, 3, 0)
	if n := b.Counters().Accepted; n != 1 {
		t.Errorf("%d connections for three requests", n)
	}
	// Back over the connection that came in: by its flow, and by its address.
	for _, to := range []transport.Target{sources[0].Target(), {Transport: "tcp", Addr: sources[0].Remote}} {
		done, result := outcome()
		b.SendRequest(options(""), to, done)
		if err := wait(t, result); err != nil {
			t.Fatal(err)
		}
	}
	a.await(t, 2, 0)
	b.await(t, 3, 2)
	if n := b.Counters().Dialed; n != 0 {
		t.Errorf("%d connections opened to a peer that is connected", n)
	}
	// After the connection is gone a new one comes up, unless there is no address.
	shutdown(t, a.Layer)
	wait(t, sources[0].Flow.Done())
	done, result := outcome()
	b.SendRequest(options(""), transport.Target{Transport: "tcp", Flow: sources[0].Flow}, done)
	if err := wait(t, result); !errors.Is(err, transport.ErrFlowGone) {
		t.Errorf("over a flow that is gone: %v", err)
	}
	c := newServer(t, transport.Config{})
	b.SendRequest(options(""), transport.Target{Transport: "tcp", Flow: sources[0].Flow, Addr: c.tcp}, nil)
	c.await(t, 1, 0)
}

// TestPeerThatDoesNotRead sends to a peer that takes nothing until the queue is
// full: the connection is cut, and nobody else waits.
func TestPeerThatDoesNotRead(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{OutBuffer: 100_000})
	conn := dial(t, s.tcp)
	write(t, conn, message("OPTIONS", "tcp", "127.0.0.1:1", 1))
	_, sources := s.await(t, 1, 0)
	body := strings.Repeat("x", 10_000)
	for range 10_000 { // more than the system's buffers hold
		s.SendRequest(options(body), sources[0].Target(), nil)
		if !sources[0].Flow.Alive() {
			break
		}
	}
	wait(t, sources[0].Flow.Done())
	done, result := outcome()
	s.SendRequest(options(body), transport.Target{Flow: sources[0].Flow}, done)
	if err := wait(t, result); !errors.Is(err, transport.ErrFlowGone) {
		t.Errorf("over a connection that was cut: %v", err)
	}
	if n := s.Counters().Slow; n != 1 {
		t.Errorf("%d connections cut", n)
	}
	// The system keeps nothing for it either.
	if _, err := io.Copy(io.Discard, conn); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ends with %v", err)
	}
}

func TestShutdownWritesWhatIsQueued(t *testing.T) {
	t.Parallel()
	s := newServer(t, transport.Config{})
	conn := dial(t, s.tcp)
	write(t, conn, message("OPTIONS", "tcp", "127.0.0.1:1", 1))
	_, sources := s.await(t, 1, 0)
	body := strings.Repeat("x", 900_000)
	s.SendRequest(options(body), sources[0].Target(), nil)
	read := make(chan int64)
	go func() {
		n, _ := io.Copy(io.Discard, conn)
		_ = conn.Close()
		read <- n
	}()
	shutdown(t, s.Layer)
	if n := wait(t, read); n < 900_000 {
		t.Errorf("%d octets arrived", n)
	}
	done, result := outcome()
	s.SendRequest(options(""), transport.Target{Transport: "tcp", Addr: s.tcp}, done)
	if err := wait(t, result); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("after Shutdown: %v", err)
	}
	if _, err := s.Listen(t.Context(), "tcp", "127.0.0.1:0"); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("Listen after Shutdown: %v", err)
	}
}

func TestConnectionLimits(t *testing.T) {
	t.Parallel()
	for _, cfg := range []transport.Config{{MaxConnections: 2}, {ConnectionsPerAddress: 2}} {
		s := newServer(t, cfg)
		var conns []net.Conn
		for i := range 2 {
			conn := dial(t, s.tcp)
			write(t, conn, message("OPTIONS", "tcp", "127.0.0.1:1", i))
			expectResponses(t, conn, fmt.Sprint("200 ", i))
			conns = append(conns, conn)
		}
		if n, err := dial(t, s.tcp).Read(make([]byte, 1)); err == nil {
			t.Errorf("%d octets over a connection beyond the limit", n)
		}
		if c := s.Counters(); c.Refused != 1 || c.Connections != 2 {
			t.Errorf("%+v", c)
		}
		_, sources := s.await(t, 1, 0)
		_ = conns[0].Close()
		wait(t, sources[0].Flow.Done())
		conn := dial(t, s.tcp)
		write(t, conn, message("OPTIONS", "tcp", "127.0.0.1:1", 9))
		expectResponses(t, conn, "200 9")
	}
}

// answer answers a request that was received while silent.
func (s *server) answer(i int, done func(error)) {
	s.mu.Lock()
	req, src := s.requests[i], s.sources[i]
	s.mu.Unlock()
	s.SendResponse(newOK(req), src, done)
}
