package mixer

import (
	"errors"
	"strings"
	"sync"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// verdict is what the checks found out about a message.
type verdict struct {
	content     content
	contentType string // of the wrapped content as written, with parameters
	at          int    // where the content begins
	everybody   bool   // To is the conference
	to          string // To, if it is not
}

func forbidden(comment string) *msrp.Error {
	return &msrp.Error{Status: msrpwire.StatusForbidden, Comment: comment}
}

func direction() *msrp.Error { return forbidden("Stream direction") }

// anonymous is what RCS clients write for everybody, and what says nothing in
// the place of a sender. [SW-PUB-22]
const anonymous = "sip:anonymous@" + conference.AnonymousHost

// inspection is the state of a message that is arriving.
type inspection struct {
	scanner cpim.Scanner
	verdict verdict
	judged  bool
}

// Begin implements msrp.Inspector: who may not send gets 403, whatever he
// sends. A notification is the exception, and needs a look into the wrapper.
// RFC 4975 §8.9. [SDP-18] [SDP-20]
func (h *handler) Begin(in *msrp.Incoming) error {
	if !h.leg.terms.Load().mayPost(other) && contentOf(in.ContentType()).mediaType != sdp.TypeCPIM {
		return direction()
	}
	if h.spare == nil {
		h.spare = new(inspection)
	}
	in.Tag, h.spare = h.spare, nil
	return nil
}

// Inspect implements msrp.Inspector: once the header block of the wrapper is
// complete the message is judged, so that the response to this chunk says so.
func (h *handler) Inspect(in *msrp.Incoming) (done bool, err error) {
	state, ok := in.Tag.(*inspection)
	if !ok {
		return true, nil
	}
	complete, err := state.scanner.Scan(in.Body())
	switch {
	case err != nil && !h.leg.terms.Load().mayPost(other):
		return true, direction()
	case err != nil:
		return true, refusal(err)
	case !complete:
		return false, nil
	}
	state.verdict, err = h.leg.judge(in.Body())
	state.judged = err == nil
	return true, err
}

// parsers lends the memory of parsed wrappers; verdicts keep nothing of it.
type parsers struct{ pool sync.Pool }

func (p *parsers) take() *cpim.Message {
	if m, ok := p.pool.Get().(*cpim.Message); ok {
		return m
	}
	return new(cpim.Message)
}

// judge makes the checks on the wrapper's headers, in the order of the decision
// table that the catalogue begins with.
func (l *Leg) judge(body []byte) (verdict, error) {
	pool := &l.mix.mixer.parsers
	m := pool.take()
	defer pool.pool.Put(m)
	malformed := m.Parse(body, cpim.Limits{})
	c := contentOf(string(m.MediaType()))
	if !l.terms.Load().mayPost(c.kind) {
		return verdict{}, direction()
	}
	if malformed != nil {
		return verdict{}, refusal(malformed)
	}
	to, err := l.parties(m)
	if err != nil {
		return verdict{}, err
	}
	if !l.mix.mixer.cfg.WrappedTypes.Match(c.mediaType) {
		return verdict{}, &msrp.Error{Status: msrpwire.StatusUnsupportedMedia} // [SW-PUB-16]
	}
	v := verdict{content: c, contentType: string(m.ContentType()), at: m.HeaderLen, everybody: l.meansAll.hold(to.URI) || l.quirks.Load().AnonMeansRoom && string(to.URI) == anonymous}
	if v.everybody {
		return v, nil
	}
	v.to = string(to.URI)
	_, err = l.mix.recipients(l, v)
	return v, err
}

// parties checks From and To: a missing or malformed To is 400, as is content
// without a type; then everything about From is 403, then more than one To.
// [SW-PUB-02] [SW-PUB-03]
func (l *Leg) parties(m *cpim.Message) (to cpim.Address, err error) {
	to, toErr := m.Recipient()
	if bad, ok := errors.AsType[*cpim.Error](toErr); ok && bad.Status == msrpwire.StatusBadRequest {
		return to, refusal(toErr)
	}
	if m.MediaType() == nil {
		return to, &msrp.Error{Status: msrpwire.StatusBadRequest, Comment: "No Content-Type in the wrapper"}
	}
	from, err := m.Sender()
	if err != nil {
		return to, refusal(err)
	}
	if l.mix.mixer.cfg.StrictNames && l.mix.nicks.another(from.Name(), l.user()) {
		return to, forbidden("That name is another's") // [SW-PUB-20]
	}
	if string(from.URI) == anonymous || !l.self.Load().mayBe.hold(from.URI) {
		return to, forbidden("From is not yours")
	}
	return to, refusal(toErr)
}

// refusal turns an error of the wrapper into one of MSRP.
func refusal(err error) error {
	if bad, ok := errors.AsType[*cpim.Error](err); ok {
		return &msrp.Error{Status: bad.Status, Comment: bad.Comment}
	}
	return err
}

// otr reports whether text begins an OTR exchange, which is meant for one peer
// and makes no sense to everybody. [SW-PUB-23]
func (v *verdict) otr(body []byte) bool {
	const mark = "?otr"
	text := body[v.at:]
	return strings.HasPrefix(v.content.mediaType, "text/") &&
		len(text) >= len(mark) && strings.EqualFold(string(text[:len(mark)]), mark)
}
