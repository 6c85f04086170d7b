package mixer

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
)

// handler serves one MSRP session of a leg.
type handler struct {
	// fixed when the session becomes the leg's
	leg     *Leg
	session *msrp.Session

	ready atomic.Bool // bound, and time for messages to everybody has come

	spare *inspection // of a message that has been dealt with; owned by the session's reader

	doubted bool // what it left unconfirmed is noted; guarded by the leg's mutex

	// Of a leg behind a relay. [SW-RPT-07]
	relayed    atomic.Bool
	answers    atomic.Int32 // good ones, to copies
	unreported atomic.Int64 // when there were enough of them, in Unix nanoseconds; 0: there were not
	reported   atomic.Bool  // a REPORT has come
}

var (
	_ msrp.Inspector   = (*handler)(nil)
	_ msrp.FlowHandler = (*handler)(nil)
	_ msrp.Reporter    = (*handler)(nil)
	_ msrp.Doorkeeper  = (*handler)(nil)
)

// Admits implements msrp.Doorkeeper: a leg is its user's. [WS-06] [WS-08]
func (h *handler) Admits(users []string) bool {
	return slices.Contains(users, string(h.leg.req.Identity))
}

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
	l.doubt(old)
	if back {
		l.tell()
	}
	l.mix.deliverLetters(l)
	if l.quirks.Load().StatusLines && !l.rosterTold.Load() {
		time.AfterFunc(rosterFirst, h.begin)
		return
	}
	h.begin()
}

// RosterTold says that a user is being sent the roster of a conference. There
// are clients that show only those as senders who are in it, so they get history
// afterwards. [SW-HIS-02]
func (m *Mixer) RosterTold(id conference.ID, u conference.User) {
	m.mu.Lock()
	x := m.mixes[id]
	m.mu.Unlock()
	if x == nil {
		return
	}
	for _, l := range x.openLegsOf(nil, string(u)) {
		if l.rosterTold.Swap(true) || !l.quirks.Load().StatusLines {
			continue
		}
		if h := l.current.Load(); h != nil && l.isBound() {
			time.AfterFunc(rosterLead, h.begin)
		}
	}
}

// begin lets messages to everybody go to the session.
func (h *handler) begin() {
	h.ready.Store(true)
	h.leg.mix.poke()
}

// Sent implements msrp.Handler. What one recipient answers stays on his leg.
// [SW-RPT-02] [SW-RPT-04]
func (h *handler) Sent(ref uint64, err error) {
	if ref >= firstLetter {
		h.leg.settleLetter(ref, err == nil)
	}
	if err == nil && h.relayed.Load() {
		h.relayAnswered()
	}
	if err != nil {
		h.leg.log(slog.LevelDebug, "copy refused", slog.Uint64("place", ref), slog.Any("error", err))
	}
}

// Congested implements msrp.FlowHandler: who has room again reads on.
func (h *handler) Congested(on bool) {
	if !on {
		h.leg.mix.poke()
	}
}

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
		slog.String("user", string(l.user())), slog.String("endpoint", string(l.req.Endpoint)))
	log.LogAttrs(context.Background(), level, event, attrs...) //nolint:sloglint // constant at every call
}
