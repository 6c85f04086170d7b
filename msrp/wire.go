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

// write writes frames, unless the last one has been written.
func (w *webConn) write(frames []byte) error {
	w.out.Lock()
	defer w.out.Unlock()
	if w.out.closing {
		return nil // [WS-11]
	}
	_, err := w.Write(frames)
	return err
}

// control writes a control frame.
func (w *webConn) control(op wsframe.Opcode, payload []byte) error {
	return w.write(w.role.Append(nil, op, payload))
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
