package invite

import (
	"log/slog"
	"slices"
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
	// SessionExpires is the session interval that we ask for and the longest that we
	// grant, in whole seconds (RFC 4028); 0 means 30 min, and negative that there are no
	// session timers. A 422 may raise it up to a day. [TMR-01]
	SessionExpires time.Duration
	// MinSE is the shortest session interval that we take; less than 90 s means 90 s.
	MinSE time.Duration
	// Ring is how long an INVITE of ours may stay without final answer; it is written
	// as Expires, and an Expires field of the call itself takes its place. 0 means 2 min,
	// negative that there is no limit. [FOC-OUT-13]
	Ring time.Duration
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
	if c.SessionExpires == 0 {
		c.SessionExpires = 30 * time.Minute
	}
	c.MinSE = max(c.MinSE, minInterval*time.Second)
	if c.SessionExpires > 0 {
		c.SessionExpires = max(c.SessionExpires, c.MinSE)
	}
	if c.Ring == 0 {
		c.Ring = 2 * time.Minute
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
	fields  []sipmsg.Field // of requests, which name our extensions anyway
	answers []sipmsg.Field // of responses
}

// New returns an agent that answers INVITEs 480 until [Agent.Serve] names a handler.
func New(cfg Config, dl *dialog.Layer) *Agent {
	a := &Agent{cfg: cfg.withDefaults(), dl: dl}
	dl.Handle(sipmsg.INVITE, a.invite)
	dl.Serves(sipmsg.ACK, sipmsg.CANCEL, sipmsg.BYE, sipmsg.PRACK, sipmsg.UPDATE)
	return a
}

// Serve names who is asked about new INVITEs. Call it before the first message.
func (a *Agent) Serve(h Handler) { a.handler = h }

// Announce names the fields that go into every INVITE and UPDATE and every 2xx to one:
// Allow, Accept, Allow-Events (RFC 3261 §13.2.1, §13.3.1.4). Supported is added, with
// the extensions of the dialog layer. Call it before the first message. [FOC-DSP-05]
func (a *Agent) Announce(fields ...sipmsg.Field) {
	a.fields = slices.DeleteFunc(slices.Clone(fields), func(f sipmsg.Field) bool { return f.Name == "Supported" })
	a.answers = slices.Clip(slices.Clone(a.fields))
	if extensions := a.dl.Supported(); extensions != "" {
		a.answers = append(a.answers, sipmsg.Field{Name: "Supported", Value: extensions})
	}
}

func (a *Agent) invite(tx *transaction.ServerTx) {
	if a.handler == nil {
		dialog.Reply(tx, 480, "")
		return
	}
	in := newIncoming(a, tx)
	a.handler.Invite(in)
}

// Extensions returns the option tags that an agent of this configuration understands.
func (c Config) Extensions() []string {
	if c.SessionExpires < 0 {
		return []string{tagReliable}
	}
	return []string{tagReliable, tagTimer}
}
