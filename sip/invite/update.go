package invite

import (
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/wheel"
)

const (
	// prompt is how long an UPDATE may wait for its answer: less than its sender takes
	// to repeat it at the slowest pace (RFC 3311 §5.2).
	prompt = 3 * time.Second
	// updateTries is how often an UPDATE is sent that crosses offers of the peer.
	updateTries = 4
)

// update is an UPDATE of ours (RFC 3311).
type update struct {
	x       *exchange
	s       *Session // nil in an early dialog
	offer   Answer   // without body it only refreshes
	done    func(*sipmsg.Response, error)
	running bool // sent, no final response yet
	refresh bool // sent in the session: a 2xx refreshes that
	backing bool // the timer is the back-off
	tries   int
	timer   wheel.Timer
}

// update sends an UPDATE, or as soon as no other exchange is in progress.
func (x *exchange) update(s *Session, offer Answer, done func(*sipmsg.Response, error)) {
	switch {
	case x.over:
		done(nil, ErrEnded)
	case x.ours != nil:
		done(nil, ErrPending)
	default:
		x.ours = &update{x: x, s: s, offer: offer, done: done}
		x.ours.next()
	}
}

func (u *update) offers() bool { return len(u.offer.Body) > 0 }

// next sends the UPDATE if nothing stands in its way.
func (u *update) next() {
	x := u.x
	if u.running || u.backing || x.over || x.pracks > 0 || u.offers() && !x.idle() {
		return
	}
	if u.s != nil && u.s.ended {
		return
	}
	u.send()
}

func (u *update) send() {
	x := u.x
	u.running = true
	u.tries++
	if u.offers() {
		x.open = us
	}
	if u.offer.Contact != "" {
		x.d.SetContact(u.offer.Contact)
	}
	req := x.d.NewRequest(sipmsg.UPDATE)
	req.Header.Fields = append(req.Header.Fields, x.agent.fields...)
	req.Header.Fields = append(req.Header.Fields, u.offer.Fields...)
	if u.refresh = u.s != nil; u.refresh {
		req.Header.Fields = u.s.timer.ask(req.Header.Fields)
	}
	if u.offers() {
		req.Header.Add("Content-Type", u.offer.contentType())
		req.Body = u.offer.Body
	}
	x.d.Send(req, dialog.Outcome(u.response))
}

func (u *update) response(resp *sipmsg.Response, err *sip.Error) {
	x := u.x
	if !u.running {
		return // abandoned meanwhile
	}
	u.running = false
	if u.offers() {
		x.open = nobody
	}
	if wait, again := u.again(err); again {
		u.backing = true
		x.agent.dl.After(x.d.ID().CallID, &u.timer, wait, func() {
			u.backing = false
			x.proceed()
		})
		x.free()
		return
	}
	if s := u.s; s != nil && err == nil {
		if u.refresh {
			s.agreed(&resp.Header)
		}
		s.described(u.offer.Body)
	}
	u.finish(resp, err)
}

// again tells whether and when the UPDATE is tried once more: after 491 (RFC 3311
// §5.3), and where the peer names the time. [FOC-MOD-03]
func (u *update) again(err *sip.Error) (time.Duration, bool) {
	if err == nil || u.tries >= updateTries || u.x.over {
		return 0, false
	}
	switch {
	case err.Status == 491:
		return backOff(u.x.d.OwnsCallID()), true
	case err.Status == 500 && err.RetryAfter > 0:
		return min(err.RetryAfter, maxRetryAfter), true
	case err.Status == 500:
		return backOff(u.x.d.OwnsCallID()), true // Retry-After: 0
	case err.Status == 422 && u.s != nil:
		return 0, u.s.timer.raise(err, u.x.agent.longest()) // [TMR-02]
	}
	return 0, false
}

// maxRetryAfter is the longest that RFC 3311 §5.2 lets a peer ask for.
const maxRetryAfter = 10 * time.Second

// finish ends the attempt; 408, 481 and silence end the session, too (RFC 3311 §5.3).
func (u *update) finish(resp *sipmsg.Response, err *sip.Error) {
	if err == nil {
		u.settle(resp, nil)
		u.x.proceed()
		return
	}
	u.settle(nil, err)
	if s := u.s; s != nil && (err.Status == 408 || err.Status == 481) {
		s.lost(err)
	}
	u.x.proceed()
}

func (u *update) settle(resp *sipmsg.Response, err error) {
	u.running = false
	u.timer.Stop()
	if u.x.ours == u {
		u.x.ours = nil
	}
	if done := u.done; done != nil {
		u.done = nil
		done(resp, err)
	}
}
