package participant

import "sync"

// decision is taken once: by the application, or by whoever asks giving up.
type decision struct {
	decided chan struct{} // closed when it was, or was withdrawn

	mu        sync.Mutex
	done      bool // guarded by mu
	withdrawn bool // guarded by mu
}

// over reports whether who asked has given up.
func (d *decision) over() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.withdrawn
}

// decide reports whether it is the first.
func (d *decision) decide(withdrawn bool) (first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.done {
		return false
	}
	d.done, d.withdrawn = true, withdrawn
	close(d.decided)
	return true
}
