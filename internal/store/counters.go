package store

// Counters say what a database has done since it was opened, for metrics.
type Counters struct {
	Commits    uint64
	Operations uint64 // that were committed
	Failed     uint64 // operations that could not be written
	Refused    uint64 // that the queue had no room for: journal.ErrBusy
	Pending    int    // octets that wait to be written
	Logs       int    // conferences that have a log
}

// Counters returns the counters as they are now.
func (db *DB) Counters() Counters {
	c := Counters{
		Commits: db.commits.Load(), Operations: db.operations.Load(), Failed: db.failed.Load(),
	}
	db.queue.mu.Lock()
	c.Refused, c.Pending = db.queue.refused, db.queue.octets
	db.queue.mu.Unlock()
	db.mu.RLock()
	c.Logs = len(db.logs)
	db.mu.RUnlock()
	return c
}
