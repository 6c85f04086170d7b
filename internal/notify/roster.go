package notify

import (
	"bytes"
	"maps"
	"slices"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// roster is the users as they are shown. Guarded by board.mu.
type roster struct {
	rows   []*row // in the order in which the users came; some may be vacant
	vacant int
	line   [][]byte // room for what written returns
	byUser map[conference.User]*row
	gone   []departure // by time

	// Who calls users of whom others do not know: how many now, and the revision
	// of the last change to one of them.
	calling map[conference.User]int
	called  map[conference.User]uint64
}

// newRoster returns a roster without users.
func newRoster() roster {
	return roster{
		byUser:  make(map[conference.User]*row),
		calling: make(map[conference.User]int),
		called:  make(map[conference.User]uint64),
	}
}

// row is a user as he is shown.
type row struct {
	shown   *shown  // replaced, never changed; nil: the row is vacant
	present []sight // endpoints that are there
	gone    []sight // endpoints that were, and linger
	written written
}

// written is a user as an element, for everybody and for the owner, in every
// detail and compact; nil until somebody wants it.
type written [2][ownEntry][]byte

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
// not in it. It returns how he was shown before.
func (r *roster) show(name conference.User, p *conference.Participant) (before *shown, changed bool) {
	if r.byUser[name] == nil && p == nil {
		return nil, false
	}
	w := r.row(name)
	w.present = w.present[:0]
	if p != nil {
		for e := range p.Endpoints() {
			w.present = append(w.present, sightOf(e))
		}
	}
	all, owner := userOf(name, p, w.shown)
	return r.set(name, w, showUser(all, owner, slices.Concat(w.gone, w.present)))
}

// vanish no longer shows an endpoint that has left.
func (r *roster) vanish(d departure) (before *shown, changed bool) {
	w := r.byUser[d.user]
	if w == nil {
		return nil, false
	}
	w.gone = slices.DeleteFunc(w.gone, func(s sight) bool { return s.endpoint.Entity == d.entity })
	all, owner := userOf(d.user, nil, w.shown)
	return r.set(d.user, w, showUser(all, owner, slices.Concat(w.gone, w.present)))
}

// set replaces what is shown of a user. Without it the row goes.
func (r *roster) set(name conference.User, w *row, now *shown) (before *shown, changed bool) {
	before = w.shown
	if before != nil && before.same(now) {
		return before, false
	}
	w.shown, w.written = now, written{}
	r.count(before, -1)
	r.count(now, 1)
	if before == nil {
		r.vacant--
	}
	if now == nil {
		r.vacant++
		delete(r.byUser, name)
		r.compact()
	}
	return before, now != nil || before != nil
}

// count keeps the number of users that each inviter calls in secret.
func (r *roster) count(s *shown, n int) {
	if s == nil {
		return
	}
	for by := range s.inviters {
		if r.calling[by] += n; r.calling[by] == 0 {
			delete(r.calling, by)
		}
	}
}

// note remembers at which revision the secrets of inviters changed.
func (r *roster) note(revision uint64, states ...*shown) {
	for _, s := range states {
		if s == nil {
			continue
		}
		for by := range s.inviters {
			r.called[by] = revision
		}
	}
}

// forget drops what no subscriber needs any more: before the oldest revision that
// is remembered a subscriber gets the whole state anyway.
func (r *roster) forget(oldest uint64) {
	maps.DeleteFunc(r.called, func(by conference.User, at uint64) bool {
		return at <= oldest && r.calling[by] == 0
	})
}

// compact takes out the vacant rows when they are many.
func (r *roster) compact() {
	if r.vacant > 16 && r.vacant > len(r.rows)/2 {
		r.rows = slices.DeleteFunc(r.rows, func(w *row) bool { return w.shown == nil })
		r.vacant = 0
	}
}

// shown returns a user as he is shown, nil if he is not.
func (r *roster) shown(name conference.User) *shown {
	if w := r.byUser[name]; w != nil {
		return w.shown
	}
	return nil
}

// written returns everybody that a view has as elements, each of which is
// written once; ok is false if they are longer than limit together. They are valid
// until it is called again.
func (r *roster) written(v view, d detail, limit int) (elements [][]byte, ok bool) {
	r.line = r.line[:0]
	for _, w := range r.rows {
		if limit < 0 {
			return nil, false
		}
		if element := w.element(v, d); element != nil {
			r.line = append(r.line, element)
			limit -= len(element)
		}
	}
	return r.line, limit >= 0
}

// element returns the user as a view has him, written; nil if it has him not.
func (w *row) element(v view, d detail) []byte {
	u := w.shown.to(v)
	if u == nil {
		return nil
	}
	if v.present && len(w.gone) > 0 {
		if u = there(u); u == nil {
			return nil
		}
		return writeUser(u, d) // few linger at a time, and few take no note of it
	}
	n := 0
	switch {
	case v.owner:
		n = 1
	case u != w.shown.all:
		return writeUser(u, d) // few are called at a time, and by few
	}
	if w.written[n][d] == nil {
		w.written[n][d] = writeUser(u, d)
	}
	return w.written[n][d]
}

// writeUser writes a user into a slice of exactly his size.
func writeUser(u *confinfo.User, d detail) []byte {
	room := make([]byte, 0, 1<<10)
	if d == compact {
		c := u.Compact()
		return bytes.Clone(c.Append(room))
	}
	return bytes.Clone(u.Append(room))
}
