package server

import (
	"errors"
	"net"
	"testing"

	"github.com/confab-chat/confab/internal/chat"
	"github.com/confab-chat/confab/internal/config"
)

// vanish closes all connections at once, as a crash does: nobody is told.
func (r *rig) vanish() {
	r.t.Helper()
	if err := errors.Join(r.stack.Transport.Close(), r.media.Close()); err != nil {
		r.t.Error(err)
	}
	r.stop()
}

// ownAddress is a loopback address on which nobody else opens anything, so that a port
// that was given up can be had again.
func ownAddress(t *testing.T) string {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.77.1:0")
	if err != nil {
		t.Skip("only one loopback address here:", err)
	}
	_ = ln.Close()
	return "127.0.77.1:0"
}

// TestChatComesBack joins again when the server is there again, and tells of it.
func TestChatComesBack(t *testing.T) {
	t.Parallel()
	at := ownAddress(t)
	open := func() *rig {
		return serve(t, func(c *config.Config) { c.SIP.Listen = []config.Listener{{Network: "tcp", Address: at}} })
	}
	r := open()
	at = r.address("sip", "tcp")
	x := r.chat(t.Context(), "alice", lobby, false)
	x.shows("joined", nil)
	x.shows("roster", nil)
	r.vanish()
	x.shows("lost", map[string]any{"conference": lobby})
	x.types("is anybody there?")
	x.shows("error", map[string]any{"status": float64(481)})
	x.shows("lost", map[string]any{"conference": lobby}) // nobody yet
	r = open()
	x.shows("joined", map[string]any{"conference": lobby})
	x.shows("roster", nil)
	x.types("here again")
	x.shows("delivered", nil)
	r.vanish()
	x.shows("lost", nil)
	x.types("/leave")
	x.shows("left", nil)
	if err := x.ends(); !errors.Is(err, chat.ErrFailed) {
		t.Errorf("ended with %v", err)
	}
}
