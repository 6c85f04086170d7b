package chat

import (
	"fmt"
	"io"
	"time"

	"github.com/confab-chat/confab/participant"
)

// printer shows what happens. It is used by one goroutine.
type printer interface {
	// show prints an event: one of package participant or of this one.
	show(e any)
	// help prints a text that is no event.
	help(text string)
}

// joined is the first event.
type joined struct{ conference, focus string }

// lost tells that a failure has ended the conference, or that it could not be come back to,
// and when that will be tried.
type lost struct {
	conference, reason string
	retry              time.Duration
}

// listening tells where invitations are waited for.
type listening struct{ contact string }

// invitation tells of an invitation and what became of it.
type invitation struct {
	of       *participant.Invitation
	accepted bool
	pending  bool // the user is to decide
}

// nicknamed is what became of the wish for a nickname.
type nicknamed struct {
	name   string
	status int // 200, or why not
	reason string
}

// lockChange tells that the conference has been locked or unlocked.
type lockChange struct{ locked bool }

func (l lockChange) text() string {
	if l.locked {
		return "locked: nobody else can join"
	}
	return "unlocked"
}

// sent tells that a message is on its way.
type sent struct{ id string }

func (cfg *Config) printer() printer {
	if cfg.JSON {
		return &jsonPrinter{out: cfg.Out, err: cfg.Err}
	}
	return &textPrinter{out: cfg.Out, err: cfg.Err}
}

// write prints. If who reads has gone there is nobody to tell.
func write(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }
