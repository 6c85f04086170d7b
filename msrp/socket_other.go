//go:build !linux

package msrp

import (
	"errors"
	"syscall"
)

// held is for systems whose sockets are not asked: what was written to them counts as
// arrived.
func held(syscall.RawConn) (octets int64, err error) { return 0, errors.ErrUnsupported }

// socketKnows says that held can be asked.
const socketKnows = false
