//go:build !unix

package msrp

import "net"

// direct is not to be had here: each connection has its own writer, and a buffer.
type direct struct{}

func newDirect(net.Conn) *direct { return nil }

func (*direct) write([]byte) int { return 0 }

func (*direct) read(*readPool, []byte) ([]byte, int, error) { return nil, 0, net.ErrClosed }
