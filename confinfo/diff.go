package confinfo

import "slices"

// Diff returns the document that leads a subscriber from the full state before
// to the full state after, and whether there is any change. It is partial, or
// full where a partial one could not say it: when a whole part has vanished.
// It carries after's entity and version. The result shares after's content, so
// neither may be changed while the other is in use. Keys are taken as unique.
// [NOT-NFY-03]
func Diff(before, after *Document) (*Document, bool) {
	if after.State == Deleted {
		return after, before.State != Deleted
	}
	if before.State == Deleted || before.Entity != after.Entity || vanished(before, after) {
		full := *after
		full.State = Full
		return &full, true
	}
	d := &Document{Entity: after.Entity, State: Partial, Version: after.Version}
	// RFC 4575 §4.4: these three carry no state, so a change sends them whole.
	if !after.Description.equal(before.Description) {
		d.Description = after.Description
	}
	if !after.Host.equal(before.Host) {
		d.Host = after.Host
	}
	if !after.ConferenceState.equal(before.ConferenceState) {
		d.ConferenceState = after.ConferenceState
	}
	if list := diffList(before.users(), after.users()); len(list) > 0 {
		// Without the attribute it would mean full and wipe the roster (RFC 4575 §4.4).
		d.Users = &Users{State: Partial, List: list}
	}
	changed := d.Description != nil || d.Host != nil || d.ConferenceState != nil || d.Users != nil
	return d, changed
}

func vanished(before, after *Document) bool {
	return before.Description != nil && after.Description == nil ||
		before.Host != nil && after.Host == nil ||
		before.ConferenceState != nil && after.ConferenceState == nil
}

func (d *Document) users() []User {
	if d.Users == nil {
		return nil
	}
	return d.Users.List
}

// index finds elements by key. Both lists mostly have the same order, so it
// looks at the expected place before it builds a map.
type index[T any, E keyed[T]] struct {
	list []T
	next int
	at   map[string]int
}

func (x *index[T, E]) find(key string) *T {
	if x.next < len(x.list) && E(&x.list[x.next]).key() == key {
		x.next++
		return &x.list[x.next-1]
	}
	if x.at == nil {
		x.at = make(map[string]int, len(x.list))
		for i := range x.list {
			x.at[E(&x.list[i]).key()] = i
		}
	}
	i, ok := x.at[key]
	if !ok {
		return nil
	}
	x.next = i + 1
	return &x.list[i]
}

// element is a part of a document that has an entity and a state of its own: a
// user or an endpoint.
type element[T any] interface {
	keyed[T]
	whole() T                 // with everything, full
	diff(before *T) (T, bool) // what leads from before to it, and whether anything does
	merge(local *T) T         // laid over local
	bare(State) T             // its entity alone
	state() State
}

// diffList returns the elements of a partial document that lead from before to after.
func diffList[T any, E element[T]](before, after []T) []T {
	var list []T
	old := index[T, E]{list: before}
	for i := range after {
		now := E(&after[i])
		was := old.find(now.key())
		if was == nil {
			list = append(list, now.whole())
			continue
		}
		if d, changed := now.diff(was); changed {
			list = append(list, d)
		}
	}
	now := index[T, E]{list: after}
	for i := range before {
		if was := E(&before[i]); now.find(was.key()) == nil {
			list = append(list, was.bare(Deleted))
		}
	}
	return list
}

func (u *User) key() string       { return u.Entity }
func (u *User) state() State      { return u.State }
func (u *User) bare(s State) User { return User{Entity: u.Entity, State: s} }

// whole is the user with everything.
func (u *User) whole() User {
	w := *u
	w.State = Full
	if slices.ContainsFunc(w.Endpoints, func(e Endpoint) bool { return e.State != Full }) {
		w.Endpoints = slices.Clone(w.Endpoints)
		for i := range w.Endpoints {
			w.Endpoints[i].State = Full
		}
	}
	return w
}

