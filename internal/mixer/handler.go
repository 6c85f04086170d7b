package mixer

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
)

// chunkTimer is how long a message may wait for its next chunk. [SW-PUB-10]
const chunkTimer = 540 * time.Second

// wholeMessages reports whether a client gets each message in one SEND: all but
// our own, for there are clients that do not survive chunks, and none that
// minds their absence. [!MSRP-SND-05] [MSRP-SND-15]
func wholeMessages(userAgent string) bool {
	return !strings.HasPrefix(userAgent, "confab")
}

// handler serves one MSRP session of a leg.
type handler struct {
	leg     *Leg
	session *msrp.Session // guarded by leg.mu
}

// Bound implements msrp.Handler: a replaced session has done its duty, and a
// leg that was lost is back.
func (h *handler) Bound() {
	l := h.leg
	l.mu.Lock()
	if l.session != h.session {
		l.mu.Unlock()
		return
	}
	old, back := l.previous, l.lost
	l.previous, l.bound, l.lost = nil, true, false
	l.mu.Unlock()
	if old != nil {
		old.Close()
	}
	if back {
		l.mix.inst.Do(conference.RestoreLeg{At: l.mix.mixer.cfg.Now(), Endpoint: l.req.Endpoint}, nil)
	}
}

// Sent implements msrp.Handler. What one recipient answers stays on his leg.
// [SW-RPT-02] [SW-RPT-04]
func (h *handler) Sent(ref uint64, err error) {
	if err != nil {
		h.leg.log(slog.LevelDebug, "copy refused", slog.Uint64("place", ref), slog.Any("error", err))
	}
}

// Ended implements msrp.Handler. A leg whose endpoint is connected is waited
// for; one that was never used takes its dialog with it.
func (h *handler) Ended(err error) {
	l := h.leg
	l.mu.Lock()
	if l.session != h.session {
		l.mu.Unlock() // replaced or closed
		return
	}
	l.session = nil
	waited := l.bound && l.open.Load()
	l.lost = waited
	l.mu.Unlock()
	l.log(slog.LevelInfo, "leg lost", slog.Any("error", err))
	if waited {
		// [MIX-06] [MSRP-CON-06]
		l.mix.inst.Do(conference.LoseLeg{At: l.mix.mixer.cfg.Now(), Endpoint: l.req.Endpoint}, nil)
		return
	}
	if l.req.Lost != nil {
		l.req.Lost(err)
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
