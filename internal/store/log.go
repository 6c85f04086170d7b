package store

import (
	"context"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// Limits bounds what is kept of each conference. Zero fields have the defaults
// that are named beside them.
type Limits struct {
	// Messages is the least number of messages kept, whatever the policy of the
	// conference says: 64.
	Messages int
	// Octets bounds the messages, all told: 64 MiB. The last one is kept whatever
	// its size.
	Octets int64
	// Age is how old a message becomes, looked at now and then: no limit.
	Age time.Duration
	// Others bounds the events that are no messages; those of a conference that
	// has not ended are all kept, from its last snapshot on, since they are what it
	// is: 2048.
	Others int
	// Tail is how many events that are no messages stand behind a snapshot, and take at
	// least its size, before the next one is wanted: 1024.
	Tail int
}

func (l Limits) withDefaults() Limits {
	if l.Messages <= 0 {
		l.Messages = 64
	}
	if l.Octets <= 0 {
		l.Octets = 64 << 20
	}
	if l.Others <= 0 {
		l.Others = 2048
	}
	if l.Tail <= 0 {
		l.Tail = 1024
	}
	return l
}

// positionBits is how many bits of a key are the position.
const positionBits = 40

// logRow is the log of one conference, as the table logs has it. It is replaced,
// never changed, once it stands in DB.logs. The table is written when more has happened
// than messages, which are counted when the database is opened.
type logRow struct {
	number   int64
	start    journal.Position
	last     journal.Position
	floor    journal.Position
	life     journal.Position
	alive    bool
	factory  bool
	keep     int64
	messages int64
	octets   int64
	others   int64
	lost     journal.Position
	snapshot journal.Position
	tail     int64
	surplus  int64

	// Known in memory only.
	torn  bool // something of it could not be written
	stale bool // the table lacks more than messages behind it
}

func (r *logRow) key(p journal.Position) int64 { return r.number<<positionBits | column(p) }

// column is a position as the tables have it.
func column(p journal.Position) int64 {
	return int64(p) //nolint:gosec // positions are below 2^40
}

func position(key int64) journal.Position {
	return journal.Position(key & (1<<positionBits - 1))
}

func (db *DB) loadLogs(ctx context.Context) error {
	rows, err := db.conn.QueryContext(ctx,
		`SELECT number, conference, start, last, floor, life, alive, factory, keep, messages, octets, others,
			lost, snapshot, tail, surplus FROM logs`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		var id conference.ID
		r := &logRow{}
		err := rows.Scan(&r.number, &id, &r.start, &r.last, &r.floor, &r.life, &r.alive, &r.factory, &r.keep,
			&r.messages, &r.octets, &r.others, &r.lost, &r.snapshot, &r.tail, &r.surplus)
		if err != nil {
			return err
		}
		db.logs[id] = r
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for _, r := range db.logs {
		if err := db.recount(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// recount takes the messages into account that stand behind the last event when the
// table was written.
func (db *DB) recount(ctx context.Context, r *logRow) error {
	var last, messages, octets int64
	err := db.conn.QueryRowContext(ctx,
		`SELECT coalesce(max(key), 0), coalesce(sum(message), 0), coalesce(sum(length(event)), 0)
		 FROM events WHERE key > ? AND key <= ?`, r.key(r.last), r.key(1<<positionBits-1)).Scan(&last, &messages, &octets)
	if err != nil || messages == 0 {
		return err
	}
	r.last = position(last)
	r.messages += messages
	r.octets += octets
	return nil
}

// row returns the log of id, nil if there is none.
func (db *DB) row(id conference.ID) *logRow {
	db.mu.RLock()
	defer db.mu.RUnlock()
	return db.logs[id]
}

// log returns the log of id to be changed by the transaction, new if there is
// none.
func (t *transaction) log(id conference.ID, start journal.Position) (*logRow, error) {
	if r := t.logs[id]; r != nil {
		return r, nil
	}
	r := &logRow{}
	if before := t.db.row(id); before != nil && !t.dropped(id) {
		*r = *before
	} else {
		result, err := t.db.conn.ExecContext(t.ctx,
			`INSERT INTO logs (conference, start, last, floor, life, alive, factory, keep, messages, octets, others)
			 VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, 0, 0)`, string(id), column(start), column(start))
		if err != nil {
			return nil, err
		}
		if r.number, err = result.LastInsertId(); err != nil {
			return nil, err
		}
		r.start, r.last = start, start
	}
	t.logs[id] = r
	return r, nil
}

// dropped reports whether the transaction has dropped the log.
func (t *transaction) dropped(id conference.ID) bool {
	r, ok := t.logs[id]
	return ok && r == nil
}

// drop removes a log with all that it holds.
func (t *transaction) drop(id conference.ID, r *logRow) error {
	t.logs[id] = nil
	if err := t.exec("DELETE FROM events WHERE key BETWEEN ? AND ?", r.key(0), r.key(1<<positionBits-1)); err != nil {
		return err
	}
	return t.exec("DELETE FROM logs WHERE number = ?", r.number)
}

// saveLogs writes the logs in which the transaction has changed more than messages
// behind the last event.
func (t *transaction) saveLogs() error {
	for _, r := range t.logs {
		if r == nil || !r.stale {
			continue
		}
		r.stale = false
		_, err := t.db.update.ExecContext(t.ctx,
			column(r.last), column(r.floor), column(r.life), r.alive, r.factory, r.keep, r.messages, r.octets, r.others,
			column(r.lost), column(r.snapshot), r.tail, r.surplus, r.number)
		if err != nil {
			return err
		}
	}
	return nil
}
