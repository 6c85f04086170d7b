package notify

import (
	"cmp"
	"slices"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// roster is the users as they are shown. Guarded by board.mu.
type roster struct {
	rows   []*row // in the order in which the users came; some may be vacant
	vacant int
	byUser map[conference.User]*row
	gone   []departure // by time
}

// row is a user as he is shown.
type row struct {
	user    *confinfo.User // replaced, never changed; nil: the row is vacant
	gone    []confinfo.Endpoint
	written []byte // user as an element; nil until somebody wants it
}

// row returns the row of a user, and makes it if there is none.
func (r *roster) row(name conference.User) *row {
	if w := r.byUser[name]; w != nil {
		return w
	}
	w := &row{}
	r.rows = append(r.rows, w)
	r.byUser[name] = w
	r.vacant++
	return w
}

// show brings a user's row up to date with the conference, p being nil if he is
// not in it. It returns how he was shown before, nil if he was not.
func (r *roster) show(name conference.User, p *conference.Participant) (before *confinfo.User, changed bool) {
	if r.byUser[name] == nil && (p == nil || !p.Connected()) {
		return nil, false
	}
	w := r.row(name)
	u := &confinfo.User{Entity: string(name)}
	if w.user != nil {
		u.Nickname, u.DisplayText, u.Roles = w.user.Nickname, w.user.DisplayText, w.user.Roles
	}
	if p != nil {
		u.Nickname, u.DisplayText = p.Nickname, cmp.Or(p.Nickname, p.Display)
		u.Roles = []string{p.Role.String()}
		u.AssociatedAORs = addresses(p.AssociatedAORs)
		u.CascadedFocus = p.Focus
		for e := range p.Endpoints() {
			if e.Connected() {
				u.Endpoints = append(u.Endpoints, endpointOf(e))
			}
		}
	}
	u.Endpoints = append(u.Endpoints, w.gone...)
	return r.set(name, w, u)
}

// set replaces a row's user. Without endpoints the row goes.
func (r *roster) set(name conference.User, w *row, u *confinfo.User) (before *confinfo.User, changed bool) {
	before = w.user
	if before != nil && len(u.Endpoints) > 0 {
		if _, changed = confinfo.DiffUser(before, u); !changed {
			return before, false
		}
	}
	w.user, w.written = u, nil
	if before == nil {
		r.vacant--
	}
	if len(u.Endpoints) == 0 {
		w.user = nil
		r.vacant++
		delete(r.byUser, name)
		r.compact()
	}
	return before, w.user != nil || before != nil
}

// compact takes out the vacant rows when they are many.
func (r *roster) compact() {
	if r.vacant > 16 && r.vacant > len(r.rows)/2 {
		r.rows = slices.DeleteFunc(r.rows, func(w *row) bool { return w.user == nil })
		r.vacant = 0
	}
}

// users returns everybody.
func (r *roster) users() []confinfo.User {
	users := make([]confinfo.User, 0, len(r.byUser))
	for _, w := range r.rows {
		if w.user != nil {
			users = append(users, *w.user)
		}
	}
	return users
}

// written returns everybody as elements, each of which is written once.
func (r *roster) written() [][]byte {
	elements := make([][]byte, 0, len(r.byUser))
	for _, w := range r.rows {
		if w.user != nil {
			elements = append(elements, w.element())
		}
	}
	return elements
}

func (w *row) element() []byte {
	if w.written == nil {
		w.written = w.user.Append(nil)
	}
	return w.written
}
