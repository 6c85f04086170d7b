package notify

import (
	"math"
	"slices"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// detail is how much a subscriber's documents say, less and less the larger the
// conference is. D-27 [NOT-NFY-09]
type detail uint8

const (
	everything detail = iota
	compact           // of each user no more than name and statuses
	ownEntry          // how many users there are, and the subscriber's own entry
)

// documents are those of one revision, each written once for all subscribers
// that it fits. They go with the revision.
type documents struct {
	full    []full
	partial [recent]partial
	next    int // place in partial that is used next
}

// recent is how many documents of changes are kept. Subscribers are mostly at
// very few revisions; writing another document costs what it is long.
const recent = 16

// full is a document of the whole state as a view has it.
type full struct {
	view     view
	detail   detail
	template confinfo.Template
}

// partial is a document of changes.
type partial struct {
	from     uint64 // the revision that it leads from
	view     view
	detail   detail
	template confinfo.Template
	changed  bool // there is something to tell
	valid    bool
}

// full returns the whole state for a subscriber, in as much detail as one NOTIFY
// may have. The caller holds mu. [NOT-NFY-09]
func (b *board) full(v view, user conference.User, datagrams bool) (confinfo.Template, detail) {
	if v.inviter != "" && b.roster.calling[v.inviter] == 0 {
		v.inviter = ""
	}
	limit := b.service.cfg.MaxBytes
	if datagrams {
		limit = b.service.cfg.MaxDatagram
	}
	if t, ok := b.whole(v, everything, limit); ok {
		return t, everything
	}
	if v.owner && !datagrams {
		limit = math.MaxInt
	}
	if t, ok := b.whole(v, compact, limit); ok {
		return t, compact
	}
	users := &confinfo.Users{}
	if u := b.roster.shown(user).to(v); u != nil {
		users.List = []confinfo.User{*u}
	}
	return confinfo.NewTemplate(b.document(users)), ownEntry
}

// whole returns the whole state as a view has it, everything or compact; ok is
// false if it is longer than limit.
func (b *board) whole(v view, d detail, limit int) (t confinfo.Template, ok bool) {
	docs := &b.documents
	i := slices.IndexFunc(docs.full, func(f full) bool { return f.view == v && f.detail == d })
	if i >= 0 {
		return docs.full[i].template, docs.full[i].template.Size() <= limit
	}
	elements, ok := b.roster.written(v, d, limit)
	if !ok {
		return t, false
	}
	f := full{view: v, detail: d, template: confinfo.NewTemplate(b.document(&confinfo.Users{Written: elements}))}
	if len(docs.full) < recent {
		docs.full = append(docs.full, f)
	}
	return f.template, f.template.Size() <= limit
}

func (b *board) document(users *confinfo.Users) *confinfo.Document {
	state := b.state
	return &confinfo.Document{
		Entity: string(b.id), Description: b.description, ConferenceState: &state, Users: users,
	}
}

// since returns what has changed since an earlier revision, as a view has it,
// for a subscriber who got that much of the whole state; changed is false if
// nothing has, ok if so much has happened that only the whole state tells.
// Subscribers that come from the same revision share it. The caller holds mu.
// [NOT-NFY-03]
func (b *board) since(from uint64, v view, d detail) (t confinfo.Template, changed, ok bool) {
	if v.inviter != "" && b.roster.called[v.inviter] <= from {
		v.inviter = "" // nothing since that others have not seen, too
	}
	docs := &b.documents
	for i := range docs.partial {
		if p := &docs.partial[i]; p.valid && p.from == from && p.view == v && p.detail == d {
			return p.template, p.changed, true
		}
	}
	changes, ok := b.history.since(from)
	if !ok {
		return confinfo.Template{}, false, false
	}
	p := &docs.partial[docs.next%recent]
	docs.next++
	*p = partial{from: from, view: v, detail: d, valid: true}
	if doc, changed := b.merge(changes, v, d, ""); changed {
		p.template, p.changed = confinfo.NewTemplate(doc), true
	}
	return p.template, p.changed, true
}

// sinceOf is since for a subscriber who is shown nobody but himself.
func (b *board) sinceOf(from uint64, v view, user conference.User) (t confinfo.Template, changed, ok bool) {
	changes, ok := b.history.since(from)
	if !ok {
		return confinfo.Template{}, false, false
	}
	doc, changed := b.merge(changes, v, ownEntry, user)
	if changed {
		t = confinfo.NewTemplate(doc)
	}
	return t, changed, true
}

// merge makes one document of changes. The first change of a user holds what
// the subscriber knows of him. The caller holds mu.
func (b *board) merge(changes []change, v view, d detail, own conference.User) (doc *confinfo.Document, changed bool) {
	doc = &confinfo.Document{Entity: string(b.id), State: confinfo.Partial}
	if len(changes) > 0 && changes[0].state != b.state {
		state := b.state
		doc.ConferenceState = &state
	}
	if len(changes) > 0 && changes[0].description != b.description {
		doc.Description = b.description
	}
	users := &confinfo.Users{State: confinfo.Partial}
	seen := make(map[conference.User]struct{}, len(changes))
	for i := range changes {
		c := &changes[i]
		if _, known := seen[c.name]; known || c.name == "" || d == ownEntry && c.name != own {
			continue
		}
		seen[c.name] = struct{}{}
		b.tell(users, c, v, d)
	}
	if len(users.List)+len(users.Written) > 0 {
		doc.Users = users
	}
	return doc, doc.Description != nil || doc.ConferenceState != nil || doc.Users != nil
}

// tell adds to users what is different about a user as a view has him.
func (b *board) tell(users *confinfo.Users, c *change, v view, d detail) {
	before, now := c.before.to(v), b.roster.shown(c.name).to(v)
	switch {
	case now == nil && before == nil:
	case now == nil:
		users.List = append(users.List, confinfo.User{Entity: before.Entity, State: confinfo.Deleted})
	case d == compact:
		users.Written = append(users.Written, b.roster.byUser[c.name].element(v, compact))
	case before == nil:
		users.Written = append(users.Written, b.roster.byUser[c.name].element(v, everything))
	default:
		if diff, changed := confinfo.DiffUser(before, now); changed {
			users.List = append(users.List, diff)
		}
	}
}
