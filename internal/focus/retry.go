package focus

import (
	"errors"
	"time"
)

// How long callers are told to wait, D-36.
const (
	fullRetry        = time.Minute
	serverRetry      = 30 * time.Second
	terminatingRetry = 2 * time.Second
	notYetRetry      = time.Minute
)

// ErrMixerFull is the error of a mixer without room for another leg.
var ErrMixerFull = errors.New("focus: mixer is full")
