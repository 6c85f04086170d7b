package notify

import (
	"errors"
	"strings"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
)

// overloadRetry is how long a subscriber is told to wait while a conference has
// too much to do, D-36.
const overloadRetry = 30 * time.Second

// Subscribe implements event.Notifier (TS 24.247 §7.3.3.2). The order is that of
// IDN-09; Screen has seen to its beginning. [NOT-SUB-01]
func (s *Service) Subscribe(in *event.Incoming) {
	v, ok := in.Screened().(visit)
	if !ok {
		in.Reject(&sip.Error{Status: 500}) // the stack does not ask Screen
		return
	}
	inst := v.resource.Entry.Instance
	if inst == nil {
		in.Reject(&sip.Error{Status: 404}) // reserved and not running, D-22 [NOT-SUB-12]
		return
	}
	err := inst.Look(func(state *conference.State) {
		user, ok := watcher(state, v.caller.User)
		fault := in.Fault()
		switch {
		case state == nil || !state.Alive():
			in.Reject(&sip.Error{Status: 404}) // [FOC-TRM-02]
		case !ok:
			in.Reject(&sip.Error{Status: 403})
		case fault != nil:
			in.Reject(fault)
		case !in.Request().Header.Accepts(confinfo.MediaType, confinfo.MediaType):
			in.Reject(&sip.Error{Status: 406}) // [NOT-SUB-07]
		default:
			s.accept(in, inst, &subscriber{identity: v.caller.User, user: user}, state.Policy().EndpointsPerUser)
		}
	})
	switch {
	case errors.Is(err, instance.ErrOverload):
		in.Reject(&sip.Error{Status: 503, RetryAfter: overloadRetry})
	case err != nil:
		in.Reject(&sip.Error{Status: 404})
	}
}

// watcher reports whether the verified user may watch the conference, and under
// which URI he is in it: whoever has a connected endpoint, the owner and the
// moderators. D-22 [NOT-SUB-04] [NOT-SUB-13]
func watcher(s *conference.State, id conference.Identity) (conference.User, bool) {
	if s == nil || id == "" {
		return "", false // who proved nothing may join at most, D-28
	}
	if user, ok := s.Persona(id); ok {
		return user, true
	}
	return "", s.May(conference.ActSubscribe, conference.User(id)) == nil
}

// accept makes the subscription. One more than a user may have ends the one he
// has not refreshed for longest. [NOT-SUB-11]
func (s *Service) accept(in *event.Incoming, inst *instance.Instance, sub *subscriber, limit int) {
	b := s.board(inst.ID())
	if b == nil {
		in.Reject(&sip.Error{Status: 404})
		return
	}
	sub.board = b
	sub.fullOnly = s.fullOnly(in.Request().Header.Value("User-Agent"))
	sub.udp = byDatagrams(in)
	sub.refreshed.Store(s.cfg.Now().UnixNano())
	contact := s.cfg.Gate.Contact(inst.ID(), in.Source())
	in.Own(string(sub.identity)) // From may hide him
	if in.Fetch() {
		in.Accept(sub, contact)
		return
	}
	oldest := s.watchers.add(sub) // first: it is removed when the subscription ends
	if oldest != nil {
		s.displaced.Add(1)
	}
	subscription := in.Accept(sub, contact)
	sub.feed(subscription)
	for _, goes := range []*subscriber{b.add(sub, limit), oldest} {
		if goes != nil {
			goes.end(event.Timeout)
		}
	}
}

// byDatagrams reports whether nothing says that a subscriber can be reached by
// more than UDP.
func byDatagrams(in *event.Incoming) bool {
	contacts, err := in.Request().Header.Contacts()
	if in.Source().Transport != "udp" || err != nil || len(contacts) == 0 {
		return false
	}
	uri := contacts[0].URI
	transport, named := uri.Params.Lookup("transport")
	return uri.Scheme == "sip" && (!named || strings.EqualFold(transport, "udp"))
}
