package notify

import (
	"slices"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// streamLabel ties the conference's one stream to those of the endpoints.
const streamLabel = "msg"

// row is a user as he is shown.
type row struct {
	name conference.User
	user confinfo.User
	gone []confinfo.Endpoint // those that left a moment ago, in the order of leaving
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
	u.Endpoints = append(u.Endpoints, r.gone...)
	r.user = u
	if len(u.Endpoints) == 0 {
		b.strike(r)
	}
}

// strike takes a row out. The caller holds mu.
func (b *board) strike(r *row) {
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
