package focus

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
)

// Of how many dialogs it is remembered that they have ended, and for how long.
const (
	maxDeparted = 4096
	departedAge = time.Minute
)

// departed remembers dialogs that have ended, so that who wants to replace one learns
// that he is late and not that he is wrong (RFC 3891 §3). The oldest are forgotten
// first.
type departed struct {
	mu   sync.Mutex
	when map[dialog.ID]time.Time
	line []dialog.ID // in the order in which they ended
}

// add notes the end of a dialog.
func (d *departed) add(id dialog.ID, now time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.line) > 0 && (len(d.line) >= maxDeparted || now.Sub(d.when[d.line[0]]) > departedAge) {
		delete(d.when, d.line[0])
		d.line = d.line[1:]
	}
	if d.when == nil {
		d.when = make(map[dialog.ID]time.Time)
	}
	if _, known := d.when[id]; !known {
		d.line = append(d.line, id)
		d.when[id] = now
	}
}

// has tells whether a dialog has ended lately.
func (d *departed) has(id dialog.ID, now time.Time) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	at, ok := d.when[id]
	return ok && now.Sub(at) <= departedAge
}
