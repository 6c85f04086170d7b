//go:build unix

package limits

import (
	"math"
	"syscall"
)

// MostFiles is how many file descriptors the process may have, 0 if nobody knows.
func MostFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), math.MaxInt32)) //nolint:unconvert // of either sign, by system
}
