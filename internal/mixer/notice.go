package mixer

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// notice is a text of the mixer itself to one participant, from the conference
// to the conference under the URI that he knows it by: any other would show as
// private. It is not kept, and nobody answers it. [SW-GEN-04]
func (l *Leg) notice(text string, status bool) (*msrp.Shared, error) {
	body, err := noticeBody(l.req.Dialled, l.mix.mixer.cfg.Now(), text, status && l.quirks.Load().StatusLines)
	if err != nil {
		return nil, err
	}
	return msrp.Prepare(msrp.Message{ContentType: sdp.TypeCPIM, Body: body, FailureReport: msrpwire.FailureNo})
}

// notify sends a notice. One that does not fit is left out.
func (l *Leg) notify(h *handler, text string, status bool) {
	shared, err := l.notice(text, status)
	if err == nil && l.terms.Load().wants(content{mediaType: plainText.mediaType(), kind: plainText}) {
		_ = h.session.SendShared(shared, 0) // nobody misses it for long
	}
}

// lossesEvery is how often a leg is told of its losses at most.
const lossesEvery = 10 * time.Second

// tellLost says how many messages a leg did not get, once it can be told, and was not
// a moment ago. [SW-FLOW-03] [SW-HIS-04]
func (x *mix) tellLost(l *Leg, h *handler) {
	r := &l.reads
	if r.lost == 0 && !r.gap {
		return
	}
	now := x.mixer.cfg.Now()
	if now.Sub(r.told) < lossesEvery {
		return
	}
	r.told = now
	text := "Some messages that were sent while you were away are no longer available."
	switch {
	case r.gap:
	case r.lost == 1:
		text = "1 message did not reach you."
	default:
		text = fmt.Sprintf("%d messages did not reach you.", r.lost)
	}
	if x.mixer.cfg.Congestion != Drop || r.gap {
		l.notify(h, text, true)
	}
	x.mixer.lost.Add(int64(r.lost))
	r.lost, r.gap = 0, false
}

// greet says to a participant what he has to know before anything else: what
// the conference says to everybody who comes, and to a client that knows nothing
// of conferences that there are others. [SW-GEN-03]
func (x *mix) greet(l *Leg) {
	h, roster := l.reads.from, l.roster
	l.roster = "" // it is told once
	if text := x.mixer.cfg.Welcome; text != "" {
		l.notify(h, text, false)
	}
	t := l.terms.Load()
	if t == nil || t.peer.Chatroom.Declared || l.quirks.Load().Aware {
		return
	}
	l.notify(h, fmt.Sprintf("You are in the conference %s. What you send goes to everybody in it.", l.req.Instance.ID()), false)
	l.notify(h, "In the conference: "+roster, false)
}

// rosterOf names those who are in a conference, for a client that cannot know.
func rosterOf(s *conference.State, l *Leg) string {
	if t := l.terms.Load(); t == nil || t.peer.Chatroom.Declared || l.quirks.Load().Aware {
		return ""
	}
	const most = 50
	var names []string
	for p := range s.Participants() {
		if !p.Connected() {
			continue
		}
		if len(names) == most {
			names = append(names, "…")
			break
		}
		names = append(names, cmp.Or(p.Nickname, p.Display, string(p.User)))
	}
	return strings.Join(names, ", ")
}

// noticeBody is the wrapped text. A blank line stands between the headers of
// CPIM and of MIME, which some clients demand.
func noticeBody(conference string, at time.Time, text string, status bool) ([]byte, error) {
	room := cpim.Party{URI: conference}
	d := cpim.Draft{From: room, To: []cpim.Party{room}, DateTime: at, ContentType: "text/plain; charset=utf-8", Content: []byte(text)}
	if status {
		d.Bindings = []cpim.Binding{{Prefix: "agp", Namespace: "urn:ag-projects:xml:ns:cpim"}}
		d.Headers = []cpim.Pair{{Name: "agp.Message-Type", Value: "status"}}
	}
	return d.Append(nil)
}
