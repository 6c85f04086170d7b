package transaction

import (
	"log/slog"
	"time"

	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// Config says how a Layer works. The zero value works.
type Config struct {
	// Log gets what an operator should see; nil discards it.
	Log *slog.Logger
	// T1, T2 and T4 are the timers of RFC 3261 §17; 0.5 s, 4 s and 5 s.
	T1, T2, T4 time.Duration
	// Shards is the number of serial executors, rounded up to a power of two;
	// default 16.
	Shards int
	// Wheel runs the timers; nil: one of its own, closed with the layer.
	Wheel *wheel.Wheel
	// MaxTransactions bounds the transactions that are open; default 100,000.
	// Beyond it requests outside dialogs get a 503 and leave nothing behind;
	// requests inside dialogs may use as many again. Where PerAddress is set, the
	// last quarter is not for datagrams of those who are not exempt.
	MaxTransactions int
	// PerAddress bounds the open server transactions outside dialogs of one IPv4
	// address or IPv6 /64 network; 0: no limit. Exempt says whom that does not
	// concern, such as proxies that bring the requests of many; nil: nobody.
	PerAddress int
	Exempt     func(src transport.Source) bool
	// TurnsAway is asked about each request outside dialogs whether there is too much
	// to do to serve it; it gets the Call-ID and must not block. nil: never.
	TurnsAway func(callID string) bool
	// RetryAfter is what that 503 asks for; default 5 s.
	RetryAfter time.Duration
	// QueueLimit is how many received messages may wait for one shard;
	// default 1024. Beyond it the readers of the transport wait, which slows
	// the senders down.
	QueueLimit int
}

func orDefault[T int | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

func (c Config) withDefaults() Config {
	orDefault(&c.T1, 500*time.Millisecond)
	orDefault(&c.T2, 4*time.Second)
	orDefault(&c.T4, 5*time.Second)
	orDefault(&c.Shards, 16)
	orDefault(&c.MaxTransactions, 100_000)
	orDefault(&c.RetryAfter, 5*time.Second)
	orDefault(&c.QueueLimit, 1024)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	shards := 1
	for shards < c.Shards {
		shards *= 2
	}
	c.Shards = shards
	return c
}

// Timers of RFC 3261 table 4 that are no multiples written out below.
const (
	// tryingAfter is when an INVITE without answer gets its 100 (§17.2.1).
	tryingAfter = 200 * time.Millisecond
	// timerD is how long a client absorbs repeated negative responses to an
	// INVITE; at least 32 s whatever T1 is, since the peer has its own.
	timerD = 32 * time.Second
)

// timeout is the value of timers B, F, H, J, L and M.
func (c *Config) timeout() time.Duration { return 64 * c.T1 }
