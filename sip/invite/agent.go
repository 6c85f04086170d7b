package invite

import (
	"log/slog"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// Config of an [Agent]. The zero value works.
type Config struct {
	// Log gets what an operator should know; nil discards.
	Log *slog.Logger
	// T1 and T2 are those of RFC 3261 §17.1.1.1; 0 means 500 ms and 4 s.
	T1, T2 time.Duration
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.T1 <= 0 {
		c.T1 = 500 * time.Millisecond
	}
	if c.T2 <= 0 {
		c.T2 = 4 * time.Second
	}
	return c
}

// Handler is asked about each new INVITE.
type Handler interface {
	// Invite is called on the shard of the Call-ID. in is answered now or later.
	Invite(in *Incoming)
}

// Agent is the user agent for INVITE, both roles.
type Agent struct {
	// fixed after construction
	cfg Config
	dl  *dialog.Layer

	// fixed before the first message
	handler Handler
	fields  []sipmsg.Field
}

// New returns an agent that answers INVITEs 480 until [Agent.Serve] names a handler.
func New(cfg Config, dl *dialog.Layer) *Agent {
	a := &Agent{cfg: cfg.withDefaults(), dl: dl}
	dl.Handle(sipmsg.INVITE, a.invite)
	dl.Serves(sipmsg.ACK, sipmsg.CANCEL, sipmsg.BYE)
	return a
}

// Serve names who is asked about new INVITEs. Call it before the first message.
func (a *Agent) Serve(h Handler) { a.handler = h }

// Announce names the fields that go into every INVITE and every 2xx to one: Allow,
// Supported, Accept, Allow-Events (RFC 3261 §13.2.1, §13.3.1.4). Call it before the
// first message. [FOC-DSP-05]
func (a *Agent) Announce(fields ...sipmsg.Field) { a.fields = fields }

func (a *Agent) invite(tx *transaction.ServerTx) {
	if a.handler == nil {
		dialog.Reply(tx, 480, "")
		return
	}
	in := newIncoming(a, tx)
	a.handler.Invite(in)
}
