package msrp

import (
	"context"
	"sync"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// wire is the stream below a WebSocket. While it is corked, what is written
// waits, so that many messages leave in one write.
type wire struct {
	guarded

	client bool

	mu      sync.Mutex
	corked  bool
	closing bool // a close frame has been written: nothing may follow it
	buf     []byte
}

// Write implements net.Conn.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.closing:
		return len(p), nil // [WS-11]
	case w.corked:
		w.buf = append(w.buf, p...)
		return len(p), nil
	}
	w.closing = isCloseFrame(p)
	return w.guarded.Write(p)
}

func (w *wire) cork() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.corked = true
}

// uncork writes what has been held back.
func (w *wire) uncork() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.corked = false
	if w.closing || len(w.buf) == 0 {
		return nil
	}
	_, err := w.guarded.Write(w.buf)
	if w.buf = w.buf[:0]; cap(w.buf) > blockLarge+blockSmall {
		w.buf = nil
	}
	return err
}

// writeMessages writes the frames in p, which end at cuts, each as a WebSocket
// message: text where it is valid UTF-8, for the sake of browsers, else binary.
// RFC 7977 §4.2, §5.1. [WS-02] [WS-03]
func (w *webConn) writeMessages(p []byte, cuts []int) error {
	w.cork()
	at := 0
	for _, end := range cuts {
		kind := websocket.MessageText
		if !utf8.Valid(p[at:end]) {
			kind = websocket.MessageBinary
		}
		if err := w.ws.Write(context.Background(), kind, p[at:end]); err != nil {
			return err
		}
		at = end
	}
	return w.uncork()
}
