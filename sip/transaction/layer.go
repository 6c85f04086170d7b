package transaction

import (
	"context"
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// A Handler is the transaction user. Calls arrive on the shard of the Call-ID
// and must not block.
type Handler interface {
	// Request is a new request: never an ACK, never a CANCEL. It must be
	// answered through tx, now or later.
	Request(tx *ServerTx)
	// Ack is an ACK to a 2xx, or one that matches nothing, which the handler
	// drops. Repetitions are passed on as well.
	Ack(req *sipmsg.Request, src transport.Source)
	// Response is a 2xx to an INVITE whose transaction is over, or never was.
	Response(resp *sipmsg.Response, src transport.Source)
}

// A Layer is the transaction layer of one SIP stack. Its methods are safe for
// concurrent use.
type Layer struct {
	// Fixed after construction, transport after Bind.
	cfg       Config
	handler   Handler
	transport *transport.Layer
	wheel     *wheel.Wheel
	ownWheel  bool
	seed      maphash.Seed
	shards    []*shard // a power of two
	tagKey    []byte

	open       atomic.Int64
	sources    sources
	unfinished tally
	closed     atomic.Bool
	count      counters
	group      sync.WaitGroup

	mu      sync.Mutex
	stopped bool // no goroutine starts any more
}

// New makes a layer. It has to be bound before anything arrives.
func New(cfg Config, h Handler) *Layer {
	l := &Layer{
		cfg:     cfg.withDefaults(),
		handler: h,
		wheel:   cfg.Wheel,
		seed:    maphash.MakeSeed(),
		tagKey:  newTagKey(),
		sources: sources{open: make(map[netip.Prefix]int)},
	}
	l.unfinished.none = make(chan struct{}, 1)
	if l.wheel == nil {
		l.wheel, l.ownWheel = wheel.New(0), true
	}
	l.shards = make([]*shard, l.cfg.Shards)
	for i := range l.shards {
		l.shards[i] = newShard(l.cfg.QueueLimit, l.start)
	}
	return l
}

// Bind names the transport to send with. It is called once, before that
// transport listens.
func (l *Layer) Bind(t *transport.Layer) { l.transport = t }

// Do runs f on the shard of a Call-ID: before it returns if the shard is idle,
// soon after if not. Called from a function that runs on that shard it returns
// at once and f runs right after that function.
func (l *Layer) Do(callID string, f func()) { l.shard(callID).do(f) }

// After arms t to run f on the shard of a Call-ID after d. A t that is armed
// already is moved. When t.Stop or After is called on the shard, the callback
// it had before is not run any more, even if t has just fired. After Close
// nothing fires.
func (l *Layer) After(callID string, t *wheel.Timer, d time.Duration, f func()) {
	l.after(l.shard(callID), t, d, f)
}

func (l *Layer) after(s *shard, t *wheel.Timer, d time.Duration, f func()) {
	l.wheel.Start(t, d, func() { s.fired(t, f) })
}

func (l *Layer) shard(callID string) *shard {
	return l.shards[maphash.String(l.seed, callID)%uint64(len(l.shards))]
}

// Open is the number of transactions that are not over.
func (l *Layer) Open() int { return int(l.open.Load()) }

// Drain waits until every request, sent or received, has its final response or has
// failed, or until ctx ends, whose cause it then returns. What only absorbs
// retransmissions, or waits for the ACK to a negative response, is not waited for.
func (l *Layer) Drain(ctx context.Context) error { return l.unfinished.wait(ctx) }

// start runs f on a goroutine that Close waits for, unless the layer is closed.
func (l *Layer) start(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.stopped {
		l.group.Go(f)
	}
	return !l.stopped
}

// Close ends all transactions with ErrClosed and refuses new ones. Nothing is
// sent. The transport should be shut down first. It must not be called on a
// shard.
func (l *Layer) Close() {
	l.closed.Store(true)
	l.mu.Lock()
	l.stopped = true
	l.mu.Unlock()
	l.group.Wait()
	for _, s := range l.shards {
		s.do(func() {
			for _, tx := range s.server {
				tx.terminate(ErrClosed)
			}
			for _, tx := range s.client {
				tx.terminate(ErrClosed)
			}
		})
	}
	if l.ownWheel {
		l.wheel.Close()
	}
}
