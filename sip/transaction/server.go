package transaction

import (
	"net/netip"
	"time"

	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// serverState is the state of a server transaction. Trying of the non-INVITE
// machine is proceeding with nothing sent.
type serverState uint8

const (
	serverProceeding serverState = iota
	serverAccepted               // INVITE: 2xx sent (RFC 6026)
	serverCompleted              // final response sent; INVITE: above 299
	serverConfirmed              // INVITE: ACK received
	serverTerminated
)

// A ServerTx is the server side of a transaction: a request and its responses.
// It outlives the call that handed it over.
type ServerTx struct {
	// Fixed after construction.
	layer *Layer
	shard *shard
	req   *sipmsg.Request
	src   transport.Source
	key   string
	merge string
	tag   string
	from  netip.Prefix // counted for it if valid

	// Owned by the shard.
	state      serverState
	last       *transport.Packet // last response sent
	lastResp   *sipmsg.Response  // the 2xx to an INVITE
	interval   time.Duration     // of timer G
	retransmit wheel.Timer       // timer G; before a response: the 100
	end        wheel.Timer       // timers H, I, J, L
	cancelled  *sipmsg.Request
	onCancel   func(*sipmsg.Request)
	onEnd      func(error)
	reported   bool // onEnd was due
	outcome    error
}

func (l *Layer) newServer(s *shard, key, merge string, req *sipmsg.Request, src transport.Source, tag string) *ServerTx {
	tx := &ServerTx{layer: l, shard: s, req: req, src: src, key: key, merge: merge, tag: tag}
	if tx.tag == "" {
		tx.tag = sipid.NewTag()
	}
	s.server[key] = tx
	if merge != "" {
		s.merged[merge] = tx
	}
	l.open.Add(1)
	l.unfinished.begin()
	l.count.server.Add(1)
	if req.Method == sipmsg.INVITE {
		l.after(s, &tx.retransmit, tryingAfter, tx.trying)
		return tx
	}
	// RFC 4320 §4.1: 100 when the client's timer E reaches T2. [COM-19]
	l.after(s, &tx.retransmit, l.cfg.tryingNonInvite(), tx.trying)
	// The client gives up after timer F; nobody waits for an answer then.
	l.after(s, &tx.end, l.cfg.timeout(), func() { tx.timedOut() })
	return tx
}

// tryingNonInvite is the time until a client's timer E is reset to T2: with
// the usual values 0.5 + 1 + 2 s.
func (c *Config) tryingNonInvite() time.Duration {
	var at time.Duration
	for e := c.T1; ; e *= 2 {
		at += e
		if 2*e >= c.T2 {
			return at
		}
	}
}

// Request returns the request, which must not be changed.
func (tx *ServerTx) Request() *sipmsg.Request { return tx.req }

// Source returns where the request came from.
func (tx *ServerTx) Source() transport.Source { return tx.src }

// LocalTag is the To tag of our responses: the one the request has, or a new
// one. The layer adds it to responses above 100 that have none.
func (tx *ServerTx) LocalTag() string { return tx.tag }

// OnCancel sets what is called when a CANCEL for an INVITE without final
// response arrives: the user answers 487. The layer has answered the CANCEL. If
// it was there before, f is called at once. To be called on the shard.
func (tx *ServerTx) OnCancel(f func(cancel *sipmsg.Request)) {
	tx.onCancel = f
	if tx.cancelled != nil && tx.state == serverProceeding {
		f(tx.cancelled)
	}
}

// OnEnd sets what is called, once, when the outcome is known: nil when the
// transaction is over; ErrTimeout when no ACK came for a negative response to
// an INVITE, or no final response was given to another request in 64*T1; a
// *Error with status 503 when a final response could not be sent. In the
// last case retransmissions are still absorbed and the response may be sent
// again. To be called on the shard.
func (tx *ServerTx) OnEnd(f func(error)) {
	tx.onEnd = f
	if tx.reported {
		f(tx.outcome)
	}
}

// Respond sends a response, from any goroutine. The layer owns resp afterwards,
// except that the user repeats a 2xx to an INVITE by passing the same one
// again. Responses that the state of the transaction does not allow are
// dropped: a second final one, and for other requests than INVITE a provisional
// one above 100 or a 408 (RFC 4320 §4).
func (tx *ServerTx) Respond(resp *sipmsg.Response) {
	tx.shard.do(func() { tx.respond(resp) })
}

func (tx *ServerTx) respond(resp *sipmsg.Response) {
	switch {
	case tx.stranger(resp):
		tx.layer.forget(tx, resp)
	case tx.req.Method == sipmsg.INVITE:
		tx.respondInvite(resp)
	case tx.state != serverProceeding:
	case resp.Status == 100:
		tx.send(resp)
	case resp.Status < 200:
		// RFC 4320 §4.1: no other provisional response. [COM-19]
	case resp.Status == 408:
		// RFC 4320 §4.2: never; the client has given up by itself. [COM-19]
		tx.terminate(ErrTimeout)
	default:
		tx.finish(serverCompleted, resp)
		tx.linger(tx.layer.cfg.timeout()) // timer J
	}
}

// respondInvite is respond for an INVITE (RFC 6026 §8.6, figure 7).
func (tx *ServerTx) respondInvite(resp *sipmsg.Response) {
	cfg := &tx.layer.cfg
	success := resp.Status >= 200 && resp.Status < 300
	switch {
	case tx.state == serverProceeding && resp.Status < 200:
		tx.send(resp)
	case tx.state == serverProceeding && success:
		// RFC 6026 §7.1: for timer L retransmissions of the INVITE are
		// absorbed, on any transport; the user repeats the 2xx. [COM-18]
		tx.finish(serverAccepted, resp)
		tx.layer.after(tx.shard, &tx.end, cfg.timeout(), func() { tx.terminate(nil) })
	case tx.state == serverAccepted && success:
		tx.send(resp)
	case tx.state == serverProceeding:
		tx.finish(serverCompleted, resp)
		if !tx.src.Flow.Reliable() {
			tx.interval = cfg.T1
			tx.layer.after(tx.shard, &tx.retransmit, tx.interval, tx.timerG)
		}
		tx.layer.after(tx.shard, &tx.end, cfg.timeout(), tx.timedOut) // timer H
	}
}

// finish sends the first final response, which leads to the state. Only then does
// nobody wait for it any more: whoever drains the layer closes the transport next.
func (tx *ServerTx) finish(state serverState, resp *sipmsg.Response) {
	tx.state = state
	tx.send(resp)
	tx.layer.unfinished.end()
}

// send passes a response to the transport and keeps it.
func (tx *ServerTx) send(resp *sipmsg.Response) {
	tx.retransmit.Stop()
	var done func(error)
	if resp.Status >= 200 {
		done = tx.sent
	}
	if tx.lastResp != nil && resp == tx.lastResp {
		tx.last.Resend(done)
		return
	}
	if resp.Status > 100 {
		resp.Header.AddToTag(tx.tag)
	}
	if tx.state == serverAccepted {
		tx.lastResp = resp
	}
	tx.last = tx.layer.transport.SendResponse(resp, tx.src, done)
}

// sent learns whether a final response left.
func (tx *ServerTx) sent(err error) {
	if err == nil {
		return
	}
	tx.shard.do(func() {
		// RFC 6026 §7.1: the user is told, the state stays and goes on
		// absorbing retransmissions.
		tx.layer.count.transportErrors.Add(1)
		tx.report(unreachable(err))
	})
}

// received takes a request that matches this transaction.
func (tx *ServerTx) received(req *sipmsg.Request, src transport.Source) {
	if req.Method != sipmsg.ACK {
		tx.layer.count.absorbed.Add(1)
		// RFC 3261 §17.2.1, §17.2.2: it gets the last response again, except
		// that a 2xx to INVITE is the user's to repeat. [COM-18] [COM-19]
		if tx.last != nil && tx.state != serverAccepted && tx.state != serverConfirmed {
			tx.last.Resend(nil)
		}
		return
	}
	switch tx.state {
	case serverAccepted:
		tx.layer.handler.Ack(req, src)
	case serverCompleted:
		tx.state = serverConfirmed
		tx.retransmit.Stop()
		tx.linger(tx.layer.cfg.T4) // timer I
	case serverProceeding, serverConfirmed, serverTerminated:
		// nothing to acknowledge, or done already
	}
}

// linger ends the transaction after d, or at once where nothing can be
// retransmitted.
func (tx *ServerTx) linger(d time.Duration) {
	if tx.src.Flow.Reliable() {
		tx.terminate(nil)
		return
	}
	tx.layer.after(tx.shard, &tx.end, d, func() { tx.terminate(nil) })
}

// trying answers 100 since the user has not answered yet. [COM-19]
func (tx *ServerTx) trying() {
	if tx.state == serverProceeding && tx.last == nil {
		tx.send(sipmsg.NewResponse(tx.req, 100, ""))
	}
}

// timerG repeats a negative response to an INVITE.
func (tx *ServerTx) timerG() {
	tx.layer.count.retransmitted.Add(1)
	tx.last.Resend(nil)
	tx.interval = min(2*tx.interval, tx.layer.cfg.T2)
	tx.layer.after(tx.shard, &tx.retransmit, tx.interval, tx.timerG)
}

func (tx *ServerTx) timedOut() {
	tx.layer.count.timeouts.Add(1)
	tx.terminate(ErrTimeout)
}

// terminate ends the transaction.
func (tx *ServerTx) terminate(err error) {
	if tx.state == serverTerminated {
		return
	}
	if tx.state == serverProceeding {
		tx.layer.unfinished.end() // without a final response
	}
	tx.state = serverTerminated
	tx.retransmit.Stop()
	tx.end.Stop()
	delete(tx.shard.server, tx.key)
	if tx.merge != "" {
		delete(tx.shard.merged, tx.merge)
	}
	tx.layer.open.Add(-1)
	tx.layer.sources.release(tx)
	tx.last, tx.lastResp, tx.onCancel = nil, nil, nil
	tx.report(err)
}

// report tells the user the outcome.
func (tx *ServerTx) report(err error) {
	if tx.reported {
		return
	}
	tx.reported, tx.outcome = true, err
	if f := tx.onEnd; f != nil {
		tx.onEnd = nil
		f(err)
	}
}
