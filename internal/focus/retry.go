package focus

import "time"

// How long callers are told to wait, D-36.
const (
	fullRetry        = time.Minute
	serverRetry      = 30 * time.Second
	terminatingRetry = 2 * time.Second
	notYetRetry      = time.Minute
)
