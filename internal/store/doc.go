// Package store keeps what is to survive the end of the server in a SQLite
// database of one file: the logs of durable conferences, and the records of
// reserved ones.
//
//	local.Journal ─ Append ─► queue ─► one writer ─► group commit ─► done
//	instance.Directory ─ Save ─┘        (one transaction for all that waits)
//
// The database is in WAL mode with synchronous=FULL: when done is called the
// events are on the disk, and survive the end of the process and of the machine.
// With [Options.Relaxed] they survive the end of the process at any time, and of
// the machine but for its last moments.
//
// The file is locked for as long as it is open; a second server on it is refused.
// What is written is bounded by the queue, and what is kept of each conference by
// [Limits]: the oldest messages go first, positions go on.
//
// The package knows no SIP and decides nothing.
package store
