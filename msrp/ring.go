package msrp

import "github.com/confab-chat/confab/msrp/msrpwire"

type slotKind uint8

const (
	slotFree      slotKind = iota
	slotMessage            // a message in one SEND; ref says which
	slotChunk              // one of several chunks of slot.out
	slotBind               // the first, bodiless SEND of an active session
	slotKeepAlive          // a bodiless SEND that asks for a sign of life
	slotRequest            // another method; slot.out.done gets the answer
)

// slot is a request of ours that waits for its response.
type slot struct {
	session *Session
	out     *outgoing // slotChunk and slotRequest
	ref     uint64    // slotMessage: the caller's reference
	content *string   // kind of a message
	sent    int64     // when its last octet was handed to the system, 0 = not yet; on the endpoint's clock
	end     int64     // where its last octet stands: see arrival; in its block, until that was handed over
	kind    slotKind
	silent  bool // Failure-Report partial: good answers do not come
	settled bool // silent, and its outcome has been told
}

// reply is what reads the answer before its outcome is told.
func (s *slot) reply() func(*msrpwire.Head) {
	if s.kind == slotRequest && s.out.reply != nil {
		return s.out.reply
	}
	return func(*msrpwire.Head) {}
}

// ring holds the open transactions of one connection, indexed by the counter
// of their transaction ids: no map, no allocation and no timer per request.
// Numbers go up by one, in step with msrpwire.TIDs.
type ring struct {
	slots      []slot // length is a power of two, or zero
	head, tail uint64 // numbers of the oldest slot in use and of the next one
}

const (
	ringMin = 8
	ringMax = 1 << 16
)

// full reports that no further transaction can be opened.
func (r *ring) full() bool { return r.tail-r.head >= ringMax }

// open takes the next number.
func (r *ring) open() (uint64, *slot) {
	if r.tail-r.head == uint64(len(r.slots)) {
		r.grow()
	}
	n := r.tail
	r.tail++
	return n, &r.slots[n&uint64(len(r.slots)-1)]
}

// skip takes the next number for a request that nobody answers.
func (r *ring) skip() uint64 {
	n, _ := r.open()
	if r.head == n {
		r.head = r.tail
	}
	return n
}

func (r *ring) grow() {
	next := make([]slot, max(ringMin, 2*len(r.slots)))
	for n := r.head; n != r.tail; n++ {
		next[n&uint64(len(next)-1)] = r.slots[n&uint64(len(r.slots)-1)]
	}
	r.slots = next
}

// at returns the open slot with number n, nil if there is none.
func (r *ring) at(n uint64) *slot {
	if n-r.head >= r.tail-r.head {
		return nil
	}
	if s := &r.slots[n&uint64(len(r.slots)-1)]; s.kind != slotFree {
		return s
	}
	return nil
}

// free closes the transaction n.
func (r *ring) free(n uint64) {
	r.slots[n&uint64(len(r.slots)-1)] = slot{}
	for r.head != r.tail && r.slots[r.head&uint64(len(r.slots)-1)].kind == slotFree {
		r.head++
	}
}

// shrink gives memory back when nothing is open.
func (r *ring) shrink() {
	if r.head == r.tail && len(r.slots) > ringMin {
		r.slots = nil
	}
}
