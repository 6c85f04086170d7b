package participant

import (
	"slices"

	"github.com/confab-chat/confab/msrp"
)

// unconfirmedMax bounds the messages that wait for their confirmation; the oldest
// are given up as unconfirmed.
const unconfirmedMax = 1024

// sending is a message that is not confirmed yet.
type sending struct {
	ref      uint64
	message  msrp.Message
	answered bool // 200 came; the body is gone, only the report is missing
}

// outbox holds the messages sent and not confirmed, oldest first. It is guarded by
// the mutex of its conference. The MSRP session bounds the octets of those that are
// not answered.
type outbox struct {
	last  uint64
	items []sending
}

// add notes a message and returns its reference, and the id of one that has waited
// too long.
func (o *outbox) add(m msrp.Message) (ref uint64, given string) {
	if len(o.items) >= unconfirmedMax {
		given = o.items[0].message.ID
		o.items = o.items[1:]
	}
	o.last++
	o.items = append(o.items, sending{ref: o.last, message: m})
	return o.last, given
}

func (o *outbox) find(ref uint64) int {
	i, ok := slices.BinarySearchFunc(o.items, ref, func(s sending, ref uint64) int {
		switch {
		case s.ref < ref:
			return -1
		case s.ref > ref:
			return 1
		}
		return 0
	})
	if !ok {
		return -1
	}
	return i
}

// answer notes that a message was answered well.
func (o *outbox) answer(ref uint64) {
	if i := o.find(ref); i >= 0 {
		o.items[i].answered = true
		o.items[i].message.Body = nil
	}
}

// take removes a message whose fate is known and returns its id.
func (o *outbox) take(ref uint64) (id string, ok bool) {
	i := o.find(ref)
	if i < 0 {
		return "", false
	}
	id = o.items[i].message.ID
	o.items = slices.Delete(o.items, i, i+1)
	return id, true
}

// takeID is take by the Message-ID: a report may come on another session than the
// message went.
func (o *outbox) takeID(id string) bool {
	i := slices.IndexFunc(o.items, func(s sending) bool { return s.message.ID == id })
	if i >= 0 {
		o.items = slices.Delete(o.items, i, i+1)
	}
	return i >= 0
}

// unanswered returns what has to be sent again.
func (o *outbox) unanswered() []sending {
	var again []sending
	for _, s := range o.items {
		if !s.answered {
			again = append(again, s)
		}
	}
	return again
}

// drain empties the outbox and returns the ids of what was in it.
func (o *outbox) drain() []string {
	var ids []string
	for _, s := range o.items {
		ids = append(ids, s.message.ID)
	}
	o.items = nil
	return ids
}
