package instance

import (
	"slices"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// Reserve allocates a conference URI. It returns ErrTaken if the address or an
// alias is in use or in quarantine. [FOC-DSP-03]
func (d *Directory) Reserve(def Definition) error {
	def = def.clone()
	def.Address = def.Address.canonical()
	for k, a := range def.Aliases {
		def.Aliases[k] = a.canonical()
	}
	if def.Policy == (conference.Policy{}) {
		def.Policy = d.cfg.Policy
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.taken(def.Address, now) || slices.ContainsFunc(def.Aliases, func(a Address) bool { return d.taken(a, now) }) {
		return ErrTaken
	}
	d.reserved[def.Address] = &def
	for _, a := range def.Aliases {
		d.aliases[a] = def.Address
	}
	return nil
}

// Release gives a reserved conference URI back: it is in quarantine from now
// on. A conference that runs under it goes on until it ends by itself.
func (d *Directory) Release(a Address) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	a = d.resolve(a)
	def := d.reserved[a]
	if def == nil {
		return ErrNotFound
	}
	delete(d.reserved, a)
	for _, alias := range def.Aliases {
		delete(d.aliases, alias)
	}
	d.quarantine.add(a, time.Now())
	return nil
}

// taken reports whether the address may not be allocated. The caller holds mu.
func (d *Directory) taken(a Address, now time.Time) bool {
	_, alias := d.aliases[a]
	return alias || d.reserved[a] != nil || d.alive[a] != nil || d.quarantine.has(a, now)
}
