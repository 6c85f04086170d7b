package msrp

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/websocket/wsframe"
)

// writeLock lets one writer at a time use a WebSocket.
type writeLock struct {
	sync.Mutex

	closing bool // a close frame has been written: nothing may follow it
}

// writeMessages writes the frames in p, which end at cuts, each as a WebSocket
// message, all in one write: text where it is valid UTF-8, for the sake of
// browsers, else binary. RFC 7977 §4.2, §5.1. [WS-02] [WS-03]
func (w *webConn) writeMessages(pool *blockPool, p []byte, cuts []int) error {
	b := pool.take(len(p) + len(cuts)*wsframe.MaxHeader)
	defer pool.give(b)
	at := 0
	for _, end := range cuts {
		b.buf = w.role.Append(b.buf, wsframe.KindOf(p[at:end]), p[at:end])
		at = end
	}
	w.out.Lock()
	defer w.out.Unlock()
	if w.out.closing {
		return nil // [WS-11]
	}
	_, err := w.Write(b.buf)
	return err
}

// control writes a control frame.
func (w *webConn) control(op wsframe.Opcode, payload []byte) error {
	w.out.Lock()
	defer w.out.Unlock()
	if w.out.closing {
		return nil
	}
	_, err := w.Write(w.role.Append(nil, op, payload))
	return err
}

// goodbye writes a close frame unless one has been written. It does not wait.
// RFC 6455 §5.5.1. [WS-11]
func (w *webConn) goodbye(code uint16) error {
	if !w.out.TryLock() { // a write does not come to an end: no use in waiting
		return ErrStalled
	}
	defer w.out.Unlock()
	if w.out.closing {
		return nil
	}
	w.out.closing = true
	if err := w.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	_, err := w.Conn.Write(w.role.Append(nil, wsframe.Close, wsframe.ClosePayload(code)))
	return err
}

// CloseWrite ends our direction, after all that was due.
func (w *webConn) CloseWrite() error {
	if nc, ok := w.Conn.(interface{ CloseWrite() error }); ok {
		return nc.CloseWrite()
	}
	return ErrEnd
}
