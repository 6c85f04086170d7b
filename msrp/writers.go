package msrp

import (
	"runtime"
	"slices"
	"sync"
)

const (
	// handful is how many connections a shared writer takes up at a time.
	handful = 16
	// crowded is how many connections wait for each shared writer before there is
	// another one.
	crowded = 128
	// inARow is how many blocks of one connection a shared writer writes before it is
	// the next one's turn.
	inARow = 16
)

// writers are few goroutines that write for all connections whose writes need not
// wait. Beside a goroutine for each they save its start and its end, which cost as
// much as handing out a message; and connections get their turn in the order in
// which they had something to say, so that more of it leaves in one write. What a
// peer does not take at once is left to a goroutine of its connection.
type writers struct {
	mu      sync.Mutex
	waiting []*conn // each at most once, while conn.writing
	taken   int     // how many of them, at the front, wait no more
	running int
}

// add queues c, and reports whether another writer is needed.
func (w *writers) add(c *conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiting = append(w.waiting, c)
	if w.running > 0 && (len(w.waiting)-w.taken < crowded*w.running || w.running >= runtime.GOMAXPROCS(0)) {
		return false
	}
	w.running++
	return true
}

// take moves the connections that have waited longest to batch; if there are none
// the writer is done.
func (w *writers) take(batch []*conn) []*conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := w.waiting[w.taken:]
	next = next[:min(len(next), handful)]
	if len(next) == 0 {
		w.running--
	}
	batch = append(batch, next...)
	clear(next)
	w.taken += len(next)
	if 2*w.taken >= len(w.waiting) { // then no more of them move up than were taken
		w.waiting, w.taken = slices.Delete(w.waiting, 0, w.taken), 0
	}
	return batch
}

// queue has c written for by a shared writer.
func (ep *Endpoint) queue(c *conn) {
	if ep.writers.add(c) {
		ep.group.Go(ep.write)
	}
}

// write serves connections until none waits.
func (ep *Endpoint) write() {
	var batch [handful]*conn
	var done []event
	for {
		// Who has filled a buffer a little may well fill it further at once, and one
		// write costs the same for many frames: let others run first.
		runtime.Gosched()
		runtime.Gosched()
		conns := ep.writers.take(batch[:0])
		if len(conns) == 0 {
			return
		}
		for _, c := range conns {
			done = c.writeAtOnce(done)
		}
	}
}

// writeAtOnce writes what the connection has, as far as its peer takes it without
// waiting. Done is a buffer.
func (c *conn) writeAtOnce(done []event) []event {
	for range inARow {
		var b *block
		if b, done = c.load(done); b == nil {
			c.ep.group.Done()
			return done
		}
		c.show(b)
		if n := c.direct.write(b.buf); n < len(b.buf) {
			go c.writeOn(b, n)
			return done
		}
		done, _ = c.unload(b, nil, done)
	}
	c.ep.queue(c)
	return done
}

// writeOn writes the rest of b, of which n octets have left, and what comes after
// it.
func (c *conn) writeOn(b *block, n int) {
	if _, err := c.unload(b, c.writeBlock(b.buf[n:]), nil); err != nil {
		c.ep.group.Done()
		return
	}
	c.write()
}
