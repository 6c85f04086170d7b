//go:build unix

package testnet

import (
	"syscall"
	"time"
)

// CPUTime returns the processor time that this process has used so far, that of the kernel
// for it included. The error is [errors.ErrUnsupported] where the system is not asked.
func CPUTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, err
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}
