package msrp

import "github.com/confab-chat/confab/msrp/msrpwire"

// stop says why a message being sent is given up.
type stop uint8

const (
	stopNo      stop = iota
	stopAbort        // ended with #, by an empty SEND if need be
	stopSilence      // 413: nothing more of it, not even an empty chunk [MSRP-SND-09]
)

// outgoing is a message that waits in the queue of its session or goes out in
// chunks. Guarded by the connection's mutex, before binding by the session's.
type outgoing struct {
	sh       *Shared
	ref      uint64
	from     *Writer // supplies the octets, nil: all are in sh
	base     int     // octets in front of those in sh
	off      int     // octets handed out
	weight   int     // what it still counts in the session's queue
	open     int     // chunks whose outcome is not known
	stop     stop
	finished bool // nothing more will be sent of it
	told     bool // its outcome is known to the handler
	err      error
	done     func(error) // requests other than SEND
	request  []byte      // requests other than SEND: header lines behind the paths
	method   msrpwire.Method
	paths    []byte               // of a request, nil: those of the session
	reply    func(*msrpwire.Head) // reads the answer to a request, before done
}

// opens notes that sl waits for the response to a chunk of m.
func (m *outgoing) opens(sl *slot) {
	if sl == nil {
		return
	}
	sl.kind, sl.out = slotChunk, m
	m.open++
}

func (m *outgoing) fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// fifo is a queue of outgoing messages.
type fifo struct {
	items []*outgoing
	at    int
}

func (q *fifo) empty() bool { return q.at == len(q.items) }

func (q *fifo) front() *outgoing {
	if q.empty() {
		return nil
	}
	return q.items[q.at]
}

func (q *fifo) push(m *outgoing) { q.items = append(q.items, m) }

func (q *fifo) pop() {
	q.items[q.at] = nil
	q.at++
	switch {
	case q.empty():
		q.items, q.at = nil, 0
	case q.at >= 64 && q.at*2 >= len(q.items):
		n := copy(q.items, q.items[q.at:])
		clear(q.items[n:])
		q.items, q.at = q.items[:n], 0
	}
}

func (q *fifo) all() []*outgoing { return q.items[q.at:] }

// remove takes m out wherever it stands.
func (q *fifo) remove(m *outgoing) {
	for i, x := range q.all() {
		if x == m {
			q.items = append(q.items[:q.at+i], q.items[q.at+i+1:]...)
			break
		}
	}
	if q.empty() {
		q.items, q.at = nil, 0
	}
}

// find returns the message with that Message-ID, nil if it is not queued.
func (q *fifo) find(id string) *outgoing {
	for _, m := range q.all() {
		if m.sh != nil && m.sh.id == id {
			return m
		}
	}
	return nil
}
