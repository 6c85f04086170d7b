package transaction

import (
	"strconv"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// cancelRequest serves a CANCEL (RFC 3261 §9.2). key is that of its own
// transaction, which absorbs its retransmissions.
func (l *Layer) cancelRequest(s *shard, key string, via sipmsg.Via, req *sipmsg.Request, src transport.Source) {
	meant := s.meant(via, req)
	if meant == nil {
		l.answer(sipmsg.NewResponse(req, 481, ""), req, src) // and nothing is kept of it [SEC-02]
		return
	}
	// The To tag is that of the responses to the request.
	tx := l.newServer(s, key, "", req, src, meant.tag)
	tx.respond(sipmsg.NewResponse(req, 200, ""))
	if meant.req.Method != sipmsg.INVITE || meant.state != serverProceeding || meant.cancelled != nil {
		return // no effect on other methods, nor on what has its final response
	}
	meant.cancelled = req
	if meant.onCancel != nil {
		meant.onCancel(req)
	}
}

// meant finds the transaction that a CANCEL means: one of any other method with the
// same branch (RFC 3261 §9.2). [NOT-SUB-03]
func (s *shard) meant(via sipmsg.Via, cancel *sipmsg.Request) *ServerTx {
	var buf [keySize]byte
	for _, m := range [...]sipmsg.Method{
		sipmsg.INVITE, sipmsg.SUBSCRIBE, sipmsg.NOTIFY, sipmsg.REFER, sipmsg.OPTIONS, sipmsg.BYE, sipmsg.MESSAGE,
		sipmsg.UPDATE, sipmsg.INFO, sipmsg.PRACK, sipmsg.PUBLISH, sipmsg.REGISTER,
	} {
		if tx := s.server[string(appendServerKey(buf[:0], cancel, via, m))]; tx != nil {
			return tx
		}
	}
	return nil
}

// Cancel gives up an INVITE, from any goroutine: a CANCEL goes out, with the
// given fields added (a Reason, say), as soon as a provisional response is
// there (RFC 3261 §9.1). The transaction then ends as any other, usually with
// a 487; a 2xx may cross the CANCEL; without any final response it ends with
// ErrTimeout 64*T1 later. On a transaction with a final response, and for
// other methods, nothing happens.
func (tx *ClientTx) Cancel(fields ...sipmsg.Field) {
	tx.shard.do(func() {
		if tx.req.Method != sipmsg.INVITE || tx.cancel != nil {
			return
		}
		switch tx.state {
		case clientCalling:
			tx.cancel = tx.cancelFor(fields) // RFC 3261 §9.1: it waits
		case clientProceeding:
			tx.cancel = tx.cancelFor(fields)
			tx.sendCancel()
		case clientAccepted, clientCompleted, clientTerminated:
		}
	})
}

// cancelFor makes the CANCEL of this INVITE.
func (tx *ClientTx) cancelFor(fields []sipmsg.Field) *sipmsg.Request {
	cancel := tx.followUp(sipmsg.CANCEL, tx.req.Header.Value("To"))
	if tags := tx.req.Header.Value("Supported"); tags != "" {
		cancel.Header.Add("Supported", tags) // [TMR-01]
	}
	cancel.Header.Fields = append(cancel.Header.Fields, fields...)
	return cancel
}

// sendCancel sends the CANCEL in a transaction of its own, with the branch of
// the INVITE, to where that went.
func (tx *ClientTx) sendCancel() {
	tx.layer.newClient(tx.shard, tx.cancel, tx.packet.Target(), tx.branch, ClientEvents{}).start()
	// RFC 3261 §9.1: without a final response in 64*T1 the INVITE is over.
	tx.layer.after(tx.shard, &tx.end, tx.layer.cfg.timeout(), tx.timedOut)
}

// followUp makes the ACK or CANCEL that belongs to an INVITE (RFC 3261 §9.1,
// §17.1.1.3): one Via, the top one, and the Route of the request.
func (tx *ClientTx) followUp(method sipmsg.Method, to string) *sipmsg.Request {
	r := &sipmsg.Request{Method: method, URI: tx.req.URI}
	h := &tx.req.Header
	r.Header.Fields = make([]sipmsg.Field, 0, 10)
	r.Header.Add("Via", newVia(tx.branch))
	r.Header.Add("Max-Forwards", "70")
	for _, f := range h.Fields {
		if f.Name == "Route" {
			r.Header.Fields = append(r.Header.Fields, f)
		}
	}
	r.Header.Add("From", h.Value("From"))
	r.Header.Add("To", to)
	r.Header.Add("Call-ID", h.CallID())
	if cseq, err := h.CSeq(); err == nil {
		r.Header.Add("CSeq", strconv.FormatUint(uint64(cseq.Seq), 10)+" "+string(method))
	}
	return r
}

// newVia is a Via value whose transport and sent-by the transport layer fills in.
func newVia(branch string) string { return "SIP/2.0/UDP unset.invalid;branch=" + branch }
