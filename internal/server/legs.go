package server

import (
	"errors"

	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/sdp"
)

// legs is the mixer as the focus wants it.
type legs struct{ mixer *mixer.Mixer }

var _ focus.Mixer = legs{}

func (l legs) Check(offer *sdp.Session) error { return l.mixer.Check(offer) }

func (l legs) Capability() *sdp.Session { return l.mixer.Capability() }

func (l legs) Reserve(req focus.LegRequest, done func(focus.Leg, error)) {
	leg, err := l.mixer.Reserve(mixer.LegRequest(req))
	switch {
	case errors.Is(err, mixer.ErrFull):
		done(nil, focus.ErrMixerFull)
	case err != nil:
		done(nil, err)
	default:
		done(leg, nil)
	}
}

// legs is the mixer as the focus has it.
func (s *Server) legs() focus.Mixer {
	var m focus.Mixer = legs{s.mixer}
	if s.tune.mixer != nil {
		m = s.tune.mixer(m)
	}
	return m
}
