package dialog

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// Config of a [Layer]. The zero value works.
type Config struct {
	// Log gets what an operator should know; nil discards.
	Log *slog.Logger
	// Extensions are the option tags that a request may name in Require
	// (RFC 3261 §8.2.2.3). In dialogs any other is refused with 420; outside, whoever
	// serves the request asks [Layer.Unsupported] when its time has come.
	Extensions []string
	// Inside is asked about each request of a dialog but ACK and CANCEL, before anything
	// is made of it; an error is the answer. It is called on the shard and must not
	// block; nil lets everything in. [IDN-07]
	Inside func(d *Dialog, req *sipmsg.Request, src transport.Source) *sip.Error
	// MaxForks is how many dialogs may grow from one request of ours before further
	// provisional responses form none; 0 means 32. A 2xx forms one up to eight times
	// as many.
	MaxForks int
	// Permit refuses by an error the addresses that nobody may have us send requests
	// to, by a Contact, a Record-Route or a URI to call; nil: none. [SEC-03]
	Permit func(transport.Target) error
	// Login gives what answers challenges to requests of ours inside dialogs, with a new
	// Authorizer for each of them, unless [Outgoing.Login] or [Dialog.Login] does; nil:
	// they are final. [NOT-NFY-07]
	Login func() Authorizer
	// Charge returns the P-Charging-Vector (RFC 7315 §4.6) of the dialog that a
	// request of a peer forms: it goes into our responses and later requests; "" where
	// the peer is to get none, as whoever is not trusted. nil: nobody gets one.
	// [CHG-02] [CHG-03]
	Charge func(req *sipmsg.Request, src transport.Source) string
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.MaxForks <= 0 {
		c.MaxForks = 32
	}
	if c.Charge == nil {
		c.Charge = func(*sipmsg.Request, transport.Source) string { return "" }
	}
	if c.Permit == nil {
		c.Permit = func(transport.Target) error { return nil }
	}
	return c
}

// Resolver finds the servers behind a URI (RFC 3263); *locate.Locator does. Its
// methods are called from any goroutine.
type Resolver interface {
	// Literal returns the target of a URI that names its host by address; ok is
	// false for others. The error says that it is not to be used. It does not block.
	Literal(uri sipmsg.URI) (to transport.Target, ok bool, err error)
	// Locate returns the targets for a URI in the order in which they are to be
	// tried, at least one if there is no error. It may block.
	Locate(ctx context.Context, uri sipmsg.URI) ([]transport.Target, error)
	// Failed is told that a target refused a request with 503, could not be reached
	// or did not answer; retry is the Retry-After that it asked for, 0 if none.
	Failed(to transport.Target, retry time.Duration)
}

// Layer keeps the dialogs and distributes requests. It implements
// transaction.Handler.
type Layer struct {
	// fixed after construction
	cfg        Config
	table      *table
	extensions string          // cfg.Extensions as one value
	closed     context.Context //nolint:containedctx // the layer's lifetime, which bounds name resolution
	close      context.CancelFunc

	// fixed after Bind and the Handle calls, before the first message
	tl       *transaction.Layer
	resolver Resolver
	outside  map[sipmsg.Method]func(*transaction.ServerTx)
	inside   map[sipmsg.Method]func(*Dialog, *transaction.ServerTx)
	served   map[sipmsg.Method]bool
	other    func(*transaction.ServerTx)

	dialogs   census
	resolving sync.WaitGroup

	mu sync.Mutex // orders closing against the start of a goroutine
}

var _ transaction.Handler = (*Layer)(nil)

// New returns a layer that must be bound before the first message.
func New(cfg Config) *Layer {
	ctx, cancel := context.WithCancel(context.Background())
	return &Layer{
		cfg:        cfg.withDefaults(),
		extensions: strings.Join(cfg.Extensions, ", "),
		table:      newTable(),
		closed:     ctx,
		close:      cancel,
		outside:    make(map[sipmsg.Method]func(*transaction.ServerTx)),
		inside:     make(map[sipmsg.Method]func(*Dialog, *transaction.ServerTx)),
		served:     make(map[sipmsg.Method]bool),
	}
}

// Bind gives the layer the one below it. Call it once, before the first message.
func (l *Layer) Bind(tl *transaction.Layer, r Resolver) {
	l.tl, l.resolver = tl, r
}

// Handle registers who serves the requests of a method that belong to no dialog.
// It is called before the first message; h runs on the shard and must not block.
func (l *Layer) Handle(m sipmsg.Method, h func(tx *transaction.ServerTx)) {
	l.outside[m] = h
	l.served[m] = true
}

// HandleOther registers who is asked about requests outside dialogs whose method
// nobody serves, for example to answer 404 first; it ends with [Layer.Refuse]. It is
// called before the first message.
func (l *Layer) HandleOther(h func(tx *transaction.ServerTx)) { l.other = h }

// HandleInside registers who serves the requests of a method inside a dialog that no
// usage of it claims. It is called before the first message.
func (l *Layer) HandleInside(m sipmsg.Method, h func(d *Dialog, tx *transaction.ServerTx)) {
	l.inside[m] = h
}

// Serves adds methods that usages take inside dialogs to Allow. It is called before
// the first message.
func (l *Layer) Serves(methods ...sipmsg.Method) {
	for _, m := range methods {
		l.served[m] = true
	}
}

// Do runs f on the shard of a Call-ID. It may be called from any goroutine.
func (l *Layer) Do(callID string, f func()) { l.tl.Do(callID, f) }

// After runs f on the shard of a Call-ID when d has passed.
func (l *Layer) After(callID string, t *wheel.Timer, d time.Duration, f func()) {
	l.tl.After(callID, t, d, f)
}

// Lookup finds a dialog. It may be called from any goroutine.
func (l *Layer) Lookup(id ID) (*Dialog, bool) {
	d := l.table.find(id)
	return d, d != nil
}

// Dialogs counts the dialogs, early ones included. It may be called from any goroutine.
func (l *Layer) Dialogs() int { return l.dialogs.count() }

// Drain waits until there is no dialog, or until ctx is over. It ends none: that is
// for the owners of the usages.
func (l *Layer) Drain(ctx context.Context) error {
	select {
	case <-l.dialogs.empty():
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Close ends name resolution under way and waits for its goroutines.
func (l *Layer) Close() {
	l.mu.Lock()
	l.close()
	l.mu.Unlock()
	l.resolving.Wait()
}

// resolve looks a host name up on a goroutine of its own and calls f on the shard.
func (l *Layer) resolve(callID string, uri sipmsg.URI, f func([]transport.Target, error)) {
	started := l.start(func() {
		to, err := l.resolver.Locate(l.closed, uri)
		l.Do(callID, func() { f(to, err) })
	})
	if !started {
		f(nil, transport.ErrClosed)
	}
}

// start runs f on a goroutine that Close waits for, unless the layer is closed.
func (l *Layer) start(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed.Err() != nil {
		return false
	}
	l.resolving.Go(f)
	return true
}
