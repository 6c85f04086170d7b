package msrp

import (
	"slices"

	"github.com/confab-chat/confab/websocket/wsframe"
)

// outbox is the flat output of a connection.
type outbox struct {
	pool           *blockPool
	oldest, newest *block
	octets         int
	recent         int // size of the block that left last: the next will be much the same

	// Fixed after construction.
	web    bool         // each message stands in a WebSocket frame
	role   wsframe.Role // in the WebSocket
	tapped bool         // cuts are wanted
}

// begin returns the block that the next message of at most n octets goes to, and
// where in it the message, or the frame around it, begins.
func (o *outbox) begin(n int) (b *block, from int) {
	b = o.room(n + wsframe.MaxHeader)
	return b, o.open(b)
}

// open begins a message at the end of b.
func (o *outbox) open(b *block) (from int) {
	from = len(b.buf)
	if o.web {
		b.buf = o.role.Reserve(b.buf)
	}
	return from
}

// seal ends the message that fills b from octet from on. A WebSocket carries each
// in a message of its own: as text where it is valid UTF-8, for the sake of
// browsers, else as binary. A content of which text is true is known to be that.
// RFC 7977 §4.2, §5.1. [WS-02] [WS-03]
func (o *outbox) seal(b *block, from int, text bool) {
	if o.web {
		kind := wsframe.Text
		if !text {
			kind = wsframe.KindOf(o.role.Payload(b.buf[from:]))
		}
		b.buf = o.role.Seal(b.buf, from, kind)
	}
	if o.tapped {
		b.cuts = append(b.cuts, len(b.buf))
	}
}

// room returns the block that the next frame of at most n octets goes to.
func (o *outbox) room(n int) *block {
	b := o.newest
	switch {
	case b == nil:
		b = o.pool.take(max(n, o.recent))
		o.oldest, o.newest = b, b
	case cap(b.buf)-len(b.buf) >= n:
	case cap(b.buf) < blockLarge && blockLarge-len(b.buf) >= n && o.oldest == b:
		b = o.pool.enlarge(b, n)
		o.oldest, o.newest = b, b
	default:
		b.next = o.pool.take(max(n, blockLarge))
		b = b.next
		o.newest = b
	}
	return b
}

// unwrap returns the message in what seal has made of it, perhaps a copy.
func (o *outbox) unwrap(b []byte) []byte {
	if !o.web {
		return b
	}
	h, n, err := (!o.role).Parse(b, len(b)) // as the peer does
	if err != nil {
		return nil // it is our own frame: it can be read
	}
	if b = b[n:]; h.Masked {
		b = slices.Clone(b)
		wsframe.XOR(b, h.Mask)
	}
	return b
}

// wrote seals the message that fills b from octet from on, and counts it as one of s.
func (o *outbox) wrote(b *block, s *Session, from int, text bool) {
	o.seal(b, from, text)
	n := len(b.buf) - from
	b.mark(s, n, 1)
	o.octets += n
}

// next takes the oldest block out, nil if there is none.
func (o *outbox) next() *block {
	b := o.oldest
	if b == nil {
		return nil
	}
	if o.oldest = b.next; o.oldest == nil {
		o.newest = nil
	}
	b.next = nil
	o.octets -= len(b.buf)
	o.recent = min(len(b.buf), blockLarge)
	return b
}

// drop removes all frames of s that are still here.
func (o *outbox) drop(s *Session) {
	b := o.oldest
	o.oldest, o.newest = nil, nil
	for b != nil {
		next := b.next
		b.next = nil
		o.octets -= b.drop(s)
		switch {
		case len(b.buf) == 0:
			o.pool.give(b)
		case o.newest == nil:
			o.oldest, o.newest = b, b
		default:
			o.newest.next = b
			o.newest = b
		}
		b = next
	}
}
