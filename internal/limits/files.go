package limits

import "sync/atomic"

// Files counts the file descriptors that accepted connections take, of all protocols, and
// keeps a tenth of those that the process may have for everything else: the store, its own
// connections, configuration that is read again. It is safe for concurrent use; nil allows
// everything.
type Files struct {
	most    int64 // fixed
	taken   atomic.Int64
	refused atomic.Uint64
}

// NewFiles returns a count that allows nine tenths of limit; 0: any number.
func NewFiles(limit int) *Files {
	if limit <= 0 {
		return nil
	}
	return &Files{most: int64(limit) - int64(limit+9)/10}
}

// Acquire counts one more, unless there are too many. What it has allowed is given back by
// Release.
func (f *Files) Acquire() bool {
	if f == nil {
		return true
	}
	if f.taken.Add(1) > f.most {
		f.taken.Add(-1)
		f.refused.Add(1)
		return false
	}
	return true
}

// Release counts one less.
func (f *Files) Release() {
	if f != nil {
		f.taken.Add(-1)
	}
}

// Refused is how often Acquire said no.
func (f *Files) Refused() uint64 {
	if f == nil {
		return 0
	}
	return f.refused.Load()
}
