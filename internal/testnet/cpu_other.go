//go:build !unix

package testnet

import (
	"errors"
	"time"
)

// CPUTime is for systems that are not asked: the error is [errors.ErrUnsupported].
func CPUTime() (time.Duration, error) { return 0, errors.ErrUnsupported }
