package event

import (
	"strconv"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// pump sends the next NOTIFY if there is one to send and none is open. [NOT-NFY-06]
func (s *Subscription) pump() {
	if s.open || s.sent || s.d == nil {
		return
	}
	p := Pull{Full: s.full, Must: s.must}
	if s.final != nil {
		p.Must, p.Final, p.Reason = true, true, s.final.Reason
	}
	if !p.Must && !s.changed {
		return
	}
	s.changed = false
	body, ok := s.feed.Next(p)
	if !ok && !p.Must {
		return
	}
	if !ok {
		body = Body{}
	}
	s.must, s.full, s.sent = false, false, p.Final
	s.send(body)
}

// send sends a NOTIFY. [NOT-NFY-02]
func (s *Subscription) send(body Body) {
	req := s.d.NewRequest(sipmsg.NOTIFY)
	req.Header.Fields = append(req.Header.Fields,
		sipmsg.Field{Name: "Event", Value: s.event},
		sipmsg.Field{Name: "Subscription-State", Value: s.state()},
	)
	if len(body.Data) > 0 {
		req.Header.Add("Content-Type", body.ContentType)
		req.Body = body.Data
	}
	s.open = true
	s.d.Send(req, dialog.Outcome(func(_ *sipmsg.Response, err *sip.Error) { s.outcome(err) }))
}

func (s *Subscription) state() string {
	t := s.final
	if t == nil {
		return "active;expires=" + strconv.FormatInt(s.left(), 10)
	}
	v := "terminated"
	if t.Reason != "" {
		v += ";reason=" + string(t.Reason)
	}
	if t.RetryAfter > 0 {
		v += ";retry-after=" + strconv.FormatInt(int64((t.RetryAfter+time.Second-1)/time.Second), 10)
	}
	return v
}

// outcome acts on the end of a NOTIFY transaction. [NOT-NFY-07]
func (s *Subscription) outcome(err *sip.Error) {
	s.open = false
	switch {
	case s.sent:
		// RFC 6665 §4.4.1: the subscription lives until its last NOTIFY is answered.
		s.finish(*s.final)
		return
	case err == nil:
		s.again = false
	case err.Status == 408 || gone(err.Status):
		s.finish(Termination{Err: err})
		return
	default:
		s.full = true
		if err.Cause != nil && !s.again {
			// It could not even be sent: once more at once, as the feed may have a
			// shorter way to say it. [NOT-NFY-09]
			s.again, s.changed = true, true
		}
	}
	s.pump()
}

// gone lists the answers after which a subscription does not exist at the other side:
// to NOTIFY (RFC 6665 §4.2.2) and to a refresh (§4.1.2.2). [PAR-SUB-04]
func gone(status int) bool {
	switch status {
	case 404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604:
		return true
	default:
		return false
	}
}
