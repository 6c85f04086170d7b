package instance

import (
	"context"
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// unused is how long a URI that was reserved for one conference waits for it.
// D-03.
const unused = 24 * time.Hour

// Reserve allocates a conference URI, and waits for the registry to keep it. It
// returns ErrTaken if the address or an alias is in use or in quarantine, or the
// registry's error. [FOC-DSP-03]
func (d *Directory) Reserve(ctx context.Context, def Definition) error {
	def = d.complete(def)
	if err := d.reserve(def); err != nil {
		return err
	}
	if d.cfg.Registry == nil {
		return nil
	}
	err := d.cfg.Registry.Save(ctx, def)
	if err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.drop(def.Address)
	}
	return err
}

// complete returns the definition with its parts in canonical form.
func (d *Directory) complete(def Definition) Definition {
	def = def.clone()
	def.Address = def.Address.canonical()
	for k, a := range def.Aliases {
		def.Aliases[k] = a.canonical()
	}
	if def.Policy == (conference.Policy{}) {
		def.Policy = d.cfg.Policy
	}
	if def.Once && def.Expires.IsZero() {
		def.Expires = time.Now().Add(unused)
	}
	return def
}

// reserve puts a complete definition into the directory.
func (d *Directory) reserve(def Definition) error {
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken(def.Address, now) || slices.ContainsFunc(def.Aliases, func(a Address) bool { return d.taken(a, now) }) {
		return ErrTaken
	}
	d.put(def)
	return nil
}

// put makes a definition known. The caller holds mu.
func (d *Directory) put(def Definition) {
	d.reserved[def.Address] = &def
	for _, a := range def.Aliases {
		d.aliases[a] = def.Address
	}
}

// drop makes a definition unknown, and returns it. The caller holds mu.
func (d *Directory) drop(a Address) *Definition {
	def := d.reserved[a]
	if def == nil {
		return nil
	}
	delete(d.reserved, a)
	for _, alias := range def.Aliases {
		delete(d.aliases, alias)
	}
	return def
}

// Release gives a reserved conference URI back: it is in quarantine from now
// on. A conference that runs under it goes on until it ends by itself. One that
// the configuration names is there again after a restart. It waits for the
// registry; if that fails, the URI is back after a restart as well.
func (d *Directory) Release(ctx context.Context, a Address) error {
	result := make(chan error, 1)
	d.mu.Lock()
	def := d.drop(d.resolve(a))
	if def == nil {
		d.mu.Unlock()
		return ErrNotFound
	}
	d.retire(def.Address, time.Now(), func(err error) { result <- err })
	d.mu.Unlock()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// live returns the definition at an address, nil if there is none. One for a
// single conference that nobody has used in time goes. The caller holds mu.
func (d *Directory) live(a Address, now time.Time) *Definition {
	def := d.reserved[a]
	if def != nil && def.Once && !now.Before(def.Expires) && d.alive[a] == nil {
		d.drop(a)
		d.retire(a, now, nil) // D-03
		return nil
	}
	return def
}

// taken reports whether the address may not be allocated. The caller holds mu.
func (d *Directory) taken(a Address, now time.Time) bool {
	_, alias := d.aliases[a]
	_, promised := d.promised(a, now)
	return alias || promised || d.live(a, now) != nil || d.alive[a] != nil || d.quarantine.has(a, now)
}
