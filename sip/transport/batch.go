package transport

import "iter"

// shareSize is the length in octets from which on a message is not copied into the flat
// buffer: a write of its own costs less than the copy then.
const shareSize = 16 << 10

// A batch is octets that wait to be written: small messages in one flat buffer, large
// ones where they are. The zero value is empty.
type batch struct {
	flat   []byte
	shared []shared
	octets int // of shared
}

// shared is a message that is not copied, and hence not changed any more.
type shared struct {
	after  int // how much of the flat buffer goes before it
	octets []byte
}

// size is how many octets there are.
func (b *batch) size() int { return len(b.flat) + b.octets }

// append adds a message, which must not be changed afterwards.
func (b *batch) append(octets []byte) {
	if len(octets) < shareSize {
		b.flat = append(b.flat, octets...)
		return
	}
	b.shared = append(b.shared, shared{after: len(b.flat), octets: octets})
	b.octets += len(octets)
}

// parts yields the octets in their order, at most limit at a time.
func (b *batch) parts(limit int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for run := range b.runs() {
			for len(run) > 0 {
				n := min(len(run), limit)
				if !yield(run[:n]) {
					return
				}
				run = run[n:]
			}
		}
	}
}

// runs yields the octets in their order; runs may be empty.
func (b *batch) runs() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		written := 0
		for _, m := range b.shared {
			if !yield(b.flat[written:m.after]) || !yield(m.octets) {
				return
			}
			written = m.after
		}
		yield(b.flat[written:])
	}
}
