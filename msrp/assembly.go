package msrp

import "slices"

// maxExtents bounds the gaps in a half-received message.
const maxExtents = 256

// extent is a run of octets received, counted from 0.
type extent struct {
	at    int64
	store []byte // the octets, behind so many spare ones
	spare int
}

// extentOf is an extent with a copy of p.
func extentOf(at int64, p []byte) extent { return extent{at: at, store: slices.Clone(p)} }

func (e *extent) octets() []byte { return e.store[e.spare:] }

func (e *extent) end() int64 { return e.at + int64(len(e.octets())) }

// widen makes room from low to high, around what is there. It takes as much again in
// front of it, if octets can come there, so that chunks in falling order cost no more
// than those in rising order.
func (e *extent) widen(low, high int64) {
	front, back := int(e.at-low), int(high-e.end())
	if front > e.spare {
		held := e.octets()
		spare := min(len(held)+front, int(low))
		store := make([]byte, spare+front+len(held), spare+front+len(held)+back)
		copy(store[spare+front:], held)
		e.store, e.spare = store, spare+front
	}
	e.at, e.spare = low, e.spare-front
	e.store = slices.Grow(e.store, back)[:len(e.store)+back]
}

// assembly joins the chunks of one message, in whatever order they come.
// Memory grows with the octets received, never with what a header announces.
// [MSRP-RCV-03] [MSRP-RCV-06]
type assembly struct {
	extents []extent // sorted, disjoint, never adjacent
	held    int64    // octets in extents
	total   int64    // -1 until the last chunk said so
}

// write stores p at octet at. Where it overlaps what is there, p wins.
// It reports false if the message has too many gaps. [MSRP-RCV-04]
func (a *assembly) write(at int64, p []byte) bool {
	if len(p) == 0 {
		return true
	}
	last := len(a.extents) - 1
	if last >= 0 && a.extents[last].end() == at { // in order
		a.extents[last].store = append(a.extents[last].store, p...)
		a.held += int64(len(p))
		return true
	}
	if last < 0 || a.extents[last].end() < at {
		if len(a.extents) == maxExtents {
			return false
		}
		a.extents = append(a.extents, extentOf(at, p))
		a.held += int64(len(p))
		return true
	}
	return a.merge(at, p)
}

// merge stores p where it touches or precedes extents that are there already.
func (a *assembly) merge(at int64, p []byte) bool {
	end := at + int64(len(p))
	i := 0
	for i < len(a.extents) && a.extents[i].end() < at {
		i++
	}
	j := i
	for j < len(a.extents) && a.extents[j].at <= end {
		j++
	}
	if i == j { // in a gap
		if len(a.extents) == maxExtents {
			return false
		}
		a.extents = slices.Insert(a.extents, i, extentOf(at, p))
		a.held += int64(len(p))
		return true
	}
	a.join(i, j, at, p)
	return true
}

// join makes one extent of those from i to j, excluding j, and of p, which touches them
// all. The largest stays where it is: so no octet is moved more often than the
// extent that it is in doubles.
func (a *assembly) join(i, j int, at int64, p []byte) {
	touched := a.extents[i:j]
	largest, low, high := 0, at, at+int64(len(p))
	for k := range touched {
		e := &touched[k]
		if len(e.octets()) > len(touched[largest].octets()) {
			largest = k
		}
		low, high = min(low, e.at), max(high, e.end())
		a.held -= int64(len(e.octets()))
	}
	into := touched[largest]
	into.widen(low, high)
	for k := range touched {
		if e := &touched[k]; k != largest {
			copy(into.octets()[e.at-low:], e.octets())
		}
	}
	copy(into.octets()[at-low:], p)
	a.held += high - low
	a.extents[i] = into
	a.extents = slices.Delete(a.extents, i+1, j)
}

// prefix returns the octets that are there without a gap from the first on.
func (a *assembly) prefix() []byte {
	if len(a.extents) == 0 || a.extents[0].at != 0 {
		return nil
	}
	return a.extents[0].octets()
}

// highest returns the number of octets up to the last one received.
func (a *assembly) highest() int64 {
	if len(a.extents) == 0 {
		return 0
	}
	return a.extents[len(a.extents)-1].end()
}

// complete reports that every octet up to the total is there.
func (a *assembly) complete() bool {
	return a.total >= 0 && int64(len(a.prefix())) == a.total
}
