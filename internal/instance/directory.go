package instance

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
)

// The errors of a directory. The focus has the table of their SIP statuses.
var (
	ErrNotFound    = errors.New("instance: no such conference")
	ErrTerminating = errors.New("instance: conference is just ending")
	ErrNotYet      = errors.New("instance: conference starts later")
	ErrDraining    = errors.New("instance: shutting down")
	ErrUserLimit   = errors.New("instance: too many conferences of this user")
	ErrServerLimit = errors.New("instance: too many conferences")
	ErrNotCreator  = errors.New("instance: not among those who may create conferences")
	ErrTaken       = errors.New("instance: conference URI is taken")
)

// Config describes a directory. Zero fields have the defaults that are named
// beside them.
type Config struct {
	Journal journal.Journal // required
	Domain  string          // host of the factory's conference URIs; required
	Log     *slog.Logger    // discards

	// Attach makes the observers of each new instance, in the order in which
	// they are told of events. It is called before the instance runs.
	Attach []func(*Instance) Observer

	// Registry keeps what has to outlive the server; nil: nothing does.
	Registry Registry
	// Creators are those who may create by the factory; empty: every verified
	// user. D-01
	Creators conference.Circle

	Policy         conference.Policy // of factory conferences: conference.DefaultPolicy
	MaxConferences int               // alive at once: no limit [FOC-FAC-12]
	MaxPerUser     int               // made by one user's factory calls: 10; negative: no limit
	Queue          Queue             // of each instance

	Quarantine     time.Duration // of ended URIs: 24 h
	MaxQuarantined int           // ended URIs remembered: 65536
	Promise        time.Duration // how long a URI waits for who was redirected to it: 60 s [FOC-FAC-11]
	MaxPromises    int           // made in that time: 65536
	DrainTimeout   time.Duration // of observers after the end: 32 s, 64·T1 of RFC 3261 [FOC-TRM-05]
}

func (c Config) withDefaults() (Config, error) {
	if c.Journal == nil {
		return c, errors.New("instance: no journal")
	}
	if c.Domain == "" {
		return c, errors.New("instance: no domain")
	}
	c.Domain = strings.ToLower(c.Domain)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Policy == (conference.Policy{}) {
		c.Policy = conference.DefaultPolicy()
	}
	if c.MaxPerUser == 0 {
		c.MaxPerUser = 10
	}
	if c.Quarantine <= 0 {
		c.Quarantine = 24 * time.Hour
	}
	if c.MaxQuarantined <= 0 {
		c.MaxQuarantined = 1 << 16
	}
	if c.Promise <= 0 {
		c.Promise = time.Minute
	}
	if c.MaxPromises <= 0 {
		c.MaxPromises = 1 << 16
	}
	if c.DrainTimeout <= 0 {
		c.DrainTimeout = 32 * time.Second
	}
	return c, nil
}

// Directory knows the conference URIs of this node and what is alive under
// them. Its methods may be called from any goroutine and, but for Shutdown, do
// not block.
type Directory struct {
	cfg Config // fixed

	refused  atomic.Uint64 // conferences, for a limit
	amending chan struct{} // holds a token while a record is being changed

	mu         sync.Mutex // guards what follows
	reserved   map[Address]*Definition
	aliases    map[Address]Address
	alive      map[Address]*Instance
	founded    map[conference.Identity]int // factory conferences alive or promised, by who made them
	quarantine quarantine
	promises   promises
	draining   bool
	running    sync.WaitGroup // instances; joined under mu
}

// Refused is how many conferences were not made, or not begun, because there are too
// many of one user or in all.
func (d *Directory) Refused() uint64 { return d.refused.Load() }

// NewDirectory returns a directory with the reserved conferences given, which
// are those of the configuration, and those that the registry has.
func NewDirectory(cfg Config, reserved ...Definition) (*Directory, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Directory{
		cfg:      cfg,
		amending: make(chan struct{}, 1),
		reserved: make(map[Address]*Definition),
		aliases:  make(map[Address]Address),
		alive:    make(map[Address]*Instance),
		founded:  make(map[conference.Identity]int),
		quarantine: quarantine{
			period: cfg.Quarantine, limit: cfg.MaxQuarantined, until: make(map[Address]time.Time),
		},
		promises: promises{period: cfg.Promise, limit: cfg.MaxPromises, open: make(map[Address]promise)},
	}
	for _, def := range reserved {
		def = d.complete(def)
		def.configured = true
		if err := d.reserve(def); err != nil {
			return nil, fmt.Errorf("%s: %w", def.Address.ID(), err)
		}
	}
	if err := d.load(context.Background()); err != nil {
		return nil, err
	}
	return d, nil
}

// Lookup returns what the directory knows of an address or an alias.
func (d *Directory) Lookup(a Address) Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	a = d.resolve(a)
	return d.entry(a, d.live(a, time.Now()), d.alive[a])
}

// All returns the conferences that are reserved or alive, sorted by URI.
func (d *Directory) All() []Entry {
	d.mu.Lock()
	defer d.mu.Unlock()
	entries := make([]Entry, 0, len(d.alive)+len(d.reserved))
	for a, i := range d.alive {
		entries = append(entries, d.entry(a, d.reserved[a], i))
	}
	now := time.Now()
	for a := range d.reserved {
		if def := d.live(a, now); def != nil && d.alive[a] == nil {
			entries = append(entries, d.entry(a, def, nil))
		}
	}
	slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	return entries
}

// resolve returns the canonical address behind a. The caller holds mu.
func (d *Directory) resolve(a Address) Address {
	a = a.canonical()
	if target, ok := d.aliases[a]; ok {
		return target
	}
	return a
}

// entry describes a canonical address. The caller holds mu.
func (d *Directory) entry(a Address, def *Definition, i *Instance) Entry {
	e := Entry{ID: a.ID(), Address: a, Definition: def}
	now := time.Now()
	to, promised := d.promised(a, now)
	switch {
	case i != nil && i.Phase() != conference.PhaseUnborn:
		e.Instance = i
		e.Status = statusOf(i.Phase())
	case def != nil:
		e.Status = Reserved
	case promised:
		e.Status, e.PromisedTo = Promised, to
	case d.quarantine.has(a, now):
		e.Status = Ended
	}
	return e
}

func statusOf(p conference.Phase) Status {
	switch p {
	case conference.PhaseCreating:
		return Creating
	case conference.PhaseActive:
		return Active
	case conference.PhaseUnborn, conference.PhaseEnded:
	}
	return Terminating
}
