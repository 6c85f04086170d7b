package transaction

import (
	"time"

	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// clientState is the state of a client transaction.
type clientState uint8

const (
	clientCalling    clientState = iota // Trying for other methods than INVITE
	clientProceeding                    // a provisional response came
	clientAccepted                      // INVITE: a 2xx came (RFC 6026)
	clientCompleted                     // a final response came; INVITE: above 299
	clientTerminated
)

// ClientEvents is what the user of a client transaction learns. Both functions
// may be nil; they run on the shard of the Call-ID and must not block.
type ClientEvents struct {
	// Response gets every provisional response, one final response, and for an
	// INVITE every 2xx of 64*T1, repeated and forked ones too (RFC 6026 §7.2).
	// The ACK to a 2xx is the user's, that to others the layer's.
	Response func(resp *sipmsg.Response, src transport.Source)
	// End is called once, last: with nil after a final response, with
	// ErrTimeout, with a *Error of status 503 that wraps the transport's
	// error, or with ErrClosed.
	End func(err error)
}

// A ClientTx is the client side of a transaction.
type ClientTx struct {
	// Fixed after construction.
	layer  *Layer
	shard  *shard
	req    *sipmsg.Request
	to     transport.Target
	branch string
	key    string
	ev     ClientEvents

	// Owned by the shard.
	state      clientState
	packet     *transport.Packet
	ack        *transport.Packet // to a negative response
	cancel     *sipmsg.Request   // wanted, sent once there is a provisional response
	interval   time.Duration
	retransmit wheel.Timer // timers A, E
	end        wheel.Timer // timers B, D, F, K, M
}

// Send starts a client transaction, from any goroutine: it puts a Via with a
// new branch on top of req and sends it. The layer owns req afterwards; it may
// be read, but not changed. It must not be an ACK: see SendAck. Events come
// after Send has returned if it is called on the shard of the Call-ID.
func (l *Layer) Send(req *sipmsg.Request, to transport.Target, ev ClientEvents) *ClientTx {
	branch := sipid.NewBranch()
	req.Header.Prepend("Via", newVia(branch))
	s := l.shard(req.Header.CallID())
	tx := &ClientTx{layer: l, shard: s, req: req, to: to, branch: branch, ev: ev}
	s.do(tx.start)
	return tx
}

// SendAck sends the ACK to a 2xx, from any goroutine: it puts a Via with a new
// branch on top, unless ack was sent before. There is no transaction; for each
// repeated 2xx the user calls SendAck again with the same ack.
func (l *Layer) SendAck(ack *sipmsg.Request, to transport.Target) {
	if !ack.Header.Has("Via") {
		ack.Header.Prepend("Via", newVia(sipid.NewBranch()))
	}
	l.transport.SendRequest(ack, to, nil)
}

// Request returns the request, which must not be changed.
func (tx *ClientTx) Request() *sipmsg.Request { return tx.req }

// newClient makes a transaction on its shard.
func (l *Layer) newClient(s *shard, req *sipmsg.Request, to transport.Target, branch string, ev ClientEvents) *ClientTx {
	return &ClientTx{layer: l, shard: s, req: req, to: to, branch: branch, ev: ev}
}

// start enters the transaction and sends the request. It runs on the shard.
func (tx *ClientTx) start() {
	l := tx.layer
	if l.closed.Load() {
		tx.state = clientTerminated
		tx.finished(ErrClosed)
		return
	}
	var buf [keySize]byte
	tx.key = string(appendClientKey(buf[:0], tx.branch, tx.req.Method))
	tx.shard.client[tx.key] = tx
	l.open.Add(1)
	l.unfinished.begin()
	l.count.client.Add(1)
	tx.packet = l.transport.SendRequest(tx.req, tx.to, tx.sent)
	tx.interval = l.cfg.T1
	l.after(tx.shard, &tx.retransmit, tx.interval, tx.repeat)
	l.after(tx.shard, &tx.end, l.cfg.timeout(), tx.timedOut) // timers B, F
}

// sent learns whether the request left.
func (tx *ClientTx) sent(err error) {
	if err == nil {
		return
	}
	tx.shard.do(func() {
		// RFC 3261 §17.1.4: a failure of the transport ends it.
		if tx.state == clientCalling || tx.state == clientProceeding {
			tx.layer.count.transportErrors.Add(1)
			tx.terminate(unreachable(err))
		}
	})
}

// repeat is timer A or E: the request again, over an unreliable transport. It
// runs on connections too, where it opens a new one if the old one was lost
// before an answer came: the peer takes the request for a retransmission.
func (tx *ClientTx) repeat() {
	l := tx.layer
	tx.packet.Retransmit(tx.sent)
	if !tx.packet.Reliable() {
		l.count.retransmitted.Add(1)
	}
	tx.interval *= 2
	// RFC 3261 §17.1.2.2: other requests than INVITE go on, at most every T2.
	if tx.req.Method != sipmsg.INVITE {
		tx.interval = min(tx.interval, l.cfg.T2)
		if tx.state == clientProceeding {
			tx.interval = l.cfg.T2
		}
	}
	l.after(tx.shard, &tx.retransmit, tx.interval, tx.repeat)
}

// received takes a response that matches this transaction. Nobody waits for it any
// more when all has been done that the first final one asks for, the ACK included:
// whoever drains the layer closes the transport next.
func (tx *ClientTx) received(resp *sipmsg.Response, src transport.Source) {
	finishes := resp.Status >= 200 && tx.state <= clientProceeding
	if tx.req.Method == sipmsg.INVITE {
		tx.receivedInvite(resp, src)
	} else {
		tx.receivedOther(resp, src)
	}
	if finishes {
		tx.layer.unfinished.end()
	}
}

// receivedOther is received for other requests than INVITE (RFC 3261 §17.1.2.2).
func (tx *ClientTx) receivedOther(resp *sipmsg.Response, src transport.Source) {
	if tx.state != clientCalling && tx.state != clientProceeding {
		return // absorbed
	}
	if resp.Status < 200 {
		tx.state = clientProceeding
		tx.notify(resp, src)
		return
	}
	tx.state = clientCompleted
	tx.retransmit.Stop()
	tx.end.Stop()
	tx.notify(resp, src)
	tx.linger(tx.layer.cfg.T4) // timer K
}

// receivedInvite is received for an INVITE (RFC 6026 §8.4, figure 5).
func (tx *ClientTx) receivedInvite(resp *sipmsg.Response, src transport.Source) {
	pending := tx.state == clientCalling || tx.state == clientProceeding
	success := resp.Status >= 200 && resp.Status < 300
	switch {
	case pending && resp.Status < 200:
		tx.retransmit.Stop()
		if tx.state == clientCalling {
			tx.end.Stop() // timer B; how long it may ring is for the user
			tx.state = clientProceeding
			if tx.cancel != nil {
				tx.sendCancel()
			}
		}
		tx.notify(resp, src)
	case pending && success:
		tx.state = clientAccepted
		tx.retransmit.Stop()
		// RFC 6026 §7.2: every 2xx goes to the user for timer M. [COM-18]
		tx.layer.after(tx.shard, &tx.end, tx.layer.cfg.timeout(), func() { tx.terminate(nil) })
		tx.notify(resp, src)
	case pending:
		tx.state = clientCompleted
		tx.retransmit.Stop()
		tx.end.Stop()
		// RFC 3261 §17.1.1.3: the ACK goes where the INVITE went.
		ack := tx.followUp(sipmsg.ACK, resp.Header.Value("To"))
		tx.ack = tx.layer.transport.SendRequest(ack, tx.packet.Target(), nil)
		tx.notify(resp, src)
		tx.linger(max(timerD, tx.layer.cfg.timeout()))
	case tx.state == clientAccepted && success:
		tx.notify(resp, src)
	case tx.state == clientCompleted && resp.Status >= 300:
		tx.ack.Resend(nil)
	}
}

func (tx *ClientTx) notify(resp *sipmsg.Response, src transport.Source) {
	if tx.ev.Response != nil {
		tx.ev.Response(resp, src)
	}
}

// linger ends the transaction after d, or at once where nothing is repeated.
func (tx *ClientTx) linger(d time.Duration) {
	if tx.packet.Reliable() {
		tx.terminate(nil)
		return
	}
	tx.layer.after(tx.shard, &tx.end, d, func() { tx.terminate(nil) })
}

func (tx *ClientTx) timedOut() {
	tx.layer.count.timeouts.Add(1)
	tx.terminate(ErrTimeout)
}

// terminate ends the transaction.
func (tx *ClientTx) terminate(err error) {
	if tx.state == clientTerminated {
		return
	}
	if tx.state <= clientProceeding {
		tx.layer.unfinished.end() // without a final response
	}
	tx.state = clientTerminated
	tx.retransmit.Stop()
	tx.end.Stop()
	delete(tx.shard.client, tx.key)
	tx.layer.open.Add(-1)
	tx.finished(err)
}

func (tx *ClientTx) finished(err error) {
	if tx.ev.End != nil {
		tx.ev.End(err)
	}
}
