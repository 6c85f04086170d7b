package msrp

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// agreeable accepts everything and keeps nothing.
type agreeable struct{}

func (agreeable) Bound()                          {}
func (agreeable) Message(in *Incoming)            { in.Accept() }
func (agreeable) Sent(uint64, error)              {}
func (agreeable) Ended(error)                     {}
func (agreeable) Report(Report)                   {}
func (agreeable) Nickname(r *NicknameRequest)     { r.Respond(nil) }
func (agreeable) Begin(*Incoming) error           { return nil }
func (agreeable) Inspect(*Incoming) (bool, error) { return false, nil }

// FuzzStream gives an endpoint arbitrary octets. It must not panic or hang, and
// nothing may stay on account when the connection has ended.
func FuzzStream(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		var client strings.Builder
		for part := range strings.SplitSeq(string(raw), "== ") {
			if text, ok := strings.CutPrefix(part, "client\n"); ok {
				client.WriteString(strings.ReplaceAll(text, "\n", "\r\n"))
			}
		}
		f.Add([]byte(client.String()))
	}
	f.Fuzz(func(t *testing.T, stream []byte) {
		ep := New(Config{KeepAlive: -1, PartialOctets: 1 << 20})
		fixedSession(t, ep, SessionConfig{Handler: agreeable{}, MaxSize: 1 << 16, Seen: NewSeen(0, 0)}, roomURI, aliceURI)
		near, far := net.Pipe()
		if err := ep.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		read := make(chan struct{})
		go func() {
			defer close(read)
			_, _ = io.Copy(io.Discard, near)
		}()
		_ = near.SetWriteDeadline(time.Now().Add(patience))
		if _, err := near.Write(stream); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error("the endpoint neither reads nor ends the connection")
		}
		_ = near.Close()
		<-read
		if err := ep.Close(); err != nil {
			t.Error(err)
		}
		if n := ep.partials.Load(); n != 0 {
			t.Errorf("%d octets still on account", n)
		}
	})
}

// FuzzWebSocket feeds a WebSocket with arbitrary frames: whatever comes, the
// endpoint stands, and what it holds of it is bounded.
func FuzzWebSocket(f *testing.F) {
	bind := webSend("0001", "")
	f.Add(webFrame(fin|opText, bind))
	f.Add(append(webFrame(opBinary, bind[:40]), webFrame(fin, bind[40:])...))
	f.Add(append(webFrame(fin|opPing, "x"), webFrame(fin|opText, webSend("0002", "hello"))...))
	f.Add(append(webFrame(fin|opText, bind+bind), webFrame(fin|opClose, "\x03\xe8")...))
	f.Add(webFrame(fin|opText, "\xff"))
	f.Fuzz(func(t *testing.T, octets []byte) {
		ep := New(Config{KeepAlive: -1})
		fixedSession(t, ep, SessionConfig{Handler: agreeable{}, WebSocket: true}, webRoom, webAlice)
		near, far := net.Pipe()
		go func() { _, _ = io.Copy(io.Discard, near) }()
		c, err := ep.start(&webConn{guarded: guarded{Conn: far}, limit: 1 << 16}, true, "")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = near.Write(octets)
		_ = near.Close()
		if err := ep.Close(); err != nil {
			t.Error(err)
		}
		if n := cap(c.web.in.held); n > 1<<17 {
			t.Errorf("%d octets are held", n)
		}
	})
}
