package refer

import (
	"log/slog"
	"time"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// packageName is the event package of the implicit subscription.
const packageName = "refer"

// Handler decides about REFERs.
type Handler interface {
	// Refer is called for each REFER whose syntax is right, on the shard of its
	// Call-ID. in is answered at once, not when it is known what came of it.
	// [FOC-REF-04]
	Refer(in *Incoming)
}

// Config of an [Agent]. The zero value sends REFER and serves none.
type Config struct {
	// Log gets what an operator should know; nil discards.
	Log *slog.Logger
	// T1 is that of RFC 3261 §17.1.1.1; 0 means 500 ms. Timer N is 64·T1.
	T1 time.Duration
	// Handler decides about REFERs; nil serves none.
	Handler Handler
	// Screen, if set, is asked about each REFER outside a dialog before it is read:
	// whether the resource exists and who is asking. An error is the answer; what was
	// found is handed on as [Incoming.Screened].
	Screen func(req *sipmsg.Request, src transport.Source) (found any, refused *sip.Error)
	// Multiple serves REFERs with many targets; without it they are refused with 420.
	Multiple bool
	// Lists bounds the lists of targets.
	Lists resourcelist.Limits
	// Expires is how long a referral reports, in seconds, unless the peer extends it;
	// 0 means 180. It should be longer than what is reported takes.
	Expires uint32
	// Spacing is the least time between two NOTIFYs of a referral, the final one
	// excepted; 0 means one second (RFC 3515 §3.10).
	Spacing time.Duration
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.T1 <= 0 {
		c.T1 = 500 * time.Millisecond
	}
	if c.Expires == 0 {
		c.Expires = 180
	}
	if c.Spacing == 0 {
		c.Spacing = time.Second
	}
	return c
}

// Extensions returns the option tags that a REFER to this agent may require, for
// Supported and for the dialog layer.
func (c Config) Extensions() []string {
	if c.Handler == nil {
		return nil
	}
	tags := []string{"norefersub", "nosub", "explicitsub", "tdialog"}
	if c.Multiple {
		tags = append(tags, "multiple-refer")
	}
	return tags
}

// Agent is the user agent for REFER, both roles.
type Agent struct {
	// fixed after construction
	cfg Config
	dl  *dialog.Layer
	ev  *event.Agent

	published published
	repeated  repeated
}

// New returns an agent. With a handler it serves REFER in and out of dialogs, and the
// event package refer to those it has accepted a REFER from.
func New(cfg Config, dl *dialog.Layer, ev *event.Agent) *Agent {
	a := &Agent{cfg: cfg.withDefaults(), dl: dl, ev: ev}
	if cfg.Handler == nil {
		return a
	}
	dl.Handle(sipmsg.REFER, func(tx *transaction.ServerTx) { a.receive(nil, tx) })
	dl.HandleInside(sipmsg.REFER, a.receive)
	ev.Register(event.Package{Name: packageName, Expires: a.cfg.Expires, MaxExpires: hour, Own: a.publishes, Notifier: a})
	return a
}

// hour is the longest time in seconds that a subscription is extended by, and that what
// came of a REFER is waited for.
const hour = 3600
