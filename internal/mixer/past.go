package mixer

import (
	"sort"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// kept is a message to everybody, ready to be sent.
type kept struct {
	message  *conference.Message
	shared   *msrp.Shared
	variants [4]*msrp.Shared // by form; nil until somebody wants it
	content  content
	at       conference.Position
	n        uint64 // its number among those that the conference had on this node
}

// form is how a message goes to a leg.
type form struct {
	history  bool // it was said before the participant came
	reported bool // a REPORT is asked for, as a relay's response proves nothing
}

func (f form) index() (i int) {
	if f.history {
		i++
	}
	if f.reported {
		i += 2
	}
	return i
}

// keep renders a message. Whoever gets it gets it under the same Message-ID,
// today and in every replay. [SW-PUB-07]
func keep(at conference.Position, m *conference.Message, report msrpwire.FailureReport) (kept, error) {
	shared, err := render(at, m, form{}, report)
	return kept{message: m, shared: shared, content: contentOf(m.ContentType), at: at}, err
}

// render makes what all copies of a form have in common; those of history are
// marked, as every copy is with its place. Who refuses one with 415 refuses what is in
// the wrapper. [SW-HIS-03] [SW-RPT-03] [MSRP-RSP-09]
func render(at conference.Position, m *conference.Message, f form, report msrpwire.FailureReport) (*msrp.Shared, error) {
	fields := make([]msrpwire.Field, 0, 2)
	if f.history {
		fields = append(fields, msrpwire.Field{Name: []byte("Room-History"), Value: []byte("yes")})
	}
	fields = append(fields, msrpwire.Field{Name: []byte("Room-Seq"), Value: appendPosition(at)})
	return msrp.Prepare(msrp.Message{
		ID: m.ID, Header: fields, ContentType: sdp.TypeCPIM, Kind: m.ContentType, Body: m.Body,
		FailureReport: report, SuccessReport: f.reported,
	})
}

// in returns the message in a form.
func (k *kept) in(f form, report msrpwire.FailureReport) *msrp.Shared {
	if f == (form{}) {
		return k.shared
	}
	v := &k.variants[f.index()]
	if *v == nil {
		other, err := render(k.at, k.message, f, report)
		if err != nil {
			return k.shared
		}
		*v = other
	}
	return *v
}

// past is the history of a conference in memory, from which late and slow legs
// read. Owned by the instance's goroutine.
type past struct {
	list   []kept // oldest first
	room   []kept // empty, with the array that list stands in
	octets int
	gone   conference.Position // of the last message that is not there any more
}

// waitMost is how many messages are kept for legs that lag behind, where history
// is shorter.
const waitMost = 4096

// push adds a message, and drops old ones above the bound of octets. The last
// one stays whatever its size.
func (p *past) push(k kept, octets int) {
	p.append(k)
	p.octets += k.shared.Size()
	drop := 0
	for len(p.list)-drop > 1 && (len(p.list)-drop > waitMost || p.octets > octets) {
		p.octets -= p.list[drop].shared.Size()
		drop++
	}
	p.drop(drop)
}

// append adds a message; when the array is full, in the place of those dropped if
// these were at least as many as are left.
func (p *past) append(k kept) {
	full := len(p.list) == cap(p.list)
	if full && 2*len(p.list) <= cap(p.room) {
		list := append(p.room, p.list...)
		clear(p.list)
		p.list, full = list, false
	}
	p.list = append(p.list, k)
	if full {
		p.room = p.list[:0]
	}
}

// trim drops what is neither among the last ones, which are the history, nor
// behind the place up to which the slowest leg has come. [SW-HIS-01]
func (p *past) trim(most int, slowest conference.Position) {
	drop := 0
	for len(p.list)-drop > max(most, 1) && p.list[drop].at <= slowest {
		p.octets -= p.list[drop].shared.Size()
		drop++
	}
	p.drop(drop)
}

func (p *past) drop(n int) {
	if n > 0 {
		p.gone = p.list[n-1].at
		clear(p.list[:n])
		p.list = p.list[n:]
	}
}

// clear forgets everything.
func (p *past) clear() {
	if n := len(p.list); n > 0 {
		*p = past{gone: p.list[n-1].at}
	}
}

// after returns the first message behind a place, nil if there is none.
func (p *past) after(at conference.Position) *kept {
	if n := len(p.list); n == 0 || p.list[n-1].at <= at {
		return nil
	}
	return &p.list[sort.Search(len(p.list), func(i int) bool { return p.list[i].at > at })]
}

// begin returns the place behind which the last n messages stand that are not
// older than since, and behind which nothing is gone.
func (p *past) begin(n int, since time.Time, now conference.Position) conference.Position {
	i := max(0, len(p.list)-n)
	for i < len(p.list) && p.list[i].message.At.Before(since) {
		i++
	}
	if i == len(p.list) {
		return now
	}
	return p.list[i].at - 1
}
