package invite

import (
	"slices"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Branch is one branch of a call: an early dialog, or a confirmed one that is not the
// call's session. What belongs to it is kept apart from other branches: session
// descriptions, the order of reliable responses, route set, remote target. [FOC-OUT-18]
type Branch struct {
	c      *Call
	d      *dialog.Dialog
	x      *exchange
	order  order
	answer []byte          // first session description received
	ack    *sipmsg.Request // to the 2xx, kept for its repetitions
	gone   bool            // the peer said BYE before its 2xx arrived
	allows bool            // the peer takes UPDATE
}

// ID names the dialog. It may be called from any goroutine.
func (b *Branch) ID() dialog.ID { return b.d.ID() }

// Do runs f on the shard of the Call-ID.
func (b *Branch) Do(f func()) { b.d.Do(f) }

// Updates tells whether the peer takes UPDATE. Call it on the shard.
func (b *Branch) Updates() bool { return b.allows }

// Update sends an UPDATE in the dialog, as soon as the rules of offer and answer permit
// (RFC 3311 §5.1): the PRACK has been answered, say; see [Session.Update]. It goes on
// working when the branch has become the call's session.
func (b *Branch) Update(offer Answer, done func(resp *sipmsg.Response, err error)) {
	b.Do(func() { b.x.update(nil, offer, done) })
}

// fork returns the branch that a response came from, nil if it makes no dialog.
func (c *Call) fork(resp *sipmsg.Response, src transport.Source) *Branch {
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
	f := &Branch{c: c, d: d}
	f.x = c.agent.newExchange(d, us, func() {})
	if !c.offer {
		f.x.open = nobody
	}
	c.forks = append(c.forks, f)
	d.Attach(f)
	return f
}

func (c *Call) drop(f *Branch) {
	c.forks = slices.DeleteFunc(c.forks, func(g *Branch) bool { return g == f })
	f.end()
}

func (b *Branch) end() {
	b.x.end()
	b.d.Detach(b)
}

// deserted gives the call up when the peer has hung up on every branch: no 2xx that
// arrives now leads to a session, and perhaps none does.
func (c *Call) deserted() {
	if c.done || slices.ContainsFunc(c.forks, func(f *Branch) bool { return !f.gone }) {
		return
	}
	c.fail(&sip.Error{Status: 487})
	if c.tx != nil {
		c.tx.Cancel()
	}
}

// note keeps the first session description of the branch, which is the answer even
// if it came unreliably; later ones are ignored (RFC 3261 §13.2.1). [FOC-OUT-17]
func (b *Branch) note(resp *sipmsg.Response) {
	if resp.Header.Has("Allow") {
		b.allows = allows(&resp.Header, sipmsg.UPDATE)
	}
	if b.answer == nil && len(resp.Body) > 0 && (b.c.offer || resp.Status >= 200 || reliable(resp)) {
		b.answer = resp.Body
	}
}

// Serve takes the requests of a branch that has not answered yet.
func (b *Branch) Serve(tx *transaction.ServerTx) bool {
	switch tx.Request().Method {
	case sipmsg.INVITE:
		// It overtook its own 2xx: our INVITE is still in progress. [FOC-OUT-19]
		dialog.Reply(tx, 491, "")
	case sipmsg.BYE:
		// It overtook its own 2xx: the session is over before it began.
		b.gone = true
		dialog.Reply(tx, 200, "")
		b.c.deserted()
	case sipmsg.UPDATE:
		if b.c.done { // another branch has answered, or nobody wants the call any more
			dialog.Reply(tx, 481, "")
			return true
		}
		b.x.updated(tx, nil, b.c.earlyOffer(b)) // [FOC-OUT-19]
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
