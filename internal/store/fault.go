package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/confab-chat/confab/internal/journal"
)

// While the database cannot be written, it is tried every so often with so many
// octets whether it can again: nobody else may try, for who is not ready is sent
// nothing.
const (
	probeEvery  = time.Second
	probeOctets = 64 << 10
	// tellEvery is how often the log says so at most, as when the disk has room for
	// some and not for others.
	tellEvery = 10 * time.Second
)

// fault is why the database does not do what it should.
type fault struct {
	err   error
	since time.Time
	told  bool // in the log
}

// Fault returns why the database cannot be written at present, or is damaged; nil if
// it is well as far as is known. What is written is refused meanwhile, with
// journal.ErrUnavailable in the error.
func (db *DB) Fault() error {
	for _, f := range []*fault{db.damaged.Load(), db.fault.Load()} {
		if f != nil {
			return f.err
		}
	}
	return nil
}

// note makes an error of SQLite one of the journal, and takes note of what it says
// of the database: only the writer finds out that it cannot be written. Nil stays nil.
func (db *DB) note(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	err = explain(err)
	if errors.Is(err, ErrCorrupt) {
		if db.damaged.CompareAndSwap(nil, &fault{err: err, since: time.Now()}) {
			db.log.Error("store is damaged", slog.Any("error", err))
		}
		return err
	}
	if own, ok := errors.AsType[*sqlite.Error](err); !ok || own.Code()&0xff == sqlite3.SQLITE_CONSTRAINT {
		return err
	}
	return fmt.Errorf("%w: %w", journal.ErrUnavailable, err)
}

// fails takes note that something could not be written. The writer's.
func (db *DB) fails(err error) {
	if db.fault.Load() != nil {
		return
	}
	f := &fault{err: err, since: time.Now()}
	if f.told = f.since.Sub(db.told) >= tellEvery; f.told {
		db.told = f.since
		db.log.Error("store cannot be written", slog.Any("error", err))
	}
	db.fault.Store(f)
}

// recovered takes note that something was written. The writer's.
func (db *DB) recovered() {
	if f := db.fault.Swap(nil); f != nil && f.told {
		db.log.Warn("store is written again", slog.Duration("after", time.Since(f.since).Round(time.Millisecond)),
			slog.Uint64("failed_in_all", db.failed.Load()))
	}
}

// probing returns when to probe next; never, while all is well.
func (db *DB) probing() <-chan time.Time {
	if db.fault.Load() == nil {
		return nil
	}
	return time.After(probeEvery)
}

// probe tries whether a database that could not be written can be again. The
// writer's.
func (db *DB) probe() {
	ctx := context.Background()
	release, err := db.hold(ctx)
	if err != nil {
		return
	}
	defer release()
	if _, err := db.conn.ExecContext(ctx, "INSERT INTO probe (filler) VALUES (zeroblob(?))", probeOctets); err != nil {
		return
	}
	if _, err := db.conn.ExecContext(ctx, "DELETE FROM probe"); err == nil {
		db.recovered()
	}
}
