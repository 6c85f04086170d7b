package msrp

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// due takes the next value of ch in a synctest bubble: it must be there by now.
func due[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	synctest.Wait()
	if len(ch) == 0 {
		t.Fatalf("no %s yet", what)
	}
	return <-ch
}

func TestUnboundConnectionCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := timedEndpoint(t, Config{})
		p := newPeer(t, ep, "pipe")
		pause(29 * time.Second)
		p.silent()
		pause(2 * time.Second)
		p.over(due(t, p.frames, "end of the connection"))
	})
	conform.Covers(t, "MSRP-CON-10")
}

func TestLastSessionGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, _, p := example(t, SessionConfig{})
		pause(time.Hour) // with a session it stays
		p.probe()
		s.Close()
		pause(29 * time.Second)
		p.silent()
		pause(3 * time.Second)
		p.over(due(t, p.frames, "end of the connection"))
	})
	conform.Covers(t, "MSRP-CON-09")
}

func TestBindTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := timedEndpoint(t, Config{})
		s, h := exampleSession(t, ep, SessionConfig{})
		s.Await()
		pause(29 * time.Second)
		if len(h.ended) != 0 {
			t.Fatal("ended too early")
		}
		pause(2 * time.Second)
		if err := due(t, h.ended, "end"); !errors.Is(err, ErrUnbound) {
			t.Error(err)
		}
	})
	conform.Covers(t, "MSRP-CON-14")
}

// pipeDialer hands the far ends of the pipes it dials to the test.
func pipeDialer() (Config, chan net.Conn) {
	conns := make(chan net.Conn, 4)
	return Config{Dial: dialFunc(func() (net.Conn, error) {
		near, far := net.Pipe()
		conns <- far
		return near, nil
	})}, conns
}

func TestActiveBindUnanswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, conns := pipeDialer()
		ep := timedEndpoint(t, cfg)
		h := newRecorder()
		s := newSession(t, ep, SessionConfig{Handler: h})
		s.SetRemote([]msrpwire.URI{{Host: "192.0.2.1", Port: 9, SessionID: "x", Transport: "tcp"}})
		if err := s.Connect(); err != nil {
			t.Fatal(err)
		}
		p := peerOn(t, <-conns)
		p.next()
		pause(29 * time.Second)
		if len(h.ended) != 0 {
			t.Fatal("ended too early")
		}
		pause(3 * time.Second)
		if err := due(t, h.ended, "end"); !errors.Is(err, &Error{Status: 408}) {
			t.Error(err)
		}
	})
	conform.Covers(t, "MSRP-CON-01")
}

func TestKeepAlive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := timedEndpoint(t, Config{})
		_, h := exampleSession(t, ep, SessionConfig{})
		p := newPeer(t, ep, "pipe")
		p.bind()
		pause(59 * time.Second)
		p.silent()
		pause(3 * time.Second)
		f := due(t, p.frames, "keep-alive")
		if f.Method != msrpwire.SEND || f.HasBody {
			t.Fatalf("got %+v", f.Head)
		}
		p.answer(f, 200)
		pause(62 * time.Second)
		due(t, p.frames, "keep-alive") // unanswered
		if len(h.ended) != 0 {
			t.Fatal("ended too early")
		}
		pause(32 * time.Second)
		if err := due(t, h.ended, "end"); !errors.Is(err, ErrNoAnswer) {
			t.Error(err)
		}
		p.ended()
	})
	conform.Covers(t, "MSRP-CON-11")
}

func TestResponseTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{})
		for i, m := range []Message{
			text("yes"),
			{ContentType: "a/b", Body: []byte("partial"), FailureReport: msrpwire.FailurePartial},
			{ContentType: "a/b", Body: []byte("no"), FailureReport: msrpwire.FailureNo},
		} {
			if err := s.Send(m, uint64(i)); err != nil {
				t.Fatal(err)
			}
			p.next()
		}
		if o := wait(t, h.sent, "outcome"); o.ref != 1 || o.err != nil {
			t.Errorf("partial: %+v", o) // handed to the system, nothing more is known
		}
		pause(29 * time.Second)
		if len(h.sent) != 0 {
			t.Fatal("timed out too early")
		}
		pause(3 * time.Second)
		if o := due(t, h.sent, "outcome"); o.ref != 0 || !errors.Is(o.err, &Error{Status: 408}) {
			t.Errorf("yes: %+v", o)
		}
		pause(time.Minute)
		if len(h.sent) != 0 || len(h.ended) != 0 {
			t.Error("more outcomes than messages, or the session has ended")
		}
	})
	conform.Covers(t, "MSRP-SND-10")
}

func TestPatientSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{Patient: true})
		for i := range uint64(4) {
			if err := s.Send(text("hello"), i); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 { // one answer every 20 s is a sign of life
			pause(20 * time.Second)
			p.answer(p.next(), 200)
		}
		synctest.Wait()
		if len(h.ended) != 0 || len(h.sent) != 3 {
			t.Fatalf("%d outcomes, ended: %d", len(h.sent), len(h.ended))
		}
		pause(32 * time.Second)
		if err := due(t, h.ended, "end"); !errors.Is(err, ErrNoAnswer) {
			t.Error(err)
		}
	})
	conform.Covers(t, "SW-RPT-04")
}

// A peer with a session may send 20 requests a minute that cannot be served, and no more.
func TestTwentyBadRequestsAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, _, p := example(t, SessionConfig{})
		bad := func(n int) {
			t.Helper()
			for range n {
				p.write(p.request("SEND", "Message-ID: bad\nByte-Range: 0-5/5", []byte("hello"), "$"))
				p.status(400)
			}
		}
		bad(20)
		pause(61 * time.Second)
		bad(20)
		p.probe()
		bad(1)
		p.over(due(t, p.frames, "end of the connection"))
		conform.Covers(t, "MSRP-CON-04")
	})
}

func TestSlowHeaderAndStalledChunk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := timedEndpoint(t, Config{KeepAlive: -1})
		exampleSession(t, ep, SessionConfig{})
		p := newPeer(t, ep, "pipe")
		p.bind()
		p.write("MSRP abcd SE")
		pause(5 * time.Second)
		p.write("ND\r\n")
		pause(3 * time.Second)
		p.silent()
		pause(4 * time.Second)
		p.over(due(t, p.frames, "end of the connection"))

		_, h := exampleSession(t, ep, SessionConfig{})
		p = newPeer(t, ep, "pipe")
		p.bind()
		cut := p.request("SEND", "Message-ID: m1", []byte("hello"), "$")
		p.write(cut[:len(cut)-20])
		pause(119 * time.Second)
		p.silent()
		pause(4 * time.Second)
		p.over(due(t, p.frames, "end of the connection"))
		if len(h.messages) != 0 {
			t.Error("delivered what was cut")
		}
	})
}

func TestChunkTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{})
		p.send("Message-ID: m1\nByte-Range: 1-*/10", "hello", "+")
		p.status(200)
		pause(100 * time.Second)
		p.send("Message-ID: m1\nByte-Range: 6-*/10", "w", "+") // restarts the timer
		p.status(200)
		pause(119 * time.Second)
		s.mu.Lock()
		partials := len(s.partials)
		s.mu.Unlock()
		if partials != 1 {
			t.Fatal("dropped too early")
		}
		pause(3 * time.Second)
		p.send("Message-ID: m1\nByte-Range: 7-10/10", "orld", "$")
		p.status(413)
		pause(62 * time.Second)
		p.send("Message-ID: m1\nByte-Range: 6-*/10", "world", "+")
		p.status(200)
		p.send("Message-ID: m1\nByte-Range: 1-5/10", "hello", "$")
		p.status(413) // the last chunk says 5, but there are 10
		if len(h.messages) != 0 {
			t.Error("delivered an incomplete message")
		}
	})
	conform.Covers(t, "MSRP-RCV-08", "SW-PUB-10")
}

func TestWriteStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := timedEndpoint(t, Config{KeepAlive: -1})
		s, h := exampleSession(t, ep, SessionConfig{Patient: true})
		near, far := net.Pipe()
		defer func() { _ = near.Close() }()
		if err := ep.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		p := &rawPeer{t: t, nc: near}
		p.write(p.request("SEND", "Message-ID: m1", nil, "$"))
		synctest.Wait() // the 200 is being written
		if err := s.Send(text("waits"), 1); err != nil {
			t.Fatal(err)
		}
		pause(50 * time.Second)
		if _, err := io.ReadFull(near, make([]byte, 10)); err != nil { // a little: no stall
			t.Fatal(err)
		}
		pause(60 * time.Second)
		if len(h.ended) != 0 {
			t.Fatal("ended though the peer took octets")
		}
		pause(62 * time.Second)
		if err := due(t, h.ended, "end"); !errors.Is(err, ErrStalled) {
			t.Error(err)
		}
	})
	conform.Covers(t, "SW-FLOW-04")
}

// tardy is a connection whose peer takes what is first written to it just when the
// deadline has passed that is set for that: the Write has had time to end well.
type tardy struct {
	net.Conn

	mu     sync.Mutex
	late   bool          // guarded by mu: a deadline has passed
	passed chan struct{} // closed when the first one has
	writes int           // guarded by mu
}

func (c *tardy) SetWriteDeadline(at time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.late = !at.IsZero(); c.late && c.writes == 1 {
		close(c.passed)
	}
	return nil
}

func (c *tardy) Write(p []byte) (int, error) {
	c.mu.Lock()
	c.writes++
	first, late := c.writes == 1, c.late
	c.mu.Unlock()
	if first {
		<-c.passed
	} else if late {
		return 0, os.ErrDeadlineExceeded
	}
	return c.Conn.Write(p)
}

// A deadline that comes too late to interrupt a write does not end the next one, which
// has had no time yet.
func TestStaleDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := timedEndpoint(t, Config{KeepAlive: -1})
		s, h := exampleSession(t, ep, SessionConfig{Patient: true})
		near, far := net.Pipe()
		if err := ep.ServeConn(&tardy{Conn: far, passed: make(chan struct{})}); err != nil {
			t.Fatal(err)
		}
		p := peerOn(t, near)
		p.write(p.request("SEND", "Message-ID: m1", nil, "$"))
		pause(2 * time.Minute)
		p.status(200)
		if err := s.Send(text("hello"), 1); err != nil {
			t.Fatal(err)
		}
		f := p.next()
		if string(f.body) != "hello" {
			t.Errorf("%q", f.body)
		}
		p.answer(f, 200)
		if o := due(t, h.sent, "outcome"); o.err != nil {
			t.Error(o.err)
		}
		if len(h.ended) != 0 {
			t.Error("ended")
		}
	})
	conform.Covers(t, "SW-FLOW-04")
}

func TestCongestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{Patient: true, SoftLimit: 10_000, HardLimit: 20_000, Window: 1})
		var err error
		sent := 0
		for ; err == nil && sent < 100; sent++ {
			err = s.Send(Message{ContentType: "a/b", Body: make([]byte, 1000)}, uint64(sent))
		}
		if !errors.Is(err, ErrQueueFull) {
			t.Fatalf("%d messages queued, then %v", sent, err)
		}
		if !wait(t, h.flow, "congestion") {
			t.Error("relieved before congested")
		}
		for range sent - 1 {
			p.answer(p.next(), 200)
		}
		synctest.Wait()
		if wait(t, h.flow, "relief") || len(h.flow) != 0 {
			t.Error("congested again")
		}
	})
	conform.Covers(t, "SW-FLOW-01")
}

func TestCongestedTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, s, h, p := example(t, SessionConfig{Patient: true, SoftLimit: 10_000, Window: 1})
		for i := range 20 {
			if err := s.Send(Message{ContentType: "a/b", Body: make([]byte, 1000)}, uint64(i)); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 { // answers come, but too slowly
			pause(20 * time.Second)
			p.answer(p.next(), 200)
		}
		pause(19 * time.Second)
		if len(h.ended) != 0 {
			t.Fatal("ended too early")
		}
		pause(3 * time.Second)
		if err := due(t, h.ended, "end"); !errors.Is(err, ErrCongested) {
			t.Error(err)
		}
	})
	conform.Covers(t, "SW-FLOW-04")
}
