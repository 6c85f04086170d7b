package invite

import (
	"slices"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// fork is one branch of a call: an early dialog, or a confirmed one that is not the
// call's session. [FOC-OUT-18]
type fork struct {
	c      *Call
	d      *dialog.Dialog
	answer []byte          // first session description received
	ack    *sipmsg.Request // to the 2xx, kept for its repetitions
	gone   bool            // the peer said BYE before its 2xx arrived
}

// fork returns the branch that a response came from, nil if it makes no dialog.
func (c *Call) fork(resp *sipmsg.Response, src transport.Source) *fork {
	tag := resp.Header.ToTag()
	for _, f := range c.forks {
		if f.d.ID().Remote == tag {
			f.d.Update(resp, src)
			return f
		}
	}
	d := c.origin.Dialog(resp, src)
	if d == nil {
		return nil
	}
	f := &fork{c: c, d: d}
	c.forks = append(c.forks, f)
	d.Attach(f)
	return f
}

func (c *Call) drop(f *fork) {
	c.forks = slices.DeleteFunc(c.forks, func(g *fork) bool { return g == f })
	f.d.Detach(f)
}

// deserted gives the call up when the peer has hung up on every branch: no 2xx that
// arrives now leads to a session, and perhaps none does.
func (c *Call) deserted() {
	if c.done || slices.ContainsFunc(c.forks, func(f *fork) bool { return !f.gone }) {
		return
	}
	c.fail(&sip.Error{Status: 487})
	if c.tx != nil {
		c.tx.Cancel()
	}
}

// note keeps the first session description of the branch, which is the answer even
// if it came unreliably; later ones are ignored (RFC 3261 §13.2.1). [FOC-OUT-17]
func (f *fork) note(resp *sipmsg.Response) {
	if f.answer == nil && len(resp.Body) > 0 && (f.c.offer || resp.Status >= 200) {
		f.answer = resp.Body
	}
}

// Serve takes the requests of a branch that has not answered yet.
func (f *fork) Serve(tx *transaction.ServerTx) bool {
	switch tx.Request().Method {
	case sipmsg.INVITE:
		// It overtook its own 2xx: our INVITE is still in progress. [FOC-OUT-19]
		dialog.Reply(tx, 491, "")
	case sipmsg.BYE:
		// It overtook its own 2xx: the session is over before it began.
		f.gone = true
		dialog.Reply(tx, 200, "")
		f.c.deserted()
	default:
		return false
	}
	return true
}

// stray takes requests of branches that have sent us no response yet.
func (c *Call) stray(tx *transaction.ServerTx) bool {
	if tx.Request().Method != sipmsg.INVITE {
		return false
	}
	dialog.Reply(tx, 491, "") // [FOC-OUT-19]
	return true
}
