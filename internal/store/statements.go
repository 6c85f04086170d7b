package store

import (
	"context"
	"database/sql"
	"errors"
)

// statements are those of every commit. SQLite has compiled them once.
type statements struct {
	begin, commit *sql.Stmt

	insert  *sql.Stmt // an event
	update  *sql.Stmt // a log
	measure *sql.Stmt // the oldest messages of a log: how many, their octets, the last one's key
	oldest  *sql.Stmt // events of a log
	remove  *sql.Stmt // events from one key, exclusively, to another
}

func (s *statements) prepare(ctx context.Context, conn *sql.Conn) error {
	for _, p := range []struct {
		to   **sql.Stmt
		text string
	}{
		{&s.begin, "BEGIN IMMEDIATE"},
		{&s.commit, "COMMIT"},
		{&s.insert, "INSERT INTO events (key, message, at, event) VALUES (?, ?, ?, ?)"},
		{&s.update, `UPDATE logs SET last = ?, floor = ?, life = ?, alive = ?, factory = ?, keep = ?, messages = ?, octets = ?,
			others = ?, lost = ?, snapshot = ?, tail = ?, surplus = ? WHERE number = ?`},
		{&s.measure, `SELECT count(*), coalesce(sum(octets), 0), coalesce(max(key), 0) FROM (
			SELECT key, length(event) AS octets FROM events WHERE key > ? AND key < ? AND message = 1 ORDER BY key LIMIT ?)`},
		{&s.oldest, "SELECT key, at, length(event) FROM events WHERE key > ? AND key < ? AND message = ? ORDER BY key LIMIT ?"},
		{&s.remove, "DELETE FROM events WHERE key > ? AND key <= ? AND message = ?"},
	} {
		stmt, err := conn.PrepareContext(ctx, p.text)
		if err != nil {
			return err
		}
		*p.to = stmt
	}
	return nil
}

// close has SQLite forget the statements, without which it keeps the file open.
func (s *statements) close() (err error) {
	for _, stmt := range []*sql.Stmt{s.begin, s.commit, s.insert, s.update, s.measure, s.oldest, s.remove} {
		if stmt != nil {
			err = errors.Join(err, stmt.Close())
		}
	}
	return err
}

// hold waits until nobody else has the connection. Who has it calls release.
func (db *DB) hold(ctx context.Context) (release func(), err error) {
	select {
	case db.turn <- struct{}{}:
		return func() { <-db.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
