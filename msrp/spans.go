package msrp

import "slices"

// span is a run of octets, counted from 0; end is the first one behind it.
type span struct{ at, end int64 }

// spans are the octets received of a message that is not held in memory: sorted,
// disjoint, never adjacent.
type spans []span

// add notes a run of octets. It reports false if the message has too many gaps.
func (x *spans) add(at, end int64) bool {
	if at == end {
		return true
	}
	all := *x
	i := 0
	for i < len(all) && all[i].end < at {
		i++
	}
	j := i
	for j < len(all) && all[j].at <= end {
		at, end = min(at, all[j].at), max(end, all[j].end)
		j++
	}
	if i == j && len(all) == maxExtents {
		return false
	}
	*x = slices.Replace(all, i, j, span{at, end})
	return true
}

// highest returns the number of octets up to the last one received.
func (x spans) highest() int64 {
	if len(x) == 0 {
		return 0
	}
	return x[len(x)-1].end
}

// whole reports that exactly the first total octets are there.
func (x spans) whole(total int64) bool {
	return total == 0 && len(x) == 0 || len(x) == 1 && x[0] == span{0, total}
}
