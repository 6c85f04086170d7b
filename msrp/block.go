package msrp

import "sync"

// Sizes of blocks: each four times the one before.
const (
	blockSmall = 4 << 10
	blockSizes = 3
	blockLarge = blockSmall << (2 * (blockSizes - 1))
)

// block is a stretch of output: whole frames, rendered one behind the other,
// that leave in one write.
type block struct {
	buf    []byte
	marks  []mark
	lo, hi uint64 // numbers of the transactions whose last octet is in here, hi excluded
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
	if last := len(b.marks) - 1; last >= 0 && b.marks[last].session == s {
		b.marks[last].octets += n
		b.marks[last].frames += frames
		return
	}
	b.marks = append(b.marks, mark{session: s, octets: n, frames: frames})
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
	kept, marks, at := b.buf[:0], b.marks[:0], 0
	for _, m := range b.marks {
		if m.session == s {
			octets += m.octets
		} else {
			kept = append(kept, b.buf[at:at+m.octets]...)
			marks = append(marks, m)
		}
		at += m.octets
	}
	b.buf, b.marks = kept, marks
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
		size <<= 2
	}
	return &block{buf: make([]byte, 0, n)}
}

func (p *blockPool) give(b *block) {
	clear(b.marks)
	b.buf, b.marks, b.lo, b.hi = b.buf[:0], b.marks[:0], 0, 0
	size := blockSmall
	for i := range p.sizes {
		if cap(b.buf) == size {
			p.sizes[i].Put(b)
			return
		}
		size <<= 2
	}
}

// enlarge moves what b holds into a block with room for n octets more.
func (p *blockPool) enlarge(b *block, n int) *block {
	big := p.take(len(b.buf) + n)
	big.buf = append(big.buf, b.buf...)
	big.marks = append(big.marks, b.marks...)
	big.lo, big.hi = b.lo, b.hi
	p.give(b)
	return big
}

// outbox is the flat output of a connection, oldest block first.
type outbox struct {
	pool   *blockPool
	blocks []*block
	octets int
}

// room returns the block that the next frame of at most n octets goes to.
func (o *outbox) room(n int) *block {
	if last := len(o.blocks) - 1; last >= 0 {
		b := o.blocks[last]
		if cap(b.buf)-len(b.buf) >= n {
			return b
		}
		if cap(b.buf) < blockLarge && blockLarge-len(b.buf) >= n {
			b = o.pool.enlarge(b, n)
			o.blocks[last] = b
			return b
		}
	}
	b := o.pool.take(n)
	o.blocks = append(o.blocks, b)
	return b
}

// wrote counts the frame that fills b from octet from on.
func (o *outbox) wrote(b *block, s *Session, from int) {
	n := len(b.buf) - from
	b.mark(s, n, 1)
	o.octets += n
}

// next takes the oldest block out, nil if there is none.
func (o *outbox) next() *block {
	if len(o.blocks) == 0 {
		return nil
	}
	b := o.blocks[0]
	if len(o.blocks) == 1 {
		o.blocks = o.blocks[:0]
	} else {
		o.blocks = append(o.blocks[:0], o.blocks[1:]...)
	}
	o.octets -= len(b.buf)
	return b
}

// drop removes all frames of s that are still here.
func (o *outbox) drop(s *Session) {
	left := o.blocks[:0]
	for _, b := range o.blocks {
		o.octets -= b.drop(s)
		if len(b.buf) == 0 {
			o.pool.give(b)
			continue
		}
		left = append(left, b)
	}
	clear(o.blocks[len(left):])
	o.blocks = left
}
