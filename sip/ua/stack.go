package ua

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// tick is the resolution of protocol timers.
const tick = 10 * time.Millisecond

// Config of a [Stack]. The zero value works.
type Config struct {
	// Log gets what an operator should know; nil discards.
	Log *slog.Logger
	// Transport configures sockets and connections; its Log is filled in.
	Transport transport.Config
	// T1, T2 and T4 are those of RFC 3261 §17.1.1.1; 0 means 500 ms, 4 s and 5 s.
	T1, T2, T4 time.Duration
	// Transaction configures the transaction layer; its Log, T1, T2, T4 and Wheel are
	// filled in.
	Transaction transaction.Config
	// Locate says how servers are found. Its Log, Transports and Reaches are filled in.
	Locate locate.Config
	// Permit refuses addresses that requests are not sent to; see dialog.Config.
	Permit func(transport.Target) error
	// Charge names the charging vector of a peer's dialog; see dialog.Config.
	Charge func(req *sipmsg.Request, src transport.Source) string
	// Login answers challenges inside dialogs; see dialog.Config.
	Login func() dialog.Authorizer
	// Extensions are the option tags that requests may require, besides those that the
	// stack brings: 100rel and timer. All of them are named in Supported.
	Extensions []string
	// SessionExpires and MinSE configure the session timer, as invite.Config does; zero values are its
	// defaults.
	SessionExpires, MinSE time.Duration
	// Ring is the ring time of invite.Config.
	Ring time.Duration
	// Capabilities go into INVITEs and the 2xx to them, besides Allow, Supported and
	// Allow-Events: Accept, User-Agent and the like.
	Capabilities []sipmsg.Field
	// Screen is asked about each SUBSCRIBE first; see event.Config.
	Screen func(req *sipmsg.Request, src transport.Source) (any, *sip.Error)
	// Inside is asked about each request inside a dialog; see dialog.Config.
	Inside func(d *dialog.Dialog, req *sipmsg.Request, src transport.Source) *sip.Error
	// Packages are the event packages that we serve as notifier.
	Packages []event.Package
	// Invite is asked about each new INVITE; nil refuses them with 480.
	Invite invite.Handler
	// Refer says who decides about REFERs; its Log and T1 are filled in, and its
	// extensions are added to Extensions.
	Refer refer.Config
	// Methods maps further methods to who serves them outside dialogs.
	Methods map[sipmsg.Method]func(tx *transaction.ServerTx)
	// Other is asked about requests whose method nobody serves; see
	// dialog.Layer.HandleOther.
	Other func(l *dialog.Layer, tx *transaction.ServerTx)
}

// Stack is a SIP user agent. Its fields are fixed after construction.
type Stack struct {
	Transport   *transport.Layer
	Transaction *transaction.Layer
	Locate      *locate.Locator
	Dialog      *dialog.Layer
	Invite      *invite.Agent
	Event       *event.Agent
	Refer       *refer.Agent

	wheel *wheel.Wheel
}

// New assembles a stack. It opens nothing and starts no goroutine.
func New(cfg Config) *Stack {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Stack{wheel: wheel.New(tick)}
	session := invite.Config{
		Log: cfg.Log, T1: cfg.T1, T2: cfg.T2, SessionExpires: cfg.SessionExpires, MinSE: cfg.MinSE, Ring: cfg.Ring,
	}
	s.Dialog = dialog.New(dialog.Config{
		Log: cfg.Log, Extensions: slices.Concat(session.Extensions(), cfg.Extensions, cfg.Refer.Extensions()),
		Permit: cfg.Permit, Charge: cfg.Charge, Inside: cfg.Inside, Login: cfg.Login,
	})
	s.Event = event.New(event.Config{Log: cfg.Log, T1: cfg.T1, Screen: cfg.Screen}, s.Dialog)
	for _, p := range cfg.Packages {
		s.Event.Register(p)
	}
	cfg.Refer.Log, cfg.Refer.T1 = cfg.Log, cfg.T1
	s.Refer = refer.New(cfg.Refer, s.Dialog, s.Event)
	for m, h := range cfg.Methods {
		s.Dialog.Handle(m, h)
	}
	if cfg.Other != nil {
		s.Dialog.HandleOther(func(tx *transaction.ServerTx) { cfg.Other(s.Dialog, tx) })
	}
	s.Invite = invite.New(session, s.Dialog)
	s.Invite.Serve(cfg.Invite)
	s.Invite.Announce(s.Capabilities(cfg.Capabilities...)...)
	tc := cfg.Transaction
	tc.Log, tc.T1, tc.T2, tc.T4, tc.Wheel = cfg.Log, cfg.T1, cfg.T2, cfg.T4, s.wheel
	s.Transaction = transaction.New(tc, s.Dialog)
	cfg.Transport.Log = cfg.Log
	s.Transport = transport.New(cfg.Transport, s.Transaction)
	s.Transaction.Bind(s.Transport)
	cfg.Locate.Log = cfg.Log
	cfg.Locate.Transports, cfg.Locate.Reaches = s.Transport.Transports(), s.Transport.Reaches
	s.Locate = locate.New(cfg.Locate)
	s.Dialog.Bind(s.Transaction, s.Locate)
	s.Transport.Bind(senders{s.Locate, cfg.Permit})
	return s
}

// Capabilities returns the header fields that tell what the stack can do, for a 200 to
// OPTIONS: Allow, Supported, Allow-Events and then more. [FOC-DSP-05]
func (s *Stack) Capabilities(more ...sipmsg.Field) []sipmsg.Field {
	fields := []sipmsg.Field{
		{Name: "Allow", Value: s.Dialog.Allow()},
		{Name: "Supported", Value: s.Dialog.Supported()},
	}
	if events := s.Event.AllowEvents(); events != "" {
		fields = append(fields, sipmsg.Field{Name: "Allow-Events", Value: events})
	}
	return append(fields, more...)
}

// Listen opens a socket or listener; network is "udp" or "tcp". See transport.Layer.
func (s *Stack) Listen(ctx context.Context, network, addr string) (netip.AddrPort, error) {
	return s.Transport.Listen(ctx, network, addr)
}

// Shutdown closes the stack. It waits until the last dialog has ended and every request
// has its final response, or until ctx has ended; the owners of sessions and
// subscriptions end them before. The error is that of ctx if something was cut off. It
// must not be called by a handler.
func (s *Stack) Shutdown(ctx context.Context) error {
	err := s.Dialog.Drain(ctx)
	if drained := s.Transaction.Drain(ctx); err == nil {
		err = drained
	}
	s.Dialog.Close()
	if shut := s.Transport.Shutdown(ctx); err == nil {
		err = shut
	}
	s.Transaction.Close()
	s.wheel.Close()
	return err
}
