package store

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/confab-chat/confab/internal/conference"
)

// Fill lets the file grow no more until lift is called.
func Fill(t *testing.T, db *DB) (lift func()) {
	t.Helper()
	limit := func(pages int) {
		t.Helper()
		execute(t, db, fmt.Sprintf("PRAGMA max_page_count = %d", pages))
	}
	limit(1) // as many as there are
	return func() { limit(1 << 30) }
}

// Stall has the writer wait until resume is called.
func Stall(t *testing.T, db *DB) (resume func()) {
	t.Helper()
	begun, end := make(chan struct{}), make(chan struct{})
	err := db.queue.put(operation{write: func(*transaction) error {
		close(begun)
		<-end
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	<-begun
	return func() { close(end) }
}

// Spoil has the writer try what it cannot do.
func Spoil(t *testing.T, db *DB, done func(error)) {
	t.Helper()
	if err := db.queue.put(operation{write: func(*transaction) error { return errSpoilt }, done: done}); err != nil {
		t.Fatal(err)
	}
}

var errSpoilt = errors.New("spoilt")

// Begin makes an empty log.
func Begin(ctx context.Context, db *DB, id conference.ID) error {
	return db.do(ctx, func(t *transaction) error {
		_, err := t.log(id, 0)
		return err
	})
}

// SetSchema makes the database one of another version.
func SetSchema(t *testing.T, db *DB, version int) {
	t.Helper()
	execute(t, db, fmt.Sprintf("PRAGMA user_version = %d", version))
}

// Quarantines counts the quarantines in the file.
func Quarantines(t *testing.T, db *DB) (n int) {
	t.Helper()
	defer connected(t, db)()
	if err := db.conn.QueryRowContext(t.Context(), "SELECT count(*) FROM quarantine").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Freeze lets nothing be written until lift is called.
func Freeze(t *testing.T, db *DB) (lift func()) {
	t.Helper()
	execute(t, db, "PRAGMA query_only = ON")
	return func() { execute(t, db, "PRAGMA query_only = OFF") }
}

// Hide lets no event be read until lift is called.
func Hide(t *testing.T, db *DB) (lift func()) {
	t.Helper()
	execute(t, db, "ALTER TABLE events RENAME TO hidden")
	return func() { execute(t, db, "ALTER TABLE hidden RENAME TO events") }
}

// Garble makes every event one that nobody has written.
func Garble(t *testing.T, db *DB) {
	t.Helper()
	execute(t, db, "UPDATE events SET event = X'0105'")
}

func execute(t *testing.T, db *DB, statement string) {
	t.Helper()
	defer connected(t, db)()
	if _, err := db.conn.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// connected waits for the connection.
func connected(t *testing.T, db *DB) (release func()) {
	t.Helper()
	release, err := db.hold(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return release
}
