package mixer

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/confab-chat/confab/msrp"
)

// handler serves one MSRP session of a leg.
type handler struct {
	// fixed when the session becomes the leg's
	leg     *Leg
	session *msrp.Session

	congested atomic.Bool
}

var (
	_ msrp.Inspector   = (*handler)(nil)
	_ msrp.FlowHandler = (*handler)(nil)
)

// Bound implements msrp.Handler: a replaced session has done its duty, and a
// leg that was lost is back. [SDP-23] [MSRP-CON-06]
func (h *handler) Bound() {
	l := h.leg
	l.mu.Lock()
	if l.current.Load() != h {
		l.mu.Unlock()
		return
	}
	old, back := l.previous, l.lost
	l.previous, l.bound, l.lost = nil, true, false
	l.mu.Unlock()
	old.end()
	if back {
		l.tell()
	}
}

// Sent implements msrp.Handler. What one recipient answers stays on his leg.
// [SW-RPT-02] [SW-RPT-04]
func (h *handler) Sent(ref uint64, err error) {
	if err != nil {
		h.leg.log(slog.LevelDebug, "copy refused", slog.Uint64("place", ref), slog.Any("error", err))
	}
}

// Congested implements msrp.FlowHandler.
func (h *handler) Congested(on bool) { h.congested.Store(on) }

// Ended implements msrp.Handler.
func (h *handler) Ended(err error) { h.leg.failed(h, err) }

// end closes the session, if there is one.
func (h *handler) end() {
	if h != nil {
		h.session.Close()
	}
}

func (l *Leg) log(level slog.Level, event string, attrs ...slog.Attr) {
	log := l.mix.mixer.cfg.Log
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs = append(attrs, slog.String("conference", string(l.mix.id)),
		slog.String("user", string(l.req.User)), slog.String("endpoint", string(l.req.Endpoint)))
	log.LogAttrs(context.Background(), level, event, attrs...) //nolint:sloglint // constant at every call
}
