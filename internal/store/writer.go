package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// transaction is what one commit writes.
type transaction struct {
	ctx  context.Context //nolint:containedctx // of one run of the writer
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
		case <-db.probing():
			db.probe()
			continue
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
	err := db.write(operations)
	if err != nil && len(operations) > 1 {
		// One by one, so that what is wrong with one harms no other.
		for k := range operations {
			db.commit(operations[k : k+1])
		}
		return
	}
	if err != nil {
		err = fmt.Errorf("store: not written: %w", db.note(err))
		db.failed.Add(1)
		if errors.Is(err, journal.ErrUnavailable) {
			db.fails(err)
		}
		db.tear(operations[0].loses)
	}
	for _, o := range operations {
		if o.done != nil {
			o.done(err)
		}
	}
}

// tear notes that the log of a conference lacks something, which only the next
// snapshot makes good.
func (db *DB) tear(id conference.ID) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if r := db.logs[id]; r != nil {
		torn := *r
		torn.torn = true
		db.logs[id] = &torn
	}
}

// write carries operations out in one transaction. Those that write nothing wait for
// what is before them.
func (db *DB) write(operations []operation) error {
	if !slices.ContainsFunc(operations, func(o operation) bool { return o.write != nil }) {
		return nil
	}
	ctx := context.Background()
	release, err := db.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	t := &transaction{ctx: ctx, db: db, logs: make(map[conference.ID]*logRow)}
	if err := t.run(operations); err != nil {
		// SQLite may have given it up already; else the next one says that it has not.
		_ = t.exec("ROLLBACK")
		return err
	}
	db.commits.Add(1)
	db.operations.Add(uint64(len(operations)))
	db.recovered()
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

// run is the transaction from its begin to its commit.
func (t *transaction) run(operations []operation) error {
	if _, err := t.db.begin.ExecContext(t.ctx); err != nil {
		return err
	}
	for _, o := range operations {
		if o.write == nil {
			continue
		}
		if err := o.write(t); err != nil {
			return err
		}
	}
	if err := t.saveLogs(); err != nil {
		return err
	}
	_, err := t.db.statements.commit.ExecContext(t.ctx)
	return err
}

// exec runs one statement of the transaction.
func (t *transaction) exec(query string, args ...any) error {
	_, err := t.db.conn.ExecContext(t.ctx, query, args...)
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
