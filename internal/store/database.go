package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"modernc.org/sqlite" // the driver
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// The errors of opening a database. They come wrapped, with the file's name.
var (
	ErrInUse   = errors.New("another process has it open")
	ErrCorrupt = fmt.Errorf("file is damaged, or no database of confab (%w)", journal.ErrDamaged)
	ErrNewer   = errors.New("written by a newer version of confab")
)

// ErrClosed is the error of a database that was closed. One that has too much to
// write answers with journal.ErrBusy.
var ErrClosed = errors.New("store: closed")

// Options describe a database. Zero fields have the defaults that are named
// beside them.
type Options struct {
	Dir     string       // where the file is, made if it is missing; required
	Log     *slog.Logger // discards
	Relaxed bool         // commits do not wait for the disk
	Pending int          // octets that may wait to be written: 64 MiB
	Limits  Limits
}

// fileName is the database within its folder.
const fileName = "confab.db"

// DB is an open database. Its methods may be called from any goroutine.
type DB struct {
	// fixed after Open
	opts Options
	log  *slog.Logger
	sql  *sql.DB
	conn *sql.Conn     // the only one: the file's lock leaves no room for others
	turn chan struct{} // holds something while a transaction or a query has conn
	stop chan struct{} // closed by Close
	gone chan struct{} // closed when the writer has ended
	statements

	queue queue

	// owned by the writer
	retired int       // quarantines begun
	told    time.Time // when the log last said that nothing can be written

	fault   atomic.Pointer[fault] // why it cannot be written; nil: it can
	damaged atomic.Pointer[fault] // why it cannot be read; stays until the end

	commits, operations, failed atomic.Uint64

	mu   sync.RWMutex // guards what follows; written by the writer, after a commit
	logs map[conference.ID]*logRow
}

// Open opens the database in a folder, and makes it if there is none. The error
// wraps ErrInUse, ErrCorrupt or ErrNewer where it is one of these.
func Open(ctx context.Context, opts Options) (*DB, error) {
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Pending <= 0 {
		opts.Pending = 64 << 20
	}
	opts.Limits = opts.Limits.withDefaults()
	file := filepath.Join(opts.Dir, fileName)
	if err := os.MkdirAll(opts.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db := &DB{
		opts: opts, log: opts.Log, turn: make(chan struct{}, 1), stop: make(chan struct{}), gone: make(chan struct{}),
		queue: newQueue(opts.Pending), logs: make(map[conference.ID]*logRow),
	}
	if err := db.open(ctx, file); err != nil {
		err = errors.Join(err, db.disconnect())
		return nil, fmt.Errorf("store: %s: %w", file, err)
	}
	go db.run() //nolint:contextcheck // it outlives the call, until Close
	return db, nil
}

// open opens the file, takes its lock, and reads what is kept in memory.
func (db *DB) open(ctx context.Context, file string) error {
	var err error
	if err = private(file); err != nil {
		return err
	}
	db.sql, err = sql.Open("sqlite", dataSource(file, db.opts.Relaxed))
	if err != nil {
		return err
	}
	if db.conn, err = db.sql.Conn(ctx); err != nil {
		return explain(err)
	}
	if err := db.check(ctx); err != nil {
		return explain(err)
	}
	if err := db.migrate(ctx); err != nil {
		return explain(err)
	}
	if err := db.statements.prepare(ctx, db.conn); err != nil {
		return explain(err)
	}
	return explain(db.loadLogs(ctx))
}

// private sees to it that nobody else reads the file, whatever the folder allows;
// SQLite makes those beside it like it. What cannot be changed, as by one who is not the
// owner, is left.
func private(file string) error {
	f, err := os.OpenFile(file, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // G304: the operator names the folder
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o077 != 0 {
		_ = f.Chmod(0o600)
	}
	return f.Close()
}

// checkpoints is how many pages the log of SQLite has before they are moved to where
// they belong: 16 MiB. The last pages of a conference are written again and again, and
// moved once.
const checkpoints = "wal_autocheckpoint(4096)"

// dataSource names the file and what holds for each connection.
func dataSource(file string, relaxed bool) string {
	synchronous := "FULL"
	if relaxed {
		synchronous = "NORMAL"
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(0)", "locking_mode(EXCLUSIVE)", "journal_mode(WAL)",
		"synchronous(" + synchronous + ")", "foreign_keys(ON)", "cache_size(-16384)", checkpoints,
	}}
	return (&url.URL{Scheme: "file", Opaque: file, RawQuery: q.Encode()}).String()
}

// check reads through the database once, which takes its lock as well.
func (db *DB) check(ctx context.Context) error {
	var verdict string
	if err := db.conn.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&verdict); err != nil {
		return err
	}
	if verdict != "ok" {
		return fmt.Errorf("%w: %s", ErrCorrupt, verdict)
	}
	return nil
}

// explain turns SQLite's errors into those of this package where there is one.
func explain(err error) error {
	fault, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch fault.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w (%w)", ErrInUse, err)
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w (%w)", ErrCorrupt, err)
	}
	return err
}

// Close writes what waits and closes the file. What comes later is refused with
// ErrClosed. The error is that of ctx if writing takes longer.
func (db *DB) Close(ctx context.Context) error {
	if db.queue.close() {
		close(db.stop)
	}
	select {
	case <-db.gone:
	case <-ctx.Done():
		return ctx.Err()
	}
	return db.disconnect()
}

// disconnect closes the file, as far as it is open.
func (db *DB) disconnect() (err error) {
	if db.conn != nil {
		err = errors.Join(db.statements.close(), db.conn.Close())
	}
	if errors.Is(err, sql.ErrConnDone) {
		err = nil // it was closed before
	}
	if db.sql != nil {
		err = errors.Join(err, db.sql.Close())
	}
	return err
}
