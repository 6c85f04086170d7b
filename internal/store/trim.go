package store

import (
	"time"

	"github.com/confab-chat/confab/internal/journal"
)

// trimPage is how many events are looked at in one go when the oldest are
// dropped, ageEvery how many messages come between two looks at the clock, and
// slack how many messages more than an eighth there may be before they are looked
// at.
const (
	trimPage = 64
	ageEvery = 64
	slack    = 64
)

// trim drops the oldest events above the limits. It lets them grow a little
// beyond, so as not to come with every message.
func (t *transaction) trim(r *logRow) error {
	limits := t.db.opts.Limits
	keep := max(r.keep, int64(limits.Messages))
	if r.messages > keep+keep/8+slack {
		if err := t.dropMessages(r, r.messages-keep); err != nil {
			return err
		}
	}
	aged := limits.Age > 0 && r.messages%ageEvery == 0
	if aged || r.octets > limits.Octets+limits.Octets/8 {
		var cutoff int64
		if limits.Age > 0 {
			cutoff = time.Now().Add(-limits.Age).Unix()
		}
		err := t.dropWhile(r, true, func(e oldest) bool {
			return r.messages > 1 && (r.octets > limits.Octets || e.at < cutoff)
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
	r.floor = max(r.floor, snapshot-1)
	r.snapshot, r.others, r.tail, r.surplus = snapshot, 1, 0, -octets
	r.torn = false
	return nil
}

// oldest is an event that may have to go.
type oldest struct {
	key, at, octets int64
}

// dropMessages drops the n oldest messages, which SQLite counts by itself.
func (t *transaction) dropMessages(r *logRow, n int64) error {
	from := r.key(0)
	var count, octets, last int64
	err := t.db.measure.QueryRowContext(t.ctx, from, r.key(1<<positionBits-1), n).Scan(&count, &octets, &last)
	if err != nil || count == 0 {
		return err
	}
	r.messages -= count
	r.octets -= octets
	return t.remove(r, true, from, last)
}

// remove drops the events of one sort from one key, exclusively, to another.
func (t *transaction) remove(r *logRow, messages bool, from, last int64) error {
	at := position(last)
	r.floor = max(r.floor, at)
	if messages {
		r.lost = at
	} else if r.snapshot <= at {
		r.snapshot = 0
	}
	_, err := t.db.statements.remove.ExecContext(t.ctx, from, last, messages)
	return err
}

// dropWhile drops the oldest events of one sort for as long as goes says so.
func (t *transaction) dropWhile(r *logRow, messages bool, goes func(oldest) bool) error {
	from := r.key(0)
	for {
		page, err := t.oldest(r, messages, from)
		if err != nil {
			return err
		}
		last := from
		for _, e := range page {
			if !goes(e) {
				break
			}
			last = e.key
			if messages {
				r.messages--
				r.octets -= e.octets
			} else {
				r.others--
			}
		}
		if last > from {
			if err := t.remove(r, messages, from, last); err != nil {
				return err
			}
		}
		if len(page) < trimPage || last != page[len(page)-1].key {
			return nil
		}
		from = last
	}
}

// oldest returns a page of the oldest events of one sort behind a key.
func (t *transaction) oldest(r *logRow, messages bool, from int64) ([]oldest, error) {
	rows, err := t.db.statements.oldest.QueryContext(t.ctx, from, r.key(1<<positionBits-1), messages, trimPage)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	var page []oldest
	for rows.Next() {
		var e oldest
		if err := rows.Scan(&e.key, &e.at, &e.octets); err != nil {
			return nil, err
		}
		page = append(page, e)
	}
	return page, rows.Err()
}