// DiffUser returns the element of a partial document that leads from before to
// after, two full states of the same user, and whether there is any change. It
// is for callers that know who changed; [Diff] looks at everybody.
func DiffUser(before, after *User) (User, bool) { return after.diff(before) }

func (u *User) diff(before *User) (User, bool) {
	d := u.bare(Partial)
	c := comparison{}
	d.Nickname = c.text(before.Nickname, u.Nickname)
	d.DisplayText = c.text(before.DisplayText, u.DisplayText)
	d.AssociatedAORs = pick(&c, before.AssociatedAORs, u.AssociatedAORs, equalURIs)
	d.Roles = pick(&c, before.Roles, u.Roles, slices.Equal)
	d.Languages = pick(&c, before.Languages, u.Languages, slices.Equal)
	d.CascadedFocus = c.text(before.CascadedFocus, u.CascadedFocus)
	d.Endpoints = diffList(before.Endpoints, u.Endpoints)
	if c.gone {
		return u.whole(), true
	}
	return d, c.changed || len(d.Endpoints) > 0
}

func (e *Endpoint) key() string           { return e.Entity }
func (e *Endpoint) state() State          { return e.State }
func (e *Endpoint) bare(s State) Endpoint { return Endpoint{Entity: e.Entity, State: s} }

func (e *Endpoint) whole() Endpoint {
	w := *e
	w.State = Full
	return w
}

func (e *Endpoint) diff(before *Endpoint) (Endpoint, bool) {
	d := e.bare(Partial)
	c := comparison{}
	d.DisplayText = c.text(before.DisplayText, e.DisplayText)
	d.Referred = c.execution(before.Referred, e.Referred)
	d.Status = Status(c.text(string(before.Status), string(e.Status)))
	d.JoiningMethod = JoiningMethod(c.text(string(before.JoiningMethod), string(e.JoiningMethod)))
	d.JoiningInfo = c.execution(before.JoiningInfo, e.JoiningInfo)
	d.DisconnectionMethod = DisconnectionMethod(c.text(string(before.DisconnectionMethod), string(e.DisconnectionMethod)))
	d.DisconnectionInfo = c.execution(before.DisconnectionInfo, e.DisconnectionInfo)
	d.Media = c.media(before.Media, e.Media)
	if before.CallInfo != e.CallInfo {
		d.CallInfo = e.CallInfo
		c.note(e.CallInfo == CallInfo{})
	}
	if c.gone {
		return e.whole(), true
	}
	return d, c.changed
}

// comparison collects what two versions of an element differ in.
type comparison struct {
	changed bool
	gone    bool // something vanished, which only the whole element can say
}

func (c *comparison) note(gone bool) {
	c.changed = true
	c.gone = c.gone || gone
}

// text returns after if it differs.
func (c *comparison) text(before, after string) string {
	if before == after {
		return ""
	}
	c.note(after == "")
	return after
}

func (c *comparison) execution(before, after Execution) Execution {
	if before.Equal(after) {
		return Execution{}
	}
	c.note(after.IsZero())
	return after
}

func (m *Media) key() string { return m.ID }

// media has keys but no state: changed ones are replaced by id, and one that is
// gone cannot be said in part.
func (c *comparison) media(before, after []Media) []Media {
	var list []Media
	old := index[Media, *Media]{list: before}
	for i := range after {
		was := old.find(after[i].ID)
		if was == nil || *was != after[i] {
			list = append(list, after[i])
			c.note(false)
		}
	}
	now := index[Media, *Media]{list: after}
	for i := range before {
		if now.find(before[i].ID) == nil {
			c.note(true)
		}
	}
	return list
}

// pick returns after if it differs.
func pick[E any](c *comparison, before, after []E, equal func(a, b []E) bool) []E {
	if equal(before, after) {
		return nil
	}
	c.note(len(after) == 0)
	return after
}
