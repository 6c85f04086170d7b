package store

import (
	"context"
	"errors"
	"fmt"
)

// migrations make the database of one version that of the next; PRAGMA
// user_version counts those done. None is ever changed, new ones come behind.
//
// The key of an event is the number of its log and, in the lower 40 bits, its
// position: logs lie one behind the other in one tree.
func migrations() []string {
	return []string{
		`CREATE TABLE logs (
			number     INTEGER PRIMARY KEY,
			conference TEXT NOT NULL UNIQUE,
			start      INTEGER NOT NULL, -- the position before the first event ever
			last       INTEGER NOT NULL, -- of the last event
			floor      INTEGER NOT NULL, -- of the last event that was dropped
			life       INTEGER NOT NULL, -- of the last Created
			alive      INTEGER NOT NULL, -- 1: goes on when the server is back
			factory    INTEGER NOT NULL, -- 1: the conference is one of the factory
			keep       INTEGER NOT NULL, -- messages, by the policy in force
			messages   INTEGER NOT NULL, -- how many there are
			octets     INTEGER NOT NULL, -- that they take
			others     INTEGER NOT NULL  -- how many other events there are
		) STRICT;
		CREATE TABLE events (
			key     INTEGER PRIMARY KEY,
			message INTEGER NOT NULL, -- 1: of a message, 0: of anything else
			at      INTEGER NOT NULL, -- of a message: seconds since 1970
			event   BLOB NOT NULL     -- as package codec writes it
		) STRICT;
		CREATE TABLE definitions (
			conference TEXT PRIMARY KEY,
			record     BLOB NOT NULL -- JSON
		) STRICT, WITHOUT ROWID;
		CREATE TABLE quarantine (
			conference TEXT PRIMARY KEY,
			until      INTEGER NOT NULL -- seconds since 1970
		) STRICT, WITHOUT ROWID;`,
		`ALTER TABLE logs ADD COLUMN lost     INTEGER NOT NULL DEFAULT 0; -- position of the last message that was dropped
		ALTER TABLE logs ADD COLUMN snapshot INTEGER NOT NULL DEFAULT 0; -- position of the last snapshot; 0: there is none
		ALTER TABLE logs ADD COLUMN tail     INTEGER NOT NULL DEFAULT 0; -- how many events behind that are no messages
		ALTER TABLE logs ADD COLUMN surplus  INTEGER NOT NULL DEFAULT 0; -- octets that these take more than the snapshot
		UPDATE logs SET lost = floor, tail = others;
		CREATE TABLE probe (
			filler BLOB NOT NULL -- see fault.go; no row stays
		) STRICT;`,
		`-- Since then events.message is how many messages a row has, whose key is that of the last one; and
		-- logs.last, messages and octets lack the messages that no other change came behind.
		`,
	}
}

// migrate brings the schema up to date, one version in one transaction.
func (db *DB) migrate(ctx context.Context) error {
	var version int
	if err := db.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	steps := migrations()
	if version > len(steps) {
		return fmt.Errorf("%w: schema %d, and this one knows %d", ErrNewer, version, len(steps))
	}
	for ; version < len(steps); version++ {
		tx, err := db.conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, steps[version]+fmt.Sprintf("PRAGMA user_version = %d", version+1))
		if err != nil {
			return fmt.Errorf("schema %d: %w", version+1, errors.Join(err, tx.Rollback()))
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}
