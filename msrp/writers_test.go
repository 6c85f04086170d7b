package msrp

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
)

// TestDeafPeerHoldsNobodyUp has a peer who stops reading and one who goes on, both written
// for by the same goroutines.
func TestDeafPeerHoldsNobodyUp(t *testing.T) {
	roomy := SessionConfig{SoftLimit: 32 << 20, HardLimit: 64 << 20, MaxQueued: 1 << 16, Window: 1 << 15}
	server := listening(t, Config{})
	deaf := pairOn(t, newEndpoint(t, Config{}), server, SessionConfig{}, roomy)
	other := pairOn(t, newEndpoint(t, Config{}), server, SessionConfig{}, roomy)
	const n = 1500
	for _, s := range []*Session{deaf.client, deaf.server} {
		socket, ok := s.conn.Load().nc.(*net.TCPConn)
		if !ok || socket.SetReadBuffer(32<<10) != nil || socket.SetWriteBuffer(32<<10) != nil {
			t.Fatal("buffers cannot be made small")
		}
	}
	hears := make(chan struct{})
	deaf.fromClient.decide = func(*Incoming) error {
		<-hears
		return nil
	}
	for i := range uint64(n) {
		queue(t, deaf.server, numbered(int(i), 2000), i)
		queue(t, other.server, numbered(int(i), 2000), i)
	}
	inOrder := func(r *recorder) {
		for i := range n {
			if in := wait(t, r.messages, "message"); !bytes.Equal(in.Body(), numbered(i, 2000).Body) {
				t.Fatalf("message %d differs or is out of order", i)
			}
		}
	}
	inOrder(other.fromClient)
	c := deaf.server.conn.Load()
	c.mu.Lock()
	waits := c.writing
	c.mu.Unlock()
	if !waits {
		t.Error("the deaf peer was sent everything: the test shows nothing")
	}
	close(hears)
	inOrder(deaf.fromClient)
}

// TestDeafPeerIsReset has a peer who takes nothing while he is sent more than the system
// holds: when he is cut the system keeps nothing for him either.
func TestDeafPeerIsReset(t *testing.T) {
	t.Parallel()
	server := listening(t, Config{WriteStall: time.Second})
	d := net.Dialer{}
	testnet.SmallWindow(&d, 32<<10)
	nc, err := d.DialContext(t.Context(), "tcp", server.address(false).String())
	if err != nil {
		t.Fatal(err)
	}
	s, h := exampleSession(t, server, SessionConfig{SoftLimit: 32 << 20, HardLimit: 64 << 20})
	deaf := &rawPeer{t: t, nc: nc}
	deaf.write(deaf.request("SEND", "Message-ID: first", nil, "$"))
	wait(t, h.bound, "bind")
	for i := range uint64(16) {
		queue(t, s, numbered(int(i), 1<<20), i)
	}
	if err := wait(t, h.ended, "end"); !errors.Is(err, ErrStalled) {
		t.Errorf("the session ends with %v", err)
	}
	if err := nc.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, nc); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the connection ends with %v", err)
	}
	conform.Covers(t, "SW-FLOW-04")
}

// TestSharedWriters counts how many goroutines write for connections that wait.
func TestSharedWriters(t *testing.T) {
	var w writers
	most := min(runtime.GOMAXPROCS(0), 3)
	for i := range 2*crowded + 1 {
		begins := w.add(&conn{})
		if want := i == 0 || most > 1 && i+1 == crowded || most > 2 && i+1 == 2*crowded; begins != want {
			t.Errorf("connection %d: another writer %v", i+1, begins)
		}
	}
	writers := w.running
	for left := 2*crowded + 1; left > 0; left -= handful {
		if got := len(w.take(nil)); got != min(left, handful) {
			t.Errorf("%d of %d at a time", got, left)
		}
	}
	for range writers {
		if len(w.take(nil)) != 0 {
			t.Error("something waits")
		}
	}
	if w.running != 0 || !w.add(&conn{}) {
		t.Error("nobody writes, and nobody begins")
	}
}

// TestWritersTakeTurns: the connections are taken in the order in which they came, however
// many come meanwhile, and those that were taken are not held on to.
func TestWritersTakeTurns(t *testing.T) {
	var w writers
	var came, taken []*conn
	come := func(n int) {
		for range n {
			came = append(came, &conn{})
			w.add(came[len(came)-1])
		}
	}
	come(10 * handful)
	for range 100 * handful { // as many come as go: none is ever the last one
		taken = w.take(taken)
		come(handful)
	}
	if n := cap(w.waiting); n > 40*handful {
		t.Errorf("room for %d, of whom %d wait", n, 10*handful)
	}
	for len(taken) < len(came) {
		taken = w.take(taken)
	}
	if !slices.Equal(taken, came) {
		t.Error("not in their order")
	}
	if slices.ContainsFunc(w.waiting[:cap(w.waiting)], func(c *conn) bool { return c != nil }) {
		t.Error("connections that wait no more are held")
	}
}

// BenchmarkWritersTake has 10,000 connections taken.
func BenchmarkWritersTake(b *testing.B) {
	var w writers
	var c conn
	var batch [handful]*conn
	for b.Loop() {
		for range 10_000 {
			w.add(&c)
		}
		for len(w.take(batch[:0])) > 0 {
			continue
		}
	}
}
