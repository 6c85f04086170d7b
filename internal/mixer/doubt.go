package mixer

import (
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
)

// doubt notes what an ended session has left unconfirmed, for the next one. It
// does so once; when it returns, that is done. RFC 4975 §5.4. [MSRP-CON-15]
// [SW-RPT-06]
func (l *Leg) doubt(h *handler) {
	if h == nil {
		return
	}
	l.mu.Lock()
	if h.doubted {
		l.mu.Unlock()
		return
	}
	h.doubted = true
	refs := h.session.Unconfirmed()
	if h.reports() {
		refs = append(refs, h.session.Unreported()...)
	}
	for _, ref := range refs {
		at := conference.Position(ref)
		if ref < firstLetter && (l.doubted == 0 || at < l.doubted) {
			l.doubted = at
		}
	}
	l.mu.Unlock()
	l.returned(refs)
}

// reports tells whether what answers copies is a relay, and the endpoint behind
// it sends REPORTs. If it has sent none in the time that it had for several,
// the relay's answers have to do. [SW-RPT-07]
func (h *handler) reports() bool {
	if !h.relayed.Load() {
		return false
	}
	first := h.unreported.Load()
	return h.reported.Load() || first == 0 || h.leg.owner.cfg.Now().Sub(time.Unix(0, first)) < reportWait
}

// Report implements msrp.Reporter: an endpoint behind a relay tells itself what
// has arrived. [SW-RPT-07]
func (h *handler) Report(r msrp.Report) {
	if r.Known && r.Complete {
		h.reported.Store(true)
	}
}

// relayAnswered counts the answers of a relay.
func (h *handler) relayAnswered() {
	if h.answers.Add(1) == reportsDue {
		h.unreported.Store(h.leg.owner.cfg.Now().UnixNano())
	}
}

// Of so many copies, and within this time, one REPORT at least is expected from
// an endpoint behind a relay. [SW-RPT-07]
const (
	reportsDue = 8
	reportWait = 30 * time.Second
)

// takeDoubt returns the first place that is in doubt, 0 if there is none, and
// forgets it.
func (l *Leg) takeDoubt() conference.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.doubted
	l.doubted = 0
	return at
}

func (l *Leg) seeDoubt() conference.Position {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.doubted
}

// confirmed is the place up to which the peer has answered everything that was
// meant for it, on whichever session. [SW-RPT-06]
func (l *Leg) confirmed() conference.Position {
	at := l.position()
	l.mu.Lock()
	sessions := [...]*handler{l.current.Load(), l.previous}
	l.mu.Unlock()
	for _, h := range sessions {
		if h == nil {
			continue
		}
		for _, ref := range h.session.Unconfirmed() {
			if ref < firstLetter && conference.Position(ref) <= at {
				at = conference.Position(ref) - 1
			}
		}
	}
	return at
}
