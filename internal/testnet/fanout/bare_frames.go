package fanout

import (
	"errors"
	"math"
	"net"

	"github.com/confab-chat/confab/websocket/wsframe"
)

// unframed is the server's side of a WebSocket, read as if there were no frames.
type unframed struct {
	net.Conn

	held []byte // read, and not yet looked at
	buf  []byte
	left int // of the payload at hand
	mask [4]byte
}

// Read implements net.Conn.
func (u *unframed) Read(p []byte) (n int, err error) {
	for n == 0 {
		if n, err = u.take(p); n > 0 || err != nil {
			return n, err
		}
		held := copy(u.buf, u.held)
		m, err := u.Conn.Read(u.buf[held:])
		if err != nil {
			return 0, err
		}
		u.held = u.buf[:held+m]
	}
	return n, nil
}

// take moves as much of the payloads that are held to p as there is room for.
func (u *unframed) take(p []byte) (n int, err error) {
	for n < len(p) {
		if u.left == 0 {
			h, size, err := wsframe.Server.Parse(u.held, math.MaxInt32)
			if errors.Is(err, wsframe.ErrIncomplete) {
				return n, nil
			}
			if err != nil {
				return n, err
			}
			u.held, u.left, u.mask = u.held[size:], h.Length, h.Mask
			continue
		}
		k := copy(p[n:], u.held[:min(u.left, len(u.held))])
		if k == 0 {
			break
		}
		wsframe.XOR(p[n:n+k], u.mask)
		u.mask = wsframe.Rotate(u.mask, k)
		u.held, u.left, n = u.held[k:], u.left-k, n+k
	}
	return n, nil
}
