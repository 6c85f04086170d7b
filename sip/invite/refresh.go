package invite

import (
	"errors"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// errExpired is the error of a session that nobody has refreshed.
var errExpired = errors.New("invite: session expired without refresh")

// agreed takes the 2xx to a session refresh request of ours, which begins the interval
// anew. [TMR-05]
func (s *Session) agreed(h *sipmsg.Header) {
	if s.agent.cfg.SessionExpires < 0 {
		return
	}
	s.timer.take(h)
	s.note(h)
	s.wind()
}

// grant returns the fields of our 2xx to a session refresh request, which begins the
// interval anew as well.
func (s *Session) grant(h *sipmsg.Header) []sipmsg.Field {
	if s.agent.cfg.SessionExpires < 0 {
		return nil
	}
	fields := s.timer.grant(seconds(s.agent.cfg.SessionExpires), h)
	s.note(h)
	s.wind()
	return fields
}

// note remembers whether the peer takes UPDATE.
func (s *Session) note(h *sipmsg.Header) {
	if h.Has("Allow") {
		s.updates = allows(h, sipmsg.UPDATE)
	}
}

// described keeps our session description for a refresh by re-INVITE. The handler is
// known.
func (s *Session) described(body []byte) {
	if _, keeps := s.handler.(Describer); !keeps && len(body) > 0 {
		s.said = body
	}
}

// description is what a refresh by re-INVITE repeats; nil if nothing was said.
func (s *Session) description() []byte {
	if h, keeps := s.handler.(Describer); keeps {
		return h.Description()
	}
	return s.said
}

// wind starts the timer: the refresher acts at half the interval, the other side hangs
// up shortly before its end. [TMR-05] [TMR-06]
func (s *Session) wind() {
	t := &s.timer
	if t.seconds == 0 || s.ended {
		t.timer.Stop()
		return
	}
	t.expires = time.Now().Add(t.interval())
	if t.refresher {
		s.wake(t.interval()/2, s.refresh)
		return
	}
	s.wake(t.interval()-t.margin(), s.expire)
}

func (s *Session) wake(after time.Duration, f func()) {
	s.agent.dl.After(s.id.CallID, &s.timer.timer, after, func() {
		if !s.ended {
			f()
		}
	})
}

// expire hangs up because nobody has refreshed the session. [TMR-06]
func (s *Session) expire() { s.hangUp(End{Cause: Lost, Err: errExpired}, nil) }

// refresh sends UPDATE without body if the peer takes it, else a re-INVITE with the
// session description that is in force (RFC 4028 §7.4). Should a request of ours be
// under way already, that refreshes the session as well. [TMR-05]
func (s *Session) refresh() {
	t := &s.timer
	left := time.Until(t.expires) - t.margin()
	if left <= 0 {
		s.expire()
		return
	}
	// Only a 2xx winds the timer anew; after anything else there is another try, less
	// and less time before the end.
	s.wake(min(max(left/2, time.Second), left), s.refresh)
	if s.ours != nil || s.x.ours != nil {
		return
	}
	if s.updates && !s.balks {
		s.x.update(s, Answer{}, func(_ *sipmsg.Response, err error) { s.unserved(err) })
		return
	}
	if body := s.description(); body != nil {
		s.reinvite(Answer{Body: body}, func(*sipmsg.Response, error) {})
	}
}

// unserved goes on with a re-INVITE if the peer does not serve UPDATE after all, or
// another server on the way to it does not (RFC 4028 §7.4).
func (s *Session) unserved(err error) {
	var refused *sip.Error
	if !errors.As(err, &refused) || refused.Status != 405 && refused.Status != 501 {
		return
	}
	s.balks = true
	if !s.ended {
		s.refresh()
	}
}
