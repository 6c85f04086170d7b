package msrp

import (
	"bytes"
	"net"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// BenchmarkCopy is the cost of one copy of a prepared message: into the output
// buffer of a leg, and its answer matched; without the system's part.
func BenchmarkCopy(b *testing.B) {
	ep := New(Config{})
	near, far := net.Pipe()
	if err := ep.ServeConn(far); err != nil {
		b.Fatal(err)
	}
	defer func() {
		_ = near.Close()
		if err := ep.Close(); err != nil {
			b.Error(err)
		}
	}()
	s, err := ep.NewSession(SessionConfig{Handler: agreeable{}, Host: "192.0.2.1", Port: 2855, HardLimit: 1 << 30})
	if err != nil {
		b.Fatal(err)
	}
	path, err := msrpwire.Path(aliceURI).URIs()
	if err != nil {
		b.Fatal(err)
	}
	s.SetRemote(path)
	var c *conn
	for c = range ep.conns {
		break
	}
	if e := c.bind(s); e != nil {
		b.Fatal(e)
	}
	sh, err := Prepare(Message{ContentType: "message/cpim", Body: make([]byte, 286)})
	if err != nil {
		b.Fatal(err)
	}
	c.mu.Lock()
	c.writing = true // this benchmark is the writer
	c.mu.Unlock()
	var done []event
	var sent []byte
	head := msrpwire.Head{Status: msrpwire.StatusOK}
	b.ReportAllocs()
	for n := range b.N {
		if err := s.SendShared(sh, uint64(n)); err != nil {
			b.Fatal(err)
		}
		if n%32 != 31 && n != b.N-1 {
			continue
		}
		c.mu.Lock()
		block := c.next()
		sent = append(sent[:0], block.buf...)
		done = c.account(block, done[:0])
		c.pool().give(block)
		c.mu.Unlock()
		for _, frame := range bytes.SplitAfter(sent, []byte("$\r\n")) {
			if len(frame) > 0 {
				head.TID, _, _ = bytes.Cut(frame[len("MSRP "):], []byte{' '})
				c.response(&head)
			}
		}
	}
}
