package confinfo

import "slices"

// Compact returns the document with little about each user: entity, nickname and
// display text, and one status per endpoint. It is the first step to make a
// document fit for one SIP message. [NOT-NFY-09]
func (d *Document) Compact() *Document {
	c := *d
	if d.Users == nil {
		return &c
	}
	c.Users = &Users{State: d.Users.State, List: make([]User, len(d.Users.List))}
	for i := range d.Users.List {
		c.Users.List[i] = d.Users.List[i].Compact()
	}
	return &c
}

// Compact returns the user with little about it, as [Document.Compact] shows
// users. [NOT-NFY-09]
func (u *User) Compact() User {
	c := User{Entity: u.Entity, State: u.State, Nickname: u.Nickname, DisplayText: u.DisplayText}
	for i := range u.Endpoints {
		e := &u.Endpoints[i]
		c.Endpoints = append(c.Endpoints, Endpoint{Entity: e.Entity, State: e.State, Status: e.Status})
	}
	return c
}

// Only returns the document with no user but the one named: the second step,
// where even a compact roster is too large. The user-count still counts
// everybody. [NOT-NFY-09]
func (d *Document) Only(entity string) *Document {
	o := *d
	if d.Users == nil {
		return &o
	}
	o.Users = &Users{State: d.Users.State}
	if i := slices.IndexFunc(d.Users.List, func(u User) bool { return u.Entity == entity }); i >= 0 {
		o.Users.List = d.Users.List[i : i+1 : i+1]
	}
	return &o
}
