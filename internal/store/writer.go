package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/confab-chat/confab/internal/conference"
)

// transaction is what one commit writes.
type transaction struct {
	ctx  context.Context //nolint:containedctx // of one run of the writer
	tx   *sql.Tx
	db   *DB
	logs map[conference.ID]*logRow // as they are after the commit; nil: dropped
}

// run writes what the queue brings until the database is closed.
func (db *DB) run() {
	defer close(db.gone)
	var operations []operation
	for {
		select {
		case <-db.queue.wake:
		case <-db.stop:
			db.commit(db.queue.take(operations))
			return
		}
		operations = db.queue.take(operations)
		db.commit(operations)
	}
}

// commit writes the operations in one transaction if it can, and tells those who
// wait.
func (db *DB) commit(operations []operation) {
	if len(operations) == 0 {
		return
	}
	err := db.write(operations)
	if err != nil && len(operations) > 1 {
		// One by one, so that what is wrong with one harms no other.
		for k := range operations {
			db.commit(operations[k : k+1])
		}
		return
	}
	if err == nil {
		db.commits.Add(1)
		db.operations.Add(uint64(len(operations)))
	} else {
		db.failed.Add(1)
		err = fmt.Errorf("store: not written: %w", err)
		db.log.LogAttrs(context.Background(), slog.LevelError, "store cannot write",
			slog.Any("error", err))
	}
	for _, o := range operations {
		if o.done != nil {
			o.done(err)
		}
	}
}

func (db *DB) write(operations []operation) error {
	ctx := context.Background()
	tx, err := db.sql.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	t := &transaction{ctx: ctx, tx: tx, db: db, logs: make(map[conference.ID]*logRow)}
	for _, o := range operations {
		if err := o.write(t); err != nil {
			return rollback(tx, err)
		}
	}
	if err := t.saveLogs(); err != nil {
		return rollback(tx, err)
	}
	if err := tx.Commit(); err != nil {
		return rollback(tx, err)
	}
	db.mu.Lock()
	defer db.mu.Unlock()
	for id, row := range t.logs {
		if row == nil {
			delete(db.logs, id)
			continue
		}
		db.logs[id] = row
	}
	return nil
}

// rollback gives the transaction up because of err.
func rollback(tx *sql.Tx, err error) error {
	if undo := tx.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
		return errors.Join(err, undo)
	}
	return err
}

// exec runs one statement of the transaction.
func (t *transaction) exec(query string, args ...any) error {
	_, err := t.tx.ExecContext(t.ctx, query, args...)
	return err
}

// do has the writer write, and waits for the commit.
func (db *DB) do(ctx context.Context, write func(*transaction) error) error {
	result := make(chan error, 1)
	if err := db.queue.put(operation{write: write, done: func(err error) { result <- err }}); err != nil {
		return err
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
