//go:build unix

package limits

import (
	"errors"
	"math"
	"syscall"
)

// descriptors asks the system. A new descriptor is the lowest that is free (POSIX,
// open(2)), so at least as many are used as its number says.
func descriptors() (used, most int) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, 0
	}
	most = int(min(uint64(limit.Cur), math.MaxInt32)) //nolint:unconvert // of either sign, by system
	fd, err := syscall.Open("/dev/null", syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, syscall.EMFILE):
		return most, most
	case err != nil:
		return 0, 0
	}
	_ = syscall.Close(fd)
	return fd, most
}
