package local

import (
	"sort"

	"github.com/confab-chat/confab/internal/journal"
)

// ring is a queue of entries in the order of their positions, in an array whose
// size is a power of two.
type ring struct {
	entries []journal.Entry
	head    int
	count   int
}

func (r *ring) len() int { return r.count }

// at returns the entry i places behind the oldest.
func (r *ring) at(i int) journal.Entry {
	return r.entries[(r.head+i)&(len(r.entries)-1)]
}

func (r *ring) push(e journal.Entry) {
	if r.count == len(r.entries) {
		r.grow()
	}
	r.entries[(r.head+r.count)&(len(r.entries)-1)] = e
	r.count++
}

// pop removes the oldest entry.
func (r *ring) pop() journal.Entry {
	e := r.entries[r.head]
	r.entries[r.head] = journal.Entry{}
	r.head = (r.head + 1) & (len(r.entries) - 1)
	r.count--
	return e
}

func (r *ring) grow() {
	grown := make([]journal.Entry, max(8, 2*len(r.entries)))
	n := copy(grown, r.entries[r.head:])
	copy(grown[n:], r.entries[:r.head])
	r.entries, r.head = grown, 0
}

// search returns the index of the first entry behind the position.
func (r *ring) search(after journal.Position) int {
	return sort.Search(r.count, func(i int) bool { return r.at(i).Position > after })
}

// page returns n entries from the index first on.
func (r *ring) page(first, n int) []journal.Entry {
	entries := make([]journal.Entry, n)
	for k := range entries {
		entries[k] = r.at(first + k)
	}
	return entries
}
