package participant

import (
	"sync"
	"time"

	"github.com/confab-chat/confab/imdn"
)

// Typing tells that somebody has begun or stopped to compose a message (RFC 3994).
// Who does not say that he goes on is taken to have stopped, and so is who has sent
// his message: the event comes before the [Message].
type Typing struct {
	From    string
	Private bool
	Active  bool
}

func (e Typing) octets() int { return eventSize }

const (
	// silence is how long an indication holds that does not say it (RFC 3994 §3.3).
	silence = 120 * time.Second
	// maxWriters bounds those who are shown as writing at one time; who begins
	// beyond that is not shown.
	maxWriters = 1000
)

// writers are those who compose a message at present, as they say. [COMP-02]
type writers struct {
	events *queue // gets what changes

	mu  sync.Mutex
	all map[writer]*time.Timer // until when they are believed
}

// writer is somebody who writes to everybody or to us.
type writer struct {
	from    string
	private bool
}

// hear takes an indication. What cannot be read, and states that are not known,
// are idle. [COMP-01] [COMP-02]
func (w *writers) hear(m *Message) {
	c, err := imdn.ParseComposing(m.Body)
	if err != nil || !c.Active {
		w.stop(writer{m.From, m.Private})
		return
	}
	if c.Refresh == 0 {
		c.Refresh = silence
	}
	w.begin(writer{m.From, m.Private}, c.Refresh)
}

// begin notes that somebody writes, for as long as he is to be believed.
func (w *writers) begin(who writer, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	old := w.all[who]
	switch {
	case old != nil:
		old.Stop()
	case len(w.all) >= maxWriters:
		return
	default:
		w.tell(who, true)
	}
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.all[who] == t {
			w.forget(who)
		}
	})
	if w.all == nil {
		w.all = make(map[writer]*time.Timer)
	}
	w.all[who] = t
}

// stop notes that somebody does not write any more.
func (w *writers) stop(who writer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t := w.all[who]; t != nil {
		t.Stop()
		w.forget(who)
	}
}

// sent notes that somebody has sent what he wrote. [COMP-02]
func (w *writers) sent(m *Message) {
	if !m.History {
		w.stop(writer{m.From, m.Private})
	}
}

// close forgets everybody, since the conference has been left.
func (w *writers) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, t := range w.all {
		t.Stop()
	}
	clear(w.all)
}

// forget is called with mu held, and tell, too, so that what is told is in order.
func (w *writers) forget(who writer) {
	delete(w.all, who)
	w.tell(who, false)
}

func (w *writers) tell(who writer, active bool) {
	w.events.put(Typing{From: who.from, Private: who.private, Active: active})
}
