package msrp

import (
	"iter"
	"slices"
	"sync"
)

// Sizes of blocks: each twice the one before.
const (
	blockSmall = 4 << 10
	blockSizes = 5
	blockLarge = blockSmall << (blockSizes - 1)
)

// block is a stretch of output: whole frames, rendered one behind the other,
// that leave in one write.
type block struct {
	buf    []byte
	last   mark   // the stretch at the end of buf
	before []mark // those in front of it; rarely any
	cuts   []int  // where frames end, if somebody wants to know
	lo, hi uint64 // numbers of the transactions whose last octet is in here, hi excluded
	next   *block
}

// mark says whose octets a stretch of a block is. Session is nil for
// responses and reports, which outlive their session.
type mark struct {
	session *Session
	octets  int
	frames  int
}

// mark counts n octets at the end of b as frames of s.
func (b *block) mark(s *Session, n, frames int) {
	if b.last.session != s && b.last.octets > 0 {
		b.before = append(b.before, b.last)
		b.last = mark{}
	}
	b.last.session = s
	b.last.octets += n
	b.last.frames += frames
}

// marks yields the stretches of b in their order.
func (b *block) marks() iter.Seq[mark] {
	return func(yield func(mark) bool) {
		for _, m := range b.before {
			if !yield(m) {
				return
			}
		}
		if b.last.octets > 0 {
			yield(b.last)
		}
	}
}

// sends notes that the transaction n is complete with this block.
func (b *block) sends(n uint64) {
	if b.lo == b.hi {
		b.lo = n
	}
	b.hi = n + 1
}

// drop removes the frames of s and returns how many octets they had.
func (b *block) drop(s *Session) (octets int) {
	all := slices.Collect(b.marks())
	kept, at := b.buf[:0], 0
	cuts := b.cuts
	b.before, b.last, b.cuts = b.before[:0], mark{}, b.cuts[:0]
	for _, m := range all {
		for len(cuts) > 0 && cuts[0] <= at+m.octets {
			if m.session != s {
				b.cuts = append(b.cuts, cuts[0]-octets)
			}
			cuts = cuts[1:]
		}
		if m.session == s {
			octets += m.octets
		} else {
			kept = append(kept, b.buf[at:at+m.octets]...)
			b.mark(m.session, m.octets, m.frames)
		}
		at += m.octets
	}
	b.buf = kept
	return octets
}

// blockPool keeps blocks of each size. Kept buffers are worth more than
// anything else here: dropping large ones tripled the cost of a busy room.
type blockPool struct{ sizes [blockSizes]sync.Pool }

// take returns an empty block with room for at least n octets.
func (p *blockPool) take(n int) *block {
	size := blockSmall
	for i := range p.sizes {
		if n <= size {
			if b, _ := p.sizes[i].Get().(*block); b != nil {
				return b
			}
			return &block{buf: make([]byte, 0, size)}
		}
		size <<= 1
	}
	return &block{buf: make([]byte, 0, n)}
}

func (p *blockPool) give(b *block) {
	clear(b.before)
	*b = block{buf: b.buf[:0], before: b.before[:0], cuts: b.cuts[:0]}
	size := blockSmall
	for i := range p.sizes {
		if cap(b.buf) == size {
			p.sizes[i].Put(b)
			return
		}
		size <<= 1
	}
}

// enlarge moves what b holds into a block with room for n octets more.
func (p *blockPool) enlarge(b *block, n int) *block {
	big := p.take(len(b.buf) + n)
	big.buf = append(big.buf, b.buf...)
	big.before = append(big.before, b.before...)
	big.cuts = append(big.cuts, b.cuts...)
	big.last, big.lo, big.hi = b.last, b.lo, b.hi
	p.give(b)
	return big
}
