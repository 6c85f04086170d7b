package notify

import (
	"slices"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// streamLabel ties the conference's one stream to those of the endpoints.
const streamLabel = "msg"

// row is a user as he is shown.
type row struct {
	name conference.User
	user confinfo.User
	gone []departure // endpoints that left a moment ago
}

// departure is an endpoint that is shown as disconnected for a while.
type departure struct {
	endpoint confinfo.Endpoint
	until    time.Time
}

// describe makes the part of the document that hardly changes.
func describe(s *conference.State) *confinfo.Description {
	d := &confinfo.Description{
		Subject:        s.Subject(),
		ConferenceURIs: []confinfo.URI{{URI: string(s.ID()), Purpose: "participation"}},
		AvailableMedia: []confinfo.AvailableMedia{
			{Label: streamLabel, Type: "message", Status: confinfo.SendRecv},
		},
	}
	if most := s.Policy().MaxUsers; most > 0 {
		d.MaximumUserCount = uint32(most) //nolint:gosec // a configured limit
	}
	return d
}

// show brings a user's row up to date with the conference. The caller holds mu.
func (b *board) show(s *conference.State, name conference.User) {
	r := b.byUser[name]
	p := s.Participant(name)
	if r == nil {
		if p == nil || !p.Connected() {
			return
		}
		r = &row{name: name}
		b.rows = append(b.rows, r)
		b.byUser[name] = r
	}
	b.render(r, p)
}

// render writes a user's row: the endpoints that are in the conference, and
// those that left a moment ago. A row without any goes. The caller holds mu.
func (b *board) render(r *row, p *conference.Participant) {
	u := confinfo.User{Entity: string(r.name), DisplayText: r.user.DisplayText, Roles: r.user.Roles}
	if p != nil {
		u.DisplayText = p.Display
		u.Roles = []string{p.Role.String()}
		u.AssociatedAORs = addresses(p.AssociatedAORs)
		u.CascadedFocus = p.Focus
		for e := range p.Endpoints() {
			if e.Connected() {
				u.Endpoints = append(u.Endpoints, endpointOf(e))
			}
		}
	}
	for _, d := range r.gone {
		u.Endpoints = append(u.Endpoints, d.endpoint)
	}
	r.user = u
	if len(u.Endpoints) > 0 {
		return
	}
	delete(b.byUser, r.name)
	if i := slices.Index(b.rows, r); i >= 0 {
		b.rows = slices.Delete(b.rows, i, i+1)
	}
}

func addresses(uris []string) []confinfo.URI {
	var out []confinfo.URI
	for _, uri := range uris {
		out = append(out, confinfo.URI{URI: uri})
	}
	return out
}

// endpointOf shows an endpoint under its token: the Contact is its user's
// address in the network, and nobody's business. D-26 [PRV-02]
func endpointOf(e *conference.Endpoint) confinfo.Endpoint {
	out := confinfo.Endpoint{
		Entity:        string(e.ID),
		Status:        confinfo.Status(e.Status().String()),
		JoiningMethod: confinfo.JoiningMethod(e.Method.String()),
		JoiningInfo:   confinfo.Execution{When: e.JoinedAt, By: string(e.By)},
	}
	if e.Referred != nil {
		out.Referred = confinfo.Execution{When: e.Referred.At, Reason: e.Referred.Reason, By: string(e.Referred.By)}
	}
	if direction := e.MediaStatus(); direction != conference.NoStream {
		out.Media = []confinfo.Media{
			{ID: "1", Type: "message", Label: streamLabel, Status: confinfo.MediaStatus(direction.String())},
		}
	}
	return out
}

// linger shows an endpoint as disconnected for a while. The caller holds mu.
// [NOT-NFY-03]
func (b *board) linger(e conference.Departed) {
	r := b.byUser[e.User]
	if r == nil {
		r = &row{name: e.User}
		b.rows = append(b.rows, r)
		b.byUser[e.User] = r
	}
	until := e.At.Add(b.service.cfg.Linger)
	r.gone = append(r.gone, departure{until: until, endpoint: confinfo.Endpoint{
		Entity:              string(e.Endpoint),
		Status:              confinfo.StatusDisconnected,
		DisconnectionMethod: confinfo.DisconnectionMethod(e.Cause.DisconnectionMethod()),
		DisconnectionInfo:   confinfo.Execution{When: e.At, Reason: reasonOf(e.Reason), By: string(e.By)},
	}})
	b.wake(b.service.cfg.Linger)
}

func reasonOf(reason string) string {
	if reason == "" {
		return ""
	}
	return "Reason: " + reason
}

// wake has the lingering rows looked at in d. The caller holds mu.
func (b *board) wake(d time.Duration) {
	if b.sweep == nil {
		b.sweep = time.AfterFunc(d, b.expire)
	}
}

// expire drops the endpoints that have lingered long enough.
func (b *board) expire() {
	now := b.service.cfg.Now()
	b.mu.Lock()
	b.sweep = nil
	var next time.Time
	for _, r := range slices.Clone(b.rows) {
		if len(r.gone) == 0 {
			continue
		}
		kept := slices.DeleteFunc(slices.Clone(r.gone), func(d departure) bool { return !d.until.After(now) })
		if len(kept) < len(r.gone) {
			b.drop(r, kept)
		}
		for _, d := range kept {
			if next.IsZero() || d.until.Before(next) {
				next = d.until
			}
		}
	}
	if !next.IsZero() {
		b.wake(next.Sub(now))
	}
	b.mu.Unlock()
	b.Flush()
}

// drop takes the endpoints that are not kept out of a row. The caller holds mu.
func (b *board) drop(r *row, kept []departure) {
	gone := make(map[string]bool, len(r.gone))
	for _, d := range r.gone {
		gone[d.endpoint.Entity] = true
	}
	for _, d := range kept {
		delete(gone, d.endpoint.Entity)
	}
	r.gone = kept
	r.user.Endpoints = slices.DeleteFunc(slices.Clone(r.user.Endpoints), func(e confinfo.Endpoint) bool { return gone[e.Entity] })
	if len(r.user.Endpoints) == 0 {
		delete(b.byUser, r.name)
		if i := slices.Index(b.rows, r); i >= 0 {
			b.rows = slices.Delete(b.rows, i, i+1)
		}
	}
	b.outdate()
}
