package store

import (
	"context"
	"database/sql"
	"errors"
)

// statements are those of every commit. SQLite has compiled them once.
type statements struct {
	begin, commit *sql.Stmt

	insert *sql.Stmt // a row of events
	update *sql.Stmt // a log
	oldest *sql.Stmt // the rows of a log that are messages, or that are not, oldest first
	remove *sql.Stmt // the same from one key, exclusively, to another
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
		{&s.oldest, "SELECT key, message, at, length(event) FROM events WHERE key > ? AND key < ? AND (message > 0) = ? ORDER BY key"},
		{&s.remove, "DELETE FROM events WHERE key > ? AND key <= ? AND (message > 0) = ?"},
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
	for _, stmt := range []*sql.Stmt{s.begin, s.commit, s.insert, s.update, s.oldest, s.remove} {
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
