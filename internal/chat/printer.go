package chat

import (
	"fmt"
	"io"
)

// printer shows what happens. It is used by one goroutine.
type printer interface {
	// show prints an event: one of package participant, joined or sent.
	show(e any)
	// help prints a text that is no event.
	help(text string)
}

// joined is the first event.
type joined struct{ conference, focus string }

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
