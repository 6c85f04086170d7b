package notify

import (
	"slices"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// change is one step from a revision of the board to the next, as what was
// there before it.
type change struct {
	state       confinfo.ConferenceState
	description *confinfo.Description
	name        conference.User // who changed; empty: nobody did
	before      *shown          // as he was shown; nil: he was not
}

// leastHistory is how many changes are remembered in any case.
const leastHistory = 64

// history remembers the last changes, so that a subscriber who knows an earlier
// revision can be told what is different, however many subscribers there are
// and whatever each of them knows. It is bounded: who has missed more than it
// holds gets the whole state, which is no longer then.
type history struct {
	revision uint64   // that is current
	changes  []change // the last of them led to revision
}

// add goes to the next revision. About limit changes are kept.
func (h *history) add(c change, limit int) {
	limit = max(limit, leastHistory)
	if len(h.changes) >= 2*limit {
		h.changes = slices.Delete(h.changes, 0, len(h.changes)-limit)
	}
	h.changes = append(h.changes, c)
	h.revision++
}

// skip goes to the next revision while nobody is there to be told.
func (h *history) skip() {
	h.changes = nil
	h.revision++
}

// since returns the changes after a revision; ok is false if not all of them
// are remembered.
func (h *history) since(revision uint64) (changes []change, ok bool) {
	n := h.revision - revision
	if n > uint64(len(h.changes)) {
		return nil, false
	}
	return h.changes[uint64(len(h.changes))-n:], true
}

// forget drops what led to a revision that all who are to be told know.
func (h *history) forget(revision uint64) {
	switch n := h.revision - revision; {
	case n == 0:
		h.changes = nil
	case n < uint64(len(h.changes)):
		h.changes = slices.Delete(h.changes, 0, len(h.changes)-int(n)) //nolint:gosec // less than a length
	}
}

// oldest returns the earliest revision from which on all changes are remembered.
func (h *history) oldest() uint64 { return h.revision - uint64(len(h.changes)) }
