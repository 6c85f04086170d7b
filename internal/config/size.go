package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Size is a number of octets.
type Size int64

// ParseSize reads a number with one of the units B, KiB, MiB and GiB; without a
// unit it counts octets.
func ParseSize(s string) (Size, error) {
	digits, unit := s, int64(1)
	for _, u := range sizeUnits() {
		if rest, ok := strings.CutSuffix(s, u.name); ok {
			digits, unit = rest, u.octets
			break
		}
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%q is no size such as 64KiB", s)
	}
	return Size(n * unit), nil
}

// String gives the size in the largest unit that divides it.
func (s Size) String() string {
	for _, u := range sizeUnits() {
		if s != 0 && int64(s)%u.octets == 0 {
			return strconv.FormatInt(int64(s)/u.octets, 10) + u.name
		}
	}
	return "0B"
}

type sizeUnit struct {
	name   string
	octets int64
}

// sizeUnits lists the units, larger ones first.
func sizeUnits() []sizeUnit {
	return []sizeUnit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}
}
