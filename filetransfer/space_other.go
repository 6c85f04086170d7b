//go:build !linux && !darwin

package filetransfer

import "math"

// free knows no way to ask: a full disk shows when it is written to.
func free(string) (int64, error) { return math.MaxInt64, nil }
