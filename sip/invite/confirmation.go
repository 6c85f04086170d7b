package invite

import (
	"errors"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/wheel"
)

var (
	// errNoACK is the error of a session whose 2xx was never acknowledged.
	errNoACK = errors.New("invite: no ACK to 2xx")
	// errNoPRACK is that of an INVITE whose reliable provisional response was not.
	errNoPRACK = errors.New("invite: no PRACK to a reliable provisional response")
)

// confirmation is a 2xx of ours that waits for its ACK. It lives no longer than that.
type confirmation struct {
	s     *Session
	tx    *transaction.ServerTx
	resp  *sipmsg.Response
	seq   uint32 // CSeq number of the INVITE
	offer bool   // the 2xx carried the offer, so the ACK must answer it
	acked func(ack *sipmsg.Request)

	timer    wheel.Timer
	interval time.Duration
	elapsed  time.Duration
}

// confirm sends a 2xx and repeats it until the ACK comes: after T1, doubling up to
// T2, on every transport, for 64·T1 (RFC 3261 §13.3.1.4). [FOC-FAC-09]
func (s *Session) confirm(c *confirmation) {
	c.s, c.interval = s, s.agent.cfg.T1
	s.unacked = c
	s.described(c.resp.Body)
	if c.offer {
		s.x.open = us
	} else {
		s.x.open, s.x.settled = nobody, true
	}
	s.d.Respond(c.tx, c.resp)
	c.arm()
}

func (c *confirmation) arm() {
	wait := min(c.interval, 64*c.s.agent.cfg.T1-c.elapsed)
	c.s.agent.dl.After(c.s.id.CallID, &c.timer, wait, func() { c.fire(wait) })
}

func (c *confirmation) fire(waited time.Duration) {
	s := c.s
	if s.unacked != c {
		return
	}
	c.elapsed += waited
	if c.elapsed >= 64*s.agent.cfg.T1 {
		s.unacked = nil
		s.unconfirmed()
		return
	}
	c.tx.Respond(c.resp)
	c.interval = min(2*c.interval, s.agent.cfg.T2)
	c.arm()
}

func (c *confirmation) stop() { c.timer.Stop() }

// unconfirmed ends the session whose 2xx got no ACK.
func (s *Session) unconfirmed() {
	if s.ended { // a BYE of ours has been waiting
		s.sendBye(s.bye)
		return
	}
	s.hangUp(End{Cause: Unacknowledged, Err: errNoACK}, nil)
}

// Ack takes an ACK of the dialog.
func (s *Session) Ack(ack *sipmsg.Request) {
	c := s.unacked
	if c == nil {
		return // a repetition
	}
	cseq, err := ack.Header.CSeq()
	if err != nil || cseq.Seq != c.seq {
		return
	}
	c.stop()
	s.unacked = nil
	switch {
	case s.ended:
		// The BYE of ours may leave now. [FOC-RMV-12]
		s.sendBye(s.bye)
	case c.offer && len(ack.Body) == 0:
		// RFC 3261 §13.2.1: the answer had to be here. [FOC-FAC-10]
		s.hangUp(End{Cause: Unanswered}, nil)
	default:
		if c.offer {
			s.x.open, s.x.settled = nobody, true
		}
		if c.acked != nil {
			c.acked(ack)
		}
		s.x.proceed()
	}
}
