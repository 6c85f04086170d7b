//go:build unix

package server

import (
	"math"
	"syscall"
)

// files returns how many files this process may have open at a time: as many as the
// sieges are meant for, if it may raise its limit.
func files() int {
	const wanted = 20_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt
	}
	if limit.Cur < wanted {
		more := syscall.Rlimit{Cur: wanted, Max: max(limit.Max, wanted)}
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &more) == nil {
			return wanted
		}
	}
	return int(min(limit.Cur, math.MaxInt))
}
