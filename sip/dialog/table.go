package dialog

import (
	"hash/maphash"
	"sync"
)

// tableParts is how many locks share the table; a power of two.
const tableParts = 64

// table finds dialogs and origins by our tag. Tags of ours are random, so a peer
// cannot make two of them collide; the dialogs of one forked request share a tag
// and hang in one list.
type table struct {
	seed  maphash.Seed
	parts [tableParts]tablePart
}

type tablePart struct {
	mu      sync.Mutex
	dialogs map[string]*Dialog
	origins map[string]*Origin
}

func newTable() *table {
	t := &table{seed: maphash.MakeSeed()}
	for i := range t.parts {
		t.parts[i].dialogs = make(map[string]*Dialog)
		t.parts[i].origins = make(map[string]*Origin)
	}
	return t
}

func (t *table) part(tag string) *tablePart {
	return &t.parts[maphash.String(t.seed, tag)%tableParts]
}

func (t *table) find(id ID) *Dialog {
	p := t.part(id.Local)
	p.mu.Lock()
	defer p.mu.Unlock()
	for d := p.dialogs[id.Local]; d != nil; d = d.next {
		if d.id == id {
			return d
		}
	}
	return nil
}

func (t *table) add(d *Dialog) {
	p := t.part(d.id.Local)
	p.mu.Lock()
	defer p.mu.Unlock()
	d.next = p.dialogs[d.id.Local]
	p.dialogs[d.id.Local] = d
}

func (t *table) remove(d *Dialog) {
	p := t.part(d.id.Local)
	p.mu.Lock()
	defer p.mu.Unlock()
	head := p.dialogs[d.id.Local]
	if head == d {
		if d.next == nil {
			delete(p.dialogs, d.id.Local)
			return
		}
		// The key must not point into the memory of the dialog that goes.
		delete(p.dialogs, d.id.Local)
		p.dialogs[d.next.id.Local] = d.next
		return
	}
	for e := head; e != nil; e = e.next {
		if e.next == d {
			e.next = d.next
			return
		}
	}
}

func (t *table) origin(callID, tag string) *Origin {
	p := t.part(tag)
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.origins[tag]; o != nil && o.callID == callID {
		return o
	}
	return nil
}

func (t *table) addOrigin(o *Origin) {
	p := t.part(o.tag)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.origins[o.tag] = o
}

func (t *table) removeOrigin(o *Origin) {
	p := t.part(o.tag)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.origins[o.tag] == o {
		delete(p.origins, o.tag)
	}
}
