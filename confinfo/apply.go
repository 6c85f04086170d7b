package confinfo

import "slices"

// Outcome says what became of a received document.
type Outcome uint8

// The outcomes.
const (
	Applied Outcome = iota
	Ignored         // old: its version is not above the local one
	// Refresh: the document cannot be used, since something before it is
	// missing. The local state stays as it is, and the subscriber asks for a
	// full document by refreshing its subscription, once until that is answered.
	Refresh
)

// Apply carries doc into a subscriber's local state, nil before the first
// document, and returns the new local state (RFC 4575 §4.6). Neither argument is
// changed; the results share their content. All states of the result are Full,
// unless the conference is gone: then it is Deleted, and the subscription should
// be ended. [PAR-SUB-06] [PAR-SUB-07]
func Apply(local, doc *Document) (*Document, Outcome) {
	switch {
	case local != nil && doc.Version <= local.Version:
		return local, Ignored
	case doc.State != Partial:
		return settled(doc), Applied
	case local == nil || local.State == Deleted || doc.Version != local.Version+1:
		return local, Refresh
	}
	merged := *local
	merged.Version = doc.Version
	if doc.Description != nil {
		merged.Description = doc.Description
	}
	if doc.Host != nil {
		merged.Host = doc.Host
	}
	if doc.ConferenceState != nil {
		merged.ConferenceState = doc.ConferenceState
	}
	if doc.Users != nil {
		merged.Users = mergeUsers(local.users(), doc.Users)
	}
	return &merged, Applied
}

// settled is a full document with every state below it full.
func settled(doc *Document) *Document {
	d := *doc
	if d.State != Deleted {
		d.Users = mergeUsers(nil, &Users{State: Partial, List: doc.users()})
	}
	return &d
}

func mergeUsers(local []User, doc *Users) *Users {
	switch doc.State {
	case Deleted:
		return &Users{}
	case Full: // RFC 4575 §4.6 step 1: flushed and filled anew [PAR-SUB-08]
		local = nil
	case Partial:
	}
	return &Users{List: mergeList(local, doc.List)}
}

// mergeList carries the elements of a document into those of the local state.
func mergeList[T any, E element[T]](local, doc []T) []T {
	t := table[T, E]{list: slices.Clone(local)}
	for i := range doc {
		e := E(&doc[i])
		old := t.find(e.key())
		none := e.bare(Full)
		switch {
		case e.state() == Deleted:
			t.remove(e.key())
		case old == nil:
			t.add(e.merge(&none))
		case e.state() == Full:
			*old = e.merge(&none)
		default:
			*old = e.merge(old)
		}
	}
	return t.rest()
}

// merge lays what u has over local.
func (u *User) merge(local *User) User {
	m := *local
	m.Nickname = over(m.Nickname, u.Nickname)
	m.DisplayText = over(m.DisplayText, u.DisplayText)
	m.AssociatedAORs = overList(m.AssociatedAORs, u.AssociatedAORs)
	m.Roles = overList(m.Roles, u.Roles)
	m.Languages = overList(m.Languages, u.Languages)
	m.CascadedFocus = over(m.CascadedFocus, u.CascadedFocus)
	if len(u.Endpoints) > 0 {
		m.Endpoints = mergeList(m.Endpoints, u.Endpoints)
	}
	return m
}

func (e *Endpoint) merge(local *Endpoint) Endpoint {
	m := *local
	m.DisplayText = over(m.DisplayText, e.DisplayText)
	m.Referred = overExecution(m.Referred, e.Referred)
	m.Status = over(m.Status, e.Status)
	m.JoiningMethod = over(m.JoiningMethod, e.JoiningMethod)
	m.JoiningInfo = overExecution(m.JoiningInfo, e.JoiningInfo)
	m.DisconnectionMethod = over(m.DisconnectionMethod, e.DisconnectionMethod)
	m.DisconnectionInfo = overExecution(m.DisconnectionInfo, e.DisconnectionInfo)
	m.CallInfo = over(m.CallInfo, e.CallInfo)
	if len(e.Media) > 0 {
		t := table[Media, *Media]{list: slices.Clone(m.Media)}
		for i := range e.Media {
			if old := t.find(e.Media[i].ID); old != nil {
				*old = e.Media[i]
			} else {
				t.add(e.Media[i])
			}
		}
		m.Media = t.rest()
	}
	return m
}

func over[T comparable](local, doc T) T {
	var absent T
	if doc == absent {
		return local
	}
	return doc
}

func overList[T any](local, doc []T) []T {
	if len(doc) == 0 {
		return local
	}
	return doc
}

func overExecution(local, doc Execution) Execution {
	if doc.IsZero() {
		return local
	}
	return doc
}
