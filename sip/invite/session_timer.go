package invite

import (
	"strconv"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/wheel"
)

const (
	// tagTimer is the option tag of RFC 4028.
	tagTimer = "timer"
	// minInterval is the shortest session interval, in seconds (RFC 4028 §4).
	minInterval = 90
	// longestInterval is the longest session interval, in seconds, that a 422 may demand,
	// unless we want a longer one: RFC 4028 §7.3 has the caller repeat the request, but
	// does not say up to what interval.
	longestInterval = 24 * 3600
	// farewell is how long before the end a session without refresh is hung up, or a
	// third of the interval if that is less (RFC 4028 §10).
	farewell = 32 * time.Second
)

// sessionTimer is what was agreed about refreshing a session (RFC 4028). The zero value
// is off.
type sessionTimer struct {
	seconds   uint32 // the interval; 0: off
	refresher bool   // we refresh
	minSE     uint32 // the largest Min-SE that the dialog has seen, 0: none
	expires   time.Time
	timer     wheel.Timer
}

func supportsTimer(h *sipmsg.Header) bool {
	return h.HasToken("Supported", tagTimer) || h.HasToken("Require", tagTimer)
}

// tooShort refuses a session interval below our minimum, if its sender understands
// that (RFC 4028 §9). [TMR-02]
func (a *Agent) tooShort(h *sipmsg.Header) *sip.Error {
	if a.cfg.SessionExpires < 0 || !h.Has("Session-Expires") || !supportsTimer(h) {
		return nil
	}
	asked, err := h.SessionExpires()
	switch {
	case err != nil:
		return &sip.Error{Status: 400, Reason: "Bad Session-Expires"}
	case asked.Seconds >= a.minSE():
		return nil
	}
	return &sip.Error{Status: 422, Header: []sipmsg.Field{
		{Name: "Min-SE", Value: strconv.FormatUint(uint64(a.minSE()), 10)},
	}}
}

func (a *Agent) longest() uint32 { return max(longestInterval, seconds(a.cfg.SessionExpires)) }

func (a *Agent) minSE() uint32 { return seconds(a.cfg.MinSE) }

// seconds of a duration that fits the field.
func seconds(d time.Duration) uint32 { return uint32(min(d/time.Second, 1<<31-1)) } //nolint:gosec // bounded

// grant chooses interval and refresher for a 2xx of ours to a session refresh request
// and returns the fields that say so. wish is the interval that we want. [TMR-03]
// [TMR-04] [TMR-07]
func (t *sessionTimer) grant(wish uint32, h *sipmsg.Header) []sipmsg.Field {
	supports := supportsTimer(h)
	asked, err := h.SessionExpires()
	if err != nil || !supports && asked.Seconds < minInterval {
		asked = sipmsg.SessionExpires{} // counts as not sent [TMR-02]
	}
	least, _ := h.MinSE()
	t.minSE = max(t.minSE, least)
	n := wish
	switch {
	case asked.Seconds > 0:
		n = min(wish, asked.Seconds)
	case t.seconds > 0:
		n = t.seconds
	}
	chosen := asked.Refresher
	switch {
	case !supports:
		chosen = "uas" // RFC 4028 §9, table 2
	case chosen == "uac" || chosen == "uas":
	case t.seconds > 0 && t.refresher:
		chosen = "uas" // the role stays
	default:
		chosen = "uac" // D-38
	}
	t.seconds, t.refresher = max(n, least, minInterval), chosen == "uas"
	fields := []sipmsg.Field{{
		Name: "Session-Expires", Value: sipmsg.SessionExpires{Seconds: t.seconds, Refresher: chosen}.String(),
	}}
	if supports {
		fields = append(fields, sipmsg.Field{Name: "Require", Value: tagTimer})
	}
	return fields
}

// take adopts what a 2xx to a session refresh request of ours says. [TMR-05]
func (t *sessionTimer) take(h *sipmsg.Header) {
	granted, err := h.SessionExpires()
	if err != nil || granted.Seconds == 0 {
		t.seconds = 0 // RFC 4028 §7.2: there is no session expiration
		return
	}
	t.seconds, t.refresher = granted.Seconds, granted.Refresher != "uas"
}

// ask adds to a request of ours inside the dialog what keeps the timer going: who
// refreshes now goes on, whatever his part was in the first INVITE. [TMR-07]
func (t *sessionTimer) ask(fields []sipmsg.Field) []sipmsg.Field {
	if t.seconds == 0 {
		return fields
	}
	se := sipmsg.SessionExpires{Seconds: max(t.seconds, t.minSE), Refresher: "uas"}
	if t.refresher {
		se.Refresher = "uac"
	}
	fields = append(fields, sipmsg.Field{Name: "Session-Expires", Value: se.String()})
	if t.minSE > 0 {
		fields = append(fields, sipmsg.Field{Name: "Min-SE", Value: strconv.FormatUint(uint64(t.minSE), 10)})
	}
	return fields
}

// raise takes the Min-SE of a 422 and tells whether another try makes sense: it does not
// for what was asked for before, nor for more than most, since a session that outlives its
// peer by so much might as well not be refreshed. [TMR-02]
func (t *sessionTimer) raise(refusal *sip.Error, most uint32) bool {
	h := sipmsg.Header{Fields: refusal.Header}
	least, ok := h.MinSE()
	if !ok || least <= t.minSE || least > most {
		return false
	}
	t.minSE = least
	return true
}

// interval is the session interval.
func (t *sessionTimer) interval() time.Duration { return time.Duration(t.seconds) * time.Second }

// margin is how long before the end a session that was not refreshed is hung up.
// [TMR-06]
func (t *sessionTimer) margin() time.Duration { return min(farewell, t.interval()/3) }
