package focus

import (
	"errors"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
)

// permitted finds out whether an INVITE from the caller would be let in, without
// letting anybody in: a conference that does not run is not started, and nobody sees
// who asks. Done is called once, with the error that he would get, or nil.
func (f *Focus) permitted(resource access.Resource, caller identity.Identity, done func(error)) {
	user := caller.User
	if caller.Anonymous {
		user = ""
	}
	idle := func() {
		def := resource.Entry.Definition
		if def == nil {
			done(instance.ErrNotFound)
			return
		}
		done(def.Permits(user, f.cfg.Now()))
	}
	inst := resource.Entry.Instance
	if inst == nil {
		idle()
		return
	}
	err := inst.Look(func(s *conference.State) {
		if s == nil {
			idle() // it has just ended, and may be started again
			return
		}
		done(s.Permits(user, f.cfg.Now()))
	})
	switch {
	case errors.Is(err, instance.ErrEnded):
		idle()
	case err != nil:
		done(err)
	}
}
