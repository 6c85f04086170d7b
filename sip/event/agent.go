package event

import (
	"log/slog"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Config of an [Agent]. The zero value works.
type Config struct {
	// Log gets what an operator should know; nil discards.
	Log *slog.Logger
	// T1 is that of RFC 3261 §17.1.1.1; 0 means 500 ms. Timer N is 64·T1.
	T1 time.Duration
	// Screen, if set, is asked about each SUBSCRIBE outside a dialog before its event
	// package is looked at: whether the resource exists and who is asking. An error
	// is the answer; what was found is handed to the package as [Incoming.Screened],
	// so that credentials are verified once.
	Screen func(req *sipmsg.Request, src transport.Source) (found any, refused *sip.Error)
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.T1 <= 0 {
		c.T1 = 500 * time.Millisecond
	}
	return c
}

// timerN is how long a subscriber waits for a NOTIFY (RFC 6665 §4.1.2.4).
func (c Config) timerN() time.Duration { return 64 * c.T1 }

// Agent is the user agent for SUBSCRIBE and NOTIFY, both roles.
type Agent struct {
	// fixed after construction
	cfg Config
	dl  *dialog.Layer

	// fixed before the first message
	packages []Package
}

// New returns an agent without packages: as a notifier it refuses everything.
func New(cfg Config, dl *dialog.Layer) *Agent {
	a := &Agent{cfg: cfg.withDefaults(), dl: dl}
	dl.Serves(sipmsg.NOTIFY)
	dl.HandleInside(sipmsg.NOTIFY, a.unclaimed)
	return a
}

// Register adds a package that we serve as notifier. It is called before the first
// message.
func (a *Agent) Register(p Package) {
	if len(a.packages) == 0 {
		a.dl.Handle(sipmsg.SUBSCRIBE, a.subscribe)
		a.dl.HandleInside(sipmsg.SUBSCRIBE, a.shared)
	}
	a.packages = append(a.packages, p.withDefaults())
}

// AllowEvents returns the value of our Allow-Events, empty without packages.
func (a *Agent) AllowEvents() string {
	names := make([]string, len(a.packages))
	for i := range a.packages {
		names[i] = a.packages[i].Name
	}
	return strings.Join(names, ", ")
}

// find returns the package of that name, compared octet by octet. [NOT-SUB-02]
func (a *Agent) find(name string) *Package {
	for i := range a.packages {
		if a.packages[i].Name == name {
			return &a.packages[i]
		}
	}
	return nil
}

// badEvent refuses an event package. [NOT-SUB-02]
func (a *Agent) badEvent(tx *transaction.ServerTx) {
	dialog.Reply(tx, 489, "", sipmsg.Field{Name: "Allow-Events", Value: a.AllowEvents()})
}

// unclaimed answers a NOTIFY inside a dialog that belongs to no subscription of it.
func (a *Agent) unclaimed(_ *dialog.Dialog, tx *transaction.ServerTx) {
	ev, err := tx.Request().Header.Event()
	if err == nil && a.find(ev.Package) != nil {
		dialog.Reply(tx, 481, "Subscription does not exist")
		return
	}
	a.badEvent(tx)
}

// shared refuses a new subscription inside an existing dialog. [NOT-SUB-10] [NOT-SUB-02]
func (a *Agent) shared(_ *dialog.Dialog, tx *transaction.ServerTx) {
	if ev, err := tx.Request().Header.Event(); err != nil || a.find(ev.Package) == nil {
		a.badEvent(tx)
		return
	}
	dialog.Reply(tx, 403, "Dialog sharing is not supported")
}
