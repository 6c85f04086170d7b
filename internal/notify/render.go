package notify

import (
	"cmp"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// streamLabel ties the conference's one stream to those of the endpoints.
const streamLabel = "msg"

// describe makes the part of the document that hardly changes. Aliases are further URIs of
// the conference.
func describe(s *conference.State, aliases []conference.ID) *confinfo.Description {
	uris := []confinfo.URI{{URI: string(s.ID()), Purpose: "participation"}}
	for _, alias := range aliases {
		uris = append(uris, confinfo.URI{URI: string(alias), Purpose: "participation"})
	}
	d := &confinfo.Description{
		Subject:        s.Subject(),
		ConferenceURIs: uris,
		AvailableMedia: []confinfo.AvailableMedia{
			{Label: streamLabel, Type: "message", Status: confinfo.SendRecv},
		},
	}
	if most := s.Policy().MaxUsers; most > 0 {
		d.MaximumUserCount = uint32(most) //nolint:gosec // a configured limit
	}
	return d
}

func addresses(uris []string) []confinfo.URI {
	var out []confinfo.URI
	for _, uri := range uris {
		out = append(out, confinfo.URI{URI: uri})
	}
	return out
}

// userOf shows a user without his endpoints, to everybody and to the owner. Of
// somebody who has left is known what was shown of him. The real identity of a
// user who asked for privacy is for the owner alone. [PRV-02] [PRV-04]
func userOf(name conference.User, p *conference.Participant, was *shown) (all, owner confinfo.User) {
	if p == nil {
		all = confinfo.User{Entity: string(name)}
		if was != nil {
			owner = *was.owner
			all.Nickname, all.DisplayText, all.Roles = owner.Nickname, owner.DisplayText, owner.Roles
		}
		all.Endpoints, owner.Endpoints = nil, nil
		owner.Entity = string(name)
		return all, owner
	}
	all = confinfo.User{
		Entity:         string(name),
		Nickname:       p.Nickname,
		DisplayText:    cmp.Or(p.Nickname, p.Display),
		Roles:          []string{p.Role.String()},
		AssociatedAORs: addresses(p.AssociatedAORs),
		CascadedFocus:  p.Focus,
	}
	owner = all
	if p.Anonymous > 0 {
		all.CascadedFocus = "" // where he can be reached
	}
	if p.Anonymous > 0 && p.Identity != "" {
		owner.AssociatedAORs = append([]confinfo.URI{{URI: string(p.Identity)}}, all.AssociatedAORs...)
	}
	return all, owner
}

// sightOf says how an endpoint can be seen. Everybody sees it under its token:
// the Contact is its user's address in the network, and nobody's business but
// the owner's; not even his if the user asked for privacy. D-26 [PRV-02]
func sightOf(e *conference.Endpoint) sight {
	s := sight{endpoint: endpointOf(e), audience: audienceOf(e), hidden: e.Hidden, by: e.By}
	if e.Participant.Anonymous == 0 {
		s.contact = e.Contact
	}
	return s
}

// endpointOf shows an endpoint under its token. How and when it joined is told
// of those that have, RFC 4575 §5.7.4 and §5.7.5.
func endpointOf(e *conference.Endpoint) confinfo.Endpoint {
	out := confinfo.Endpoint{Entity: string(e.ID), Status: confinfo.Status(e.Status().String())}
	if e.Referred != nil {
		out.Referred = confinfo.Execution{When: e.Referred.At, Reason: e.Referred.Reason, By: string(e.Referred.By)}
	}
	if !e.Connected() {
		return out
	}
	out.JoiningMethod = confinfo.JoiningMethod(e.Method.String())
	out.JoiningInfo = confinfo.Execution{When: e.JoinedAt, By: string(e.By)}
	if direction := e.MediaStatus(); direction != conference.NoStream {
		out.Media = []confinfo.Media{
			{ID: "1", Type: "message", Label: streamLabel, Status: confinfo.MediaStatus(direction.String())},
		}
	}
	return out
}
