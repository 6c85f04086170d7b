package store

import (
	"time"

	"github.com/confab-chat/confab/internal/journal"
)

// ageEvery is how many positions come between two looks at the clock, slack how
// many messages more than an eighth there may be before the oldest are dropped.
const (
	ageEvery = 64
	slack    = 64
)

// trim drops the oldest events above the limits, when the log has grown from a
// position. It lets them grow a little beyond, so as not to come with every message, and
// drops rows as they are: of messages that share one with some that stay, none goes.
func (t *transaction) trim(r *logRow, from journal.Position) error {
	limits := t.db.opts.Limits
	keep := max(r.keep, int64(limits.Messages))
	aged := limits.Age > 0 && r.last/ageEvery != from/ageEvery
	if aged || r.messages > keep+keep/8+slack || r.octets > limits.Octets+limits.Octets/8 {
		var cutoff int64
		if limits.Age > 0 {
			cutoff = time.Now().Add(-limits.Age).Unix()
		}
		err := t.dropWhile(r, true, func(e oldest) bool {
			left := r.messages - e.messages
			return left >= keep || left > 0 && (r.octets > limits.Octets || e.at < cutoff)
		})
		if err != nil {
			return err
		}
	}
	if most := int64(limits.Others); r.others > most+most/8 {
		// What a conference that lives is made of begins with its Created.
		return t.dropWhile(r, false, func(e oldest) bool { return r.others > most && e.key < r.key(r.life) })
	}
	return nil
}

// condense drops the events that a snapshot stands for. It is the only one of them
// that is left.
func (t *transaction) condense(r *logRow, snapshot journal.Position, octets int64) error {
	// Before the last snapshot there is nothing but messages.
	err := t.exec("DELETE FROM events WHERE key >= ? AND key < ? AND message = 0", r.key(r.snapshot), r.key(snapshot))
	if err != nil {
		return err
	}
	r.stale = true
	r.floor = max(r.floor, snapshot-1)
	r.snapshot, r.others, r.tail, r.surplus = snapshot, 1, 0, -octets
	r.torn = false
	return nil
}

// oldest is a row that may have to go.
type oldest struct {
	key, messages, at, octets int64
}

// dropWhile drops the oldest rows of one sort for as long as goes says so.
func (t *transaction) dropWhile(r *logRow, messages bool, goes func(oldest) bool) error {
	last, err := t.count(r, messages, goes)
	if err != nil || last == 0 {
		return err
	}
	at := position(last)
	r.stale = true
	r.floor = max(r.floor, at)
	if messages {
		r.lost = at
	} else if r.snapshot <= at {
		r.snapshot = 0
	}
	_, err = t.db.remove.ExecContext(t.ctx, r.key(0), last, messages)
	return err
}

// count takes the oldest rows of one sort out of account for as long as goes says
// so. It returns the key of the last one, zero if there is none.
func (t *transaction) count(r *logRow, messages bool, goes func(oldest) bool) (last int64, err error) {
	rows, err := t.db.oldest.QueryContext(t.ctx, r.key(0), r.key(1<<positionBits-1), messages)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		var e oldest
		if err := rows.Scan(&e.key, &e.messages, &e.at, &e.octets); err != nil {
			return 0, err
		}
		if !goes(e) {
			break
		}
		last = e.key
		if messages {
			r.messages -= e.messages
			r.octets -= e.octets
		} else {
			r.others--
		}
	}
	return last, rows.Err()
}
