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
	if list := diffUsers(before.users(), after.users()); len(list) > 0 {
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
type index[T any] struct {
	list []T
	key  func(*T) string
	next int
	at   map[string]int
}

func (x *index[T]) find(key string) *T {
	if x.next < len(x.list) && x.key(&x.list[x.next]) == key {
		x.next++
		return &x.list[x.next-1]
	}
	if x.at == nil {
		x.at = make(map[string]int, len(x.list))
		for i := range x.list {
			x.at[x.key(&x.list[i])] = i
		}
	}
	i, ok := x.at[key]
	if !ok {
		return nil
	}
	x.next = i + 1
	return &x.list[i]
}

func userKey(u *User) string         { return u.Entity }
func endpointKey(e *Endpoint) string { return e.Entity }
func mediaKey(m *Media) string       { return m.ID }

func diffUsers(before, after []User) []User {
	var list []User
	old := index[User]{list: before, key: userKey}
	for i := range after {
		u := &after[i]
		was := old.find(u.Entity)
		if was == nil {
			list = append(list, u.whole())
			continue
		}
		if d, changed := DiffUser(was, u); changed {
			list = append(list, d)
		}
	}
	now := index[User]{list: after, key: userKey}
	for i := range before {
		if key := before[i].Entity; now.find(key) == nil {
			list = append(list, User{Entity: key, State: Deleted})
		}
	}
	return list
}

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
func DiffUser(before, after *User) (User, bool) {
	d := User{Entity: after.Entity, State: Partial}
	c := comparison{}
	d.Nickname = c.text(before.Nickname, after.Nickname)
	d.DisplayText = c.text(before.DisplayText, after.DisplayText)
	d.AssociatedAORs = pick(&c, before.AssociatedAORs, after.AssociatedAORs, equalURIs)
	d.Roles = pick(&c, before.Roles, after.Roles, slices.Equal)
	d.Languages = pick(&c, before.Languages, after.Languages, slices.Equal)
	d.CascadedFocus = c.text(before.CascadedFocus, after.CascadedFocus)
	d.Endpoints = diffEndpoints(before.Endpoints, after.Endpoints)
	if c.gone {
		return after.whole(), true
	}
	return d, c.changed || len(d.Endpoints) > 0
}

func diffEndpoints(before, after []Endpoint) []Endpoint {
	var list []Endpoint
	old := index[Endpoint]{list: before, key: endpointKey}
	for i := range after {
		e := &after[i]
		was := old.find(e.Entity)
		if was == nil {
			list = append(list, e.whole())
			continue
		}
		if d, changed := diffEndpoint(was, e); changed {
			list = append(list, d)
		}
	}
	now := index[Endpoint]{list: after, key: endpointKey}
	for i := range before {
		if key := before[i].Entity; now.find(key) == nil {
			list = append(list, Endpoint{Entity: key, State: Deleted})
		}
	}
	return list
}

func (e *Endpoint) whole() Endpoint {
	w := *e
	w.State = Full
	return w
}

func diffEndpoint(before, after *Endpoint) (Endpoint, bool) {
	d := Endpoint{Entity: after.Entity, State: Partial}
	c := comparison{}
	d.DisplayText = c.text(before.DisplayText, after.DisplayText)
	d.Referred = c.execution(before.Referred, after.Referred)
	d.Status = Status(c.text(string(before.Status), string(after.Status)))
	d.JoiningMethod = JoiningMethod(c.text(string(before.JoiningMethod), string(after.JoiningMethod)))
	d.JoiningInfo = c.execution(before.JoiningInfo, after.JoiningInfo)
	d.DisconnectionMethod = DisconnectionMethod(c.text(string(before.DisconnectionMethod), string(after.DisconnectionMethod)))
	d.DisconnectionInfo = c.execution(before.DisconnectionInfo, after.DisconnectionInfo)
	d.Media = c.media(before.Media, after.Media)
	if before.CallInfo != after.CallInfo {
		d.CallInfo = after.CallInfo
		c.note(after.CallInfo == CallInfo{})
	}
	if c.gone {
		return after.whole(), true
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

// media has keys but no state: changed ones are replaced by id, and one that is
// gone cannot be said in part.
func (c *comparison) media(before, after []Media) []Media {
	var list []Media
	old := index[Media]{list: before, key: mediaKey}
	for i := range after {
		was := old.find(after[i].ID)
		if was == nil || *was != after[i] {
			list = append(list, after[i])
			c.note(false)
		}
	}
	now := index[Media]{list: after, key: mediaKey}
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
