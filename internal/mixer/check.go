package mixer

import (
	"errors"
	"strings"
	"sync"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/msrp"
)

// Media types the mixer treats in a way of their own.
const (
	typeComposing = "application/im-iscomposing+xml" // RFC 3994
	typeIMDN      = "message/imdn+xml"               // RFC 5438
)

// verdict is what the checks found out about a message.
type verdict struct {
	mediaType string // of the wrapped content, in lower case, without parameters
	wrapped   string // the same as written, with parameters
	everybody bool   // To is the conference
	to        string // To, if it is not
}

// refusals of the table at the top of the catalogue of RFC 7701 checks.
func forbidden(comment string) *msrp.Error { return &msrp.Error{Status: 403, Comment: comment} }

// Begin implements msrp.Inspector: what the head alone decides.
func (h *handler) Begin(in *msrp.Incoming) error {
	if !h.leg.sends() {
		return forbidden("Stream direction") // RFC 4975 §8.9 [SDP-20]
	}
	in.Tag = &inspection{}
	return nil
}

// inspection is the state of a message that is arriving.
type inspection struct {
	scanner cpim.Scanner
	verdict verdict
	judged  bool
}

// Inspect implements msrp.Inspector: once the header block of the wrapper is
// complete the message is judged, so that the response to this chunk says so.
func (h *handler) Inspect(in *msrp.Incoming) (done bool, err error) {
	state, ok := in.Tag.(*inspection)
	if !ok {
		return true, nil
	}
	complete, err := state.scanner.Scan(in.Body())
	if err != nil {
		return true, refusal(err)
	}
	if !complete {
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

// judge makes the checks on the wrapper's headers, in the order of the table:
// syntax and To (400), From (403), one recipient (403). [CPIM-12] [SW-PUB-02]
// [SW-PUB-03]
func (l *Leg) judge(body []byte) (verdict, error) {
	pool := &l.mix.mixer.parsers
	m := pool.take()
	defer pool.pool.Put(m)
	if err := m.Parse(body, cpim.Limits{}); err != nil {
		return verdict{}, refusal(err)
	}
	to, toErr := m.Recipient()
	if bad := (*cpim.Error)(nil); errors.As(toErr, &bad) && bad.Status == 400 {
		return verdict{}, refusal(toErr)
	}
	from, err := m.Sender()
	if err != nil {
		return verdict{}, refusal(err)
	}
	if !holds(l.mayBe, from.URI) {
		return verdict{}, forbidden("From is not yours")
	}
	if toErr != nil {
		return verdict{}, refusal(toErr)
	}
	v := verdict{
		mediaType: strings.ToLower(string(m.MediaType())),
		wrapped:   string(m.ContentType()),
		everybody: holds(l.meansAll, to.URI),
	}
	if v.mediaType == "" {
		return verdict{}, &msrp.Error{Status: 400, Comment: "No Content-Type in the wrapper"}
	}
	if !l.mix.mixer.cfg.WrappedTypes.Match(v.mediaType) {
		return verdict{}, &msrp.Error{Status: 415} // [SW-PUB-16]
	}
	if v.everybody {
		return v, nil
	}
	v.to = string(to.URI)
	_, err = l.mix.recipients(l, v)
	return v, err
}

// refusal turns an error of the wrapper into one of MSRP.
func refusal(err error) error {
	if bad := (*cpim.Error)(nil); errors.As(err, &bad) {
		return &msrp.Error{Status: bad.Status, Comment: bad.Comment}
	}
	return err
}
