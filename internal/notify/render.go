package notify

import (
	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
)

// streamLabel ties the conference's one stream to those of the endpoints.
const streamLabel = "msg"

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
