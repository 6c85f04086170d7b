package notify

import (
	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// documents are those of one revision, each written once for all subscribers
// that it fits. They go with the revision.
type documents struct {
	whole   confinfo.Template // size 0: not written yet
	compact confinfo.Template // the same, of a roster that is too large
	partial [recent]partial
	next    int // place in partial that is used next
}

// recent is how many documents of changes are kept. Subscribers are mostly at
// very few revisions; writing another document costs what it is long.
const recent = 8

// partial is a document of changes.
type partial struct {
	from     uint64 // the revision that it leads from
	reduced  bool
	template confinfo.Template
	changed  bool // there is something to tell
	valid    bool
}

// full returns the whole state, and whether it is reduced because it is too
// large otherwise. The caller holds mu. [NOT-NFY-09]
func (b *board) full() (t confinfo.Template, reduced bool) {
	docs, limit := &b.documents, b.service.cfg.MaxBytes
	if docs.whole.Size() == 0 {
		docs.whole = confinfo.NewTemplate(b.document(&confinfo.Users{Written: b.roster.written()}))
	}
	if docs.whole.Size() <= limit {
		return docs.whole, false
	}
	if docs.compact.Size() == 0 {
		docs.compact = confinfo.NewTemplate(b.document(&confinfo.Users{List: b.roster.users()}).Compact())
	}
	return docs.compact, true
}

func (b *board) document(users *confinfo.Users) *confinfo.Document {
	state := b.state
	return &confinfo.Document{
		Entity: string(b.id), Description: b.description, ConferenceState: &state, Users: users,
	}
}

// since returns what has changed since an earlier revision, for a subscriber
// who got the whole state or the reduced one; changed is false if nothing has,
// ok if so much has happened that only the whole state tells. Subscribers that
// come from the same revision share it. The caller holds mu. [NOT-NFY-03]
func (b *board) since(from uint64, reduced bool) (t confinfo.Template, changed, ok bool) {
	docs := &b.documents
	for i := range docs.partial {
		if p := &docs.partial[i]; p.valid && p.from == from && p.reduced == reduced {
			return p.template, p.changed, true
		}
	}
	changes, ok := b.history.since(from)
	if !ok {
		return confinfo.Template{}, false, false
	}
	p := &docs.partial[docs.next%recent]
	docs.next++
	*p = partial{from: from, reduced: reduced, valid: true}
	if d, changed := b.merge(changes, reduced); changed {
		p.template, p.changed = confinfo.NewTemplate(d), true
	}
	return p.template, p.changed, true
}

// merge makes one document of changes. The first change of a user holds what
// the subscriber knows of him. The caller holds mu.
func (b *board) merge(changes []change, reduced bool) (d *confinfo.Document, changed bool) {
	d = &confinfo.Document{Entity: string(b.id), State: confinfo.Partial}
	if len(changes) > 0 && changes[0].state != b.state {
		state := b.state
		d.ConferenceState = &state
	}
	users := &confinfo.Users{State: confinfo.Partial}
	seen := make(map[conference.User]struct{}, len(changes))
	for i := range changes {
		c := &changes[i]
		if _, known := seen[c.name]; known || c.name == "" {
			continue
		}
		seen[c.name] = struct{}{}
		b.tell(users, c, reduced)
	}
	if len(users.List)+len(users.Written) > 0 {
		d.Users = users
	}
	if reduced {
		d = d.Compact()
	}
	return d, d.ConferenceState != nil || d.Users != nil
}

// tell adds to users what is different about a user.
func (b *board) tell(users *confinfo.Users, c *change, reduced bool) {
	r := b.roster.byUser[c.name]
	switch {
	case r == nil && c.before == nil:
	case r == nil:
		users.List = append(users.List, confinfo.User{Entity: c.before.Entity, State: confinfo.Deleted})
	case reduced:
		users.List = append(users.List, *r.user)
	case c.before == nil:
		users.Written = append(users.Written, r.element())
	default:
		if d, changed := confinfo.DiffUser(c.before, r.user); changed {
			users.List = append(users.List, d)
		}
	}
}
