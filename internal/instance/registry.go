package instance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// Registry keeps what a directory is to know after a restart. Its methods may be
// called from any goroutine.
type Registry interface {
	// Load returns what is kept.
	Load(ctx context.Context) (Records, error)
	// Save keeps a definition, instead of the one that its address has.
	Save(ctx context.Context, def Definition) error
	// Drop forgets the definition of an address, if there is one, and keeps it
	// from being allocated until the time given, if that is not zero. It does not
	// wait; done, unless it is nil, is called when it is kept for good. It must
	// not block.
	Drop(a Address, until time.Time, done func(error))
}

// Forgetter is a journal that holds more than its store does, and gives it up for
// an address that rests: whoever gets that next has another conference. The one that
// still goes on keeps its log. It must not block.
type Forgetter interface {
	Forget(id conference.ID)
}

// Records are what a registry keeps.
type Records struct {
	Definitions []Definition
	Quarantined map[Address]time.Time // until when
}

// load takes in what the registry has kept. What the configuration says of an
// address stands, unless it was amended since it says so. The caller has d for
// himself.
func (d *Directory) load(ctx context.Context) error {
	if d.cfg.Registry == nil {
		return nil
	}
	records, err := d.cfg.Registry.Load(ctx)
	if err != nil {
		return err
	}
	d.quarantine.restore(records.Quarantined)
	for _, def := range records.Definitions {
		configured := d.reserved[def.Address]
		if configured != nil && def.Base == configured.fingerprint() || configured == nil && def.Base == "" {
			def.base = configured
			d.drop(def.Address)
			d.put(def)
			continue
		}
		d.cfg.Log.LogAttrs(ctx, slog.LevelWarn, "record of a conference given up for the configuration",
			slog.String("conference", string(def.Address.ID())))
		d.cfg.Registry.Drop(def.Address, time.Time{}, nil)
	}
	return nil
}

// fingerprint tells a configured definition from what it is after an edit.
func (d Definition) fingerprint() string {
	d.Base = ""
	b, err := json.Marshal(d)
	if err != nil {
		return "" // it holds nothing that cannot be marshalled
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// restore takes in what is left of earlier quarantines.
func (q *quarantine) restore(until map[Address]time.Time) {
	for a, t := range until {
		q.until[a] = t
		q.queue = append(q.queue, a)
	}
	slices.SortFunc(q.queue, func(a, b Address) int { return q.until[a].Compare(q.until[b]) })
	for len(q.queue) > q.limit {
		q.drop()
	}
}

// retire has the address rest: in memory, and in the registry, where its record
// goes. The caller holds mu; the registry only queues.
func (d *Directory) retire(a Address, now time.Time, done func(error)) {
	d.quarantine.add(a, now)
	if f, ok := d.cfg.Journal.(Forgetter); ok {
		f.Forget(a.ID())
	}
	if d.cfg.Registry != nil {
		d.cfg.Registry.Drop(a, now.Add(d.cfg.Quarantine), done)
		return
	}
	if done != nil {
		done(nil)
	}
}

// Amendment is what becomes different about a conference; nil stays as it is.
type Amendment struct {
	Subject    *string
	Policy     *conference.Policy
	Members    *[]string
	Owner      *conference.Identity
	Moderators *[]conference.Identity
}

// apply changes a definition.
func (m Amendment) apply(d *Definition) {
	set(&d.Subject, m.Subject)
	set(&d.Policy, m.Policy)
	set(&d.Members, m.Members)
	set(&d.Owner, m.Owner)
	set(&d.Moderators, m.Moderators)
}

func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

// Amend changes the record of a reserved conference, which is kept, and the
// conference itself where it runs; one of the factory has no record. Owner and
// moderators of a conference that runs are changed by conference.Appoint, and
// those of the record take effect when it begins anew. It waits for the registry
// and for the conference. The error is ErrNotFound, that of the registry, or
// that of the command.
func (d *Directory) Amend(ctx context.Context, a Address, m Amendment) error {
	select { // one after the other: each begins with what the one before has made
	case d.amending <- struct{}{}:
		defer func() { <-d.amending }()
	case <-ctx.Done():
		return ctx.Err()
	}
	d.mu.Lock()
	a = d.resolve(a)
	old, i := d.live(a, time.Now()), d.alive[a]
	d.mu.Unlock()
	if old == nil && i == nil {
		return ErrNotFound
	}
	if old != nil {
		if err := d.amend(ctx, *old, m); err != nil {
			return err
		}
	}
	if i == nil || m.Subject == nil && m.Policy == nil && m.Members == nil {
		return nil
	}
	err := i.Await(ctx, conference.Change{At: time.Now(), Subject: m.Subject, Policy: m.Policy, Members: m.Members})
	if old != nil && (err == ErrEnded || conference.CodeOf(err) == conference.CodeNotAlive) { //nolint:errorlint // never wrapped
		return nil // it begins anew with the record
	}
	return err
}

// amend replaces the record.
func (d *Directory) amend(ctx context.Context, old Definition, m Amendment) error {
	def := old.clone()
	m.apply(&def)
	if old.base == nil && old.configured {
		base := old
		def.base = &base
	}
	if def.base != nil {
		def.Base = def.base.fingerprint()
	}
	def.configured = false
	if d.cfg.Registry != nil {
		if err := d.cfg.Registry.Save(ctx, def); err != nil {
			return err
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.reserved[def.Address] == nil {
		return ErrNotFound // released meanwhile
	}
	d.reserved[def.Address] = &def
	return nil
}

// Await hands a command to the conference and waits for what becomes of it, or
// for ctx, in which case it may still be carried out.
func (i *Instance) Await(ctx context.Context, c conference.Command) error {
	result := make(chan error, 1)
	i.Do(c, func(r Result) { result <- r.Err })
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
