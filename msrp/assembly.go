package msrp

import "slices"

// maxExtents bounds the gaps in a half-received message.
const maxExtents = 256

// extent is a run of octets received, counted from 0.
type extent struct {
	at  int64
	buf []byte
}

func (e *extent) end() int64 { return e.at + int64(len(e.buf)) }

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
		a.extents[last].buf = append(a.extents[last].buf, p...)
		a.held += int64(len(p))
		return true
	}
	if last < 0 || a.extents[last].end() < at {
		if len(a.extents) == maxExtents {
			return false
		}
		a.extents = append(a.extents, extent{at: at, buf: slices.Clone(p)})
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
		a.extents = slices.Insert(a.extents, i, extent{at: at, buf: slices.Clone(p)})
		a.held += int64(len(p))
		return true
	}
	first := &a.extents[i]
	if first.at <= at && end <= first.end() {
		copy(first.buf[at-first.at:], p)
		return true
	}
	low, high := min(at, first.at), max(end, a.extents[j-1].end())
	buf := first.buf
	if low < first.at {
		buf = make([]byte, 0, high-low)
	}
	buf = slices.Grow(buf, int(high-low)-len(buf))[:high-low]
	if low < first.at {
		copy(buf[first.at-low:], first.buf)
	}
	a.held -= int64(len(first.buf))
	for _, e := range a.extents[i+1 : j] {
		copy(buf[e.at-low:], e.buf)
		a.held -= int64(len(e.buf))
	}
	copy(buf[at-low:], p)
	a.extents[i] = extent{at: low, buf: buf}
	a.extents = slices.Delete(a.extents, i+1, j)
	a.held += high - low
	return true
}

// prefix returns the octets that are there without a gap from the first on.
func (a *assembly) prefix() []byte {
	if len(a.extents) == 0 || a.extents[0].at != 0 {
		return nil
	}
	return a.extents[0].buf
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
