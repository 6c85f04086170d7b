package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
)

var _ instance.Registry = (*DB)(nil)

// Load implements [instance.Registry].
func (db *DB) Load(ctx context.Context) (instance.Records, error) {
	definitions, err := db.definitions(ctx)
	if err != nil {
		return instance.Records{}, fmt.Errorf("store: %w", err)
	}
	quarantined, err := db.quarantined(ctx)
	if err != nil {
		return instance.Records{}, fmt.Errorf("store: %w", err)
	}
	return instance.Records{Definitions: definitions, Quarantined: quarantined}, nil
}

func (db *DB) definitions(ctx context.Context) ([]instance.Definition, error) {
	var definitions []instance.Definition
	err := db.each(ctx, "SELECT conference, record FROM definitions ORDER BY conference", func(scan func(...any) error) error {
		var id string
		var record []byte
		if err := scan(&id, &record); err != nil {
			return err
		}
		var def instance.Definition
		if err := json.Unmarshal(record, &def); err != nil {
			return fmt.Errorf("record of %s: %w", id, err)
		}
		definitions = append(definitions, def)
		return nil
	})
	return definitions, err
}

// quarantined returns the quarantines that are not over, and forgets the others.
func (db *DB) quarantined(ctx context.Context) (map[instance.Address]time.Time, error) {
	over := func(t *transaction) error {
		return t.exec("DELETE FROM quarantine WHERE until <= ?", time.Now().Unix())
	}
	if err := db.do(ctx, over); err != nil {
		return nil, err
	}
	quarantined := make(map[instance.Address]time.Time)
	return quarantined, db.each(ctx, "SELECT conference, until FROM quarantine", func(scan func(...any) error) error {
		var id conference.ID
		var until int64
		if err := scan(&id, &until); err != nil {
			return err
		}
		a, err := instance.ParseAddress(id)
		quarantined[a] = time.Unix(until, 0)
		return err
	})
}

// each calls f for each row of a query.
func (db *DB) each(ctx context.Context, query string, f func(scan func(...any) error) error) error {
	release, err := db.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	rows, err := db.conn.QueryContext(ctx, query)
	if err != nil {
		return explain(err)
	}
	defer func() { _ = rows.Close() }() // rows.Err tells
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return explain(rows.Err())
}

// Save implements [instance.Registry].
func (db *DB) Save(ctx context.Context, def instance.Definition) error {
	record, err := json.Marshal(def)
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return db.do(ctx, func(t *transaction) error {
		return t.exec("INSERT OR REPLACE INTO definitions (conference, record) VALUES (?, ?)",
			string(def.Address.ID()), record)
	})
}

// forgetEvery is how many quarantines begin between two looks at those that are
// over: each conference of the factory ends with one.
const forgetEvery = 256

// Drop implements [instance.Registry]. With the record goes what is kept of the
// conference's history.
func (db *DB) Drop(a instance.Address, until time.Time, done func(error)) {
	id := a.ID()
	err := db.queue.put(operation{done: done, write: func(t *transaction) error {
		if err := t.exec("DELETE FROM definitions WHERE conference = ?", string(id)); err != nil {
			return err
		}
		if until.IsZero() {
			return nil
		}
		if err := t.forget(id); err != nil {
			return err
		}
		if err := t.exec("INSERT OR REPLACE INTO quarantine (conference, until) VALUES (?, ?)", string(id), until.Unix()); err != nil {
			return err
		}
		db.retired++
		if db.retired%forgetEvery != 0 {
			return nil
		}
		return t.exec("DELETE FROM quarantine WHERE until <= ?", time.Now().Unix())
	}})
	if err != nil && done != nil {
		done(err)
	}
}

// forget drops the log of an address that is given back, unless its conference
// still runs.
func (t *transaction) forget(id conference.ID) error {
	r := t.logs[id]
	if r == nil && !t.dropped(id) {
		r = t.db.row(id)
	}
	if r == nil || r.alive {
		return nil
	}
	return t.drop(id, r)
}
