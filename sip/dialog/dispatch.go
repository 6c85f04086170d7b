package dialog

import (
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Request takes a new request from the transaction layer.
func (l *Layer) Request(tx *transaction.ServerTx) {
	req := tx.Request()
	if req.Method != sipmsg.INVITE && req.Header.Has("Replaces") && l.supports("replaces") {
		Reply(tx, 400, "Replaces Outside INVITE") // RFC 3891 §3. [FOC-JOI-09]
		return
	}
	id := incomingID(&req.Header)
	if id.Local == "" {
		l.requestOutside(tx)
		return
	}
	if d := l.table.find(id); d != nil {
		d.receive(tx)
		return
	}
	if o := l.table.origin(id.CallID, id.Local); o != nil && o.receive(tx) {
		return
	}
	if !l.known(tx) {
		return
	}
	// RFC 3261 §12.2.2: a dialog we do not have. [COM-13]
	Reply(tx, 481, "")
}

// Ack takes an ACK to a 2xx. One that belongs to no dialog is dropped. [COM-20]
func (l *Layer) Ack(ack *sipmsg.Request, _ transport.Source) {
	d := l.table.find(incomingID(&ack.Header))
	if d == nil {
		return
	}
	for _, u := range d.usages {
		if a, ok := u.(Acknowledged); ok {
			a.Ack(ack)
		}
	}
}

// Response takes a 2xx to an INVITE whose transaction is gone. After 64·T1 nobody
// here remembers the offer, so it is dropped; the far end gives up by itself
// (RFC 3261 §13.3.1.4).
func (l *Layer) Response(resp *sipmsg.Response, _ transport.Source) {
	l.cfg.Log.Debug("late response dropped", "call_id", resp.Header.CallID(), "status", resp.Status)
}

func (l *Layer) requestOutside(tx *transaction.ServerTx) {
	req := tx.Request()
	if h := l.outside[req.Method]; h != nil {
		h(tx)
		return
	}
	switch req.Method {
	case sipmsg.BYE, sipmsg.PRACK, sipmsg.UPDATE, sipmsg.NOTIFY:
		// These exist only inside a dialog. [FOC-DSP-09]
		Reply(tx, 481, "")
	default:
		if l.other != nil {
			l.other(tx)
			return
		}
		l.Refuse(tx)
	}
}

func (d *Dialog) receive(tx *transaction.ServerTx) {
	req := tx.Request()
	if inside := d.layer.cfg.Inside; inside != nil {
		if e := inside(d, req, tx.Source()); e != nil {
			tx.Respond(e.Response(req))
			return
		}
	}
	cseq, err := req.Header.CSeq()
	if err != nil {
		Reply(tx, 400, "Bad CSeq")
		return
	}
	if d.remoteCSq && cseq.Seq <= d.remoteSeq {
		// RFC 3261 §12.2.2: out of order. [COM-13]
		Reply(tx, 500, "CSeq Out of Order")
		return
	}
	d.remoteCSq, d.remoteSeq = true, cseq.Seq
	if err := d.layer.Unsupported(req); err != nil {
		tx.Respond(err.Response(req))
		return
	}
	for _, u := range d.usages {
		if u.Serve(tx) {
			return
		}
	}
	d.layer.requestInside(d, tx)
}

// requestInside answers what no usage claimed.
func (l *Layer) requestInside(d *Dialog, tx *transaction.ServerTx) {
	m := tx.Request().Method
	if h := l.inside[m]; h != nil {
		h(d, tx)
		return
	}
	switch {
	case m == sipmsg.OPTIONS:
		// RFC 3261 §12.2.2: as if it had come outside the dialog.
		if h := l.outside[m]; h != nil {
			h(tx)
			return
		}
		l.Refuse(tx)
	case needsUsage(m), m == sipmsg.UPDATE && l.served[m]:
		// The dialog is known but not for this: its usage is gone or never was.
		Reply(tx, 481, "")
	default:
		l.Refuse(tx)
	}
}

// needsUsage tells whether a method means nothing in a dialog without a usage for it.
func needsUsage(m sipmsg.Method) bool {
	switch m {
	case sipmsg.INVITE, sipmsg.BYE, sipmsg.PRACK, sipmsg.SUBSCRIBE, sipmsg.NOTIFY:
		return true
	default:
		return false
	}
}

// known answers a request of an unknown method and tells whether the method is known.
func (l *Layer) known(tx *transaction.ServerTx) bool {
	if tx.Request().Method.Known() {
		return true
	}
	l.Refuse(tx)
	return false
}

// Refuse answers a method that is not served: 405 if it is known, else 501. Whatever
// dialog it was in goes on. [FOC-DSP-09]
func (l *Layer) Refuse(tx *transaction.ServerTx) {
	if !tx.Request().Method.Known() {
		Reply(tx, 501, "")
		return
	}
	Reply(tx, 405, "", sipmsg.Field{Name: "Allow", Value: l.Allow()})
}

// Reply answers a request without body. An empty reason means the standard phrase.
func Reply(tx *transaction.ServerTx, status int, reason string, fields ...sipmsg.Field) {
	resp := sipmsg.NewResponse(tx.Request(), status, reason)
	resp.Header.Fields = append(resp.Header.Fields, fields...)
	tx.Respond(resp)
}
