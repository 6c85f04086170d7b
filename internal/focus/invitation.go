package focus

import (
	"cmp"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// invitation is a call by the focus until it is answered or over; from then on
// what there is to know of the endpoint is in its call.
type invitation struct {
	Invitation

	// fixed after construction
	call *call
	uri  sipmsg.URI // Request-URI
	user conference.Identity

	// fixed before it is put in line
	leg   LegRequest
	tries int // how often a place was asked for

	// owned by the shard of the Call-ID
	alerted   bool
	private   bool // he wants privacy, as his answers say
	early     early
	adapted   bool   // it was sent again in another way
	supported string // Supported of the INVITE where that is not what is announced

	// guarded by call.mu
	sip     *invite.Call // once the INVITE is out
	asked   bool         // by REFER, not by INVITE
	why     sipmsg.Field // of the CANCEL
	offer   []byte
	counted bool // it is one of the unanswered ones
	settled bool // the result is known
	status  int  // reported last
	reason  string
	reports []Progress
}

var _ invite.CallHandler = (*invitation)(nil)

func (i *invitation) now() time.Time { return i.call.focus.cfg.Now() }

// report has f hear of the call, beginning with where it stands.
func (i *invitation) report(f Progress) {
	if f == nil {
		return
	}
	c := i.call
	c.mu.Lock()
	if i.status == 0 {
		i.status, i.reason = 100, sipmsg.ReasonPhrase(100)
	}
	status, reason, settled := i.status, i.reason, i.settled
	if !settled {
		i.reports = append(i.reports, f)
	}
	c.mu.Unlock()
	f(status, reason, settled)
}

// isSettled reports whether the result is known.
func (i *invitation) isSettled() bool {
	i.call.mu.Lock()
	defer i.call.mu.Unlock()
	return i.settled
}

// tell reports a status. It reports false if the result was known before.
func (i *invitation) tell(status int, reason string, final bool) bool {
	if reason == "" {
		reason = sipmsg.ReasonPhrase(status)
	}
	c := i.call
	c.mu.Lock()
	if i.settled {
		c.mu.Unlock()
		return false
	}
	i.status, i.reason, i.settled = status, reason, final
	reports := i.reports
	if final {
		i.reports = nil
	}
	c.mu.Unlock()
	switch {
	case final && status < 300:
		c.focus.counts.joined.Add(1)
	case final:
		c.focus.counts.failed.Add(1)
	}
	for _, f := range reports {
		f(status, reason, final)
	}
	return true
}

// send invites the user in the way that is configured.
func (i *invitation) send() {
	if i.call.focus.cfg.DialOut.ByRefer {
		i.ask()
		return
	}
	i.ring()
}

// ring asks for the leg and then makes the call: nothing leaves before the mixer has
// room. [FOC-OUT-05] [MIX-02]
func (i *invitation) ring() {
	if !i.call.reserve(i.leg, i.allocated) {
		i.fail(&sip.Error{Status: 487})
	}
}

// allocated goes on with the mixer's answer.
func (i *invitation) allocated(leg Leg, err error) {
	c := i.call
	var offer *sdp.Session
	if err == nil {
		offer, err = leg.Offer()
	}
	if err != nil {
		i.fail(statusOf(err, c.focus.cfg.Agent))
		return
	}
	c.mu.Lock()
	i.offer = offer.Append(nil)
	given := i.settled
	c.mu.Unlock()
	if given {
		i.fail(&sip.Error{Status: 487})
		return
	}
	c.inst.Do(conference.Advance{At: i.now(), Endpoint: c.endpoint, Status: conference.StatusDialingOut}, nil)
	i.dial()
}

// dial sends the INVITE.
func (i *invitation) dial() {
	c := i.call
	call := c.focus.calls.Invite(c.focus.outgoing(i), i)
	c.mu.Lock()
	i.sip = call
	given := i.settled
	why := i.why
	c.mu.Unlock()
	if given {
		call.Cancel(why)
	}
}

// heard counts the call as answered, if provisionally.
func (i *invitation) heard() {
	c := i.call
	c.mu.Lock()
	counted := i.counted
	i.counted = false
	c.mu.Unlock()
	if counted {
		c.attendance.dialing.heard()
	}
}

// Progress implements invite.CallHandler. [FOC-OUT-07]
func (i *invitation) Progress(resp *sipmsg.Response) {
	i.heard()
	c := i.call
	i.private = i.private || identity.WantsPrivacy(&resp.Header) // [PRV-01]
	if resp.Status == 180 && !i.alerted {
		i.alerted = true
		c.inst.Do(conference.Advance{At: i.now(), Endpoint: c.endpoint, Status: conference.StatusAlerting}, nil)
	}
	i.tell(resp.Status, resp.Reason, false)
}

// Answered implements invite.CallHandler: the invited user has answered. What he
// was promised is looked at again, then he is in. [FOC-OUT-08] [FOC-OUT-14]
func (i *invitation) Answered(s *invite.Session, resp *sipmsg.Response, answer []byte) (invite.SessionHandler, invite.Answer) {
	i.heard()
	c := i.call
	c.mu.Lock()
	c.session, c.dialog = s, s.ID()
	due := c.bye
	c.mu.Unlock()
	if due != "" {
		c.hangUp(due)
		return c, invite.Answer{}
	}
	i.private = i.private || identity.WantsPrivacy(&resp.Header)
	i.earlyLeg().Expect() // he may write as soon as he has answered [SW-GEN-09]
	direction, err := i.agree(s, resp, answer)
	if err != nil {
		// [FOC-OUT-09]
		i.tell(488, "", true)
		c.focus.uninvited(c.inst, i.uri, &sip.Error{Status: 488, Cause: err})
		c.leave(conference.CauseFailed, noAnswer(err))
		return c, invite.Answer{}
	}
	command := conference.Connect{At: i.now(), Endpoint: c.endpoint, Media: direction, Private: i.private}
	if contact, ok := contactIn(resp); ok {
		command.Contact, command.Instance = contact.URI.String(), instanceOf(contact)
	}
	c.inst.Do(command, i.connected)
	return c, invite.Answer{}
}

// connected goes on when the conference has decided about an answer.
func (i *invitation) connected(r instance.Result) {
	if r.Err == nil {
		i.tell(200, "", true)
		return
	}
	e, text := &sip.Error{Status: 603, Cause: r.Err}, conference.CodeOf(r.Err).String()
	if conference.CodeOf(r.Err) == 0 { // it could not decide
		e = statusOf(r.Err, i.call.focus.cfg.Agent)
		text = sipmsg.ReasonPhrase(e.Status)
	}
	i.tell(e.Status, "", true) // [FOC-REF-09]
	i.call.focus.uninvited(i.call.inst, i.uri, e)
	i.call.leave(conference.CauseFailed, sipmsg.Reason{Protocol: "SIP", Cause: e.Status, Text: text}.String())
}

// accept takes the answer to our offer.
func accept(leg Leg, resp *sipmsg.Response, answer []byte) (conference.Direction, error) {
	body, err := answerIn(resp, answer)
	if err != nil {
		return conference.NoStream, err
	}
	description, err := sdp.Parse(body)
	if err != nil {
		return conference.NoStream, err
	}
	agent := cmp.Or(resp.Header.Value("User-Agent"), resp.Header.Value("Server"))
	leg.Identify(conference.Printable(agent, maxUserAgent), features(&resp.Header))
	return leg.Accept(description)
}

// Failed implements invite.CallHandler.
func (i *invitation) Failed(err error) {
	i.heard()
	e := sip.AsError(err)
	if !i.again(e) {
		i.fail(e)
	}
}

// fail ends a call that led to nothing: its leg goes, and the roster says why.
// [FOC-OUT-12]
func (i *invitation) fail(e *sip.Error) {
	c := i.call
	i.heard()
	i.tell(e.Status, e.Reason, true) // before the conference hears of it, which would give it up
	c.abandon()
	c.mu.Lock()
	over, leg := c.over, c.leg
	c.over = true
	c.mu.Unlock()
	if over {
		return
	}
	c.focus.uninvited(c.inst, i.uri, e)
	cause := conference.CauseFailed
	if e.Status == 486 || e.Status == 600 {
		cause = conference.CauseBusy
	}
	if leg != nil {
		leg.Close()
	}
	c.inst.Do(conference.Withdraw{At: i.now(), Endpoint: c.endpoint, Cause: cause, Reason: failedBecause(e.Status)}, nil)
	c.finish()
}

// Why a call is cancelled, for the invited user's devices, which are to log no
// missed call where there is none. [FOC-OUT-20]
const (
	elsewhere  = `SIP;cause=200;text="Call completed elsewhere"`
	terminated = "SIP;cause=487"
)

// giveUp ends a call that nobody wants any more, with the result to be reported.
// Answered calls are none of its business. [FOC-TRM-03] [FOC-RMV-05]
func (i *invitation) giveUp(why string, status int) {
	c := i.call
	c.mu.Lock()
	i.why = sipmsg.Field{Name: "Reason", Value: why}
	call, session, leg, asked := i.sip, c.session, c.leg, i.asked
	c.mu.Unlock()
	if session != nil || !i.tell(status, "", true) {
		return
	}
	switch {
	case call != nil:
		call.Cancel(sipmsg.Field{Name: "Reason", Value: why})
	case asked, c.abandon(), leg == nil && c.attendance.dialing.drop(i):
		i.fail(&sip.Error{Status: 487}) // there is nothing to cancel
	}
}
