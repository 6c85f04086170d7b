package limits

import "sync/atomic"

// Files says whether the process has file descriptors left for connections, of whatever
// protocol: a tenth of what it may have is kept for everything else, the store, its own
// connections, configuration that is read again. It is safe for concurrent use.
type Files struct {
	usage   func() (used, most int)
	refused atomic.Uint64
}

// NewFiles returns one that asks usage how many descriptors are used, and how many there
// may be, 0 if nobody knows. nil: it asks the system.
func NewFiles(usage func() (used, most int)) *Files {
	if usage == nil {
		usage = descriptors
	}
	return &Files{usage: usage}
}

// Left reports whether another connection may stay.
func (f *Files) Left() bool {
	used, most := f.usage()
	if most > 0 && used > most-most/10 {
		f.refused.Add(1)
		return false
	}
	return true
}

// Refused is how often Left said no.
func (f *Files) Refused() uint64 { return f.refused.Load() }
