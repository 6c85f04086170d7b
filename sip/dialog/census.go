package dialog

import "sync"

// census counts the dialogs and tells when there are none.
type census struct {
	mu   sync.Mutex
	n    int
	none chan struct{} // closed when n falls to zero; nil unless somebody waits
}

func (c *census) add(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.n += n
	if c.n == 0 && c.none != nil {
		close(c.none)
		c.none = nil
	}
}

func (c *census) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

// empty returns a channel that is closed when there is no dialog.
func (c *census) empty() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	if c.none == nil {
		c.none = make(chan struct{})
	}
	return c.none
}
