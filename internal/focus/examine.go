package focus

import (
	"errors"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// examine looks at an INVITE by itself, in the order of IDN-09: extensions
// (420), what the caller reads (406), bodies (415, 400), the offer (488).
// Lists says that a list of recipients may come along.
func (f *Focus) examine(req *sipmsg.Request, lists bool) (*sdp.Session, *sip.Error) {
	if err := dialog.Formable(req); err != nil {
		return nil, err // [COM-01]
	}
	if err := f.unsupported(req, lists); err != nil {
		return nil, err // [COM-06]
	}
	if refused := claim(req); refused != nil {
		return nil, refused
	}
	if !req.Header.Accepts(sdpType, sdpType) {
		return nil, &sip.Error{Status: 406} // [FOC-JOI-06]
	}
	var known []string
	if lists {
		known = []string{resourcelist.MediaType}
	}
	if req.Header.Has("Referred-By") {
		known = append(known, tokenTypes()...)
	}
	body, err := offerIn(&req.Header, req.Body, known...)
	if err != nil {
		return nil, sip.AsError(err)
	}
	if body == nil {
		return nil, nil
	}
	offer, err := sdp.Parse(body)
	if err == nil {
		err = f.cfg.Mixer.Check(offer)
	}
	if err != nil {
		return nil, f.unacceptable(err)
	}
	return offer, nil
}

// unacceptable refuses an offer, and says what would be taken. [FOC-JOI-05]
func (f *Focus) unacceptable(err error) *sip.Error {
	e := statusOf(err, f.cfg.Agent)
	if e.Status == 488 {
		e.Header = append(e.Header, sipmsg.Field{Name: "Content-Type", Value: sdpType})
		e.Body = f.cfg.Mixer.Capability().Append(nil)
	}
	return e
}

// statusOf is the table from the errors of descriptions, the directory, the
// mixer and the conference to the answer, D-36.
func statusOf(err error, agent string) *sip.Error {
	if bad := (*sdp.Error)(nil); errors.As(err, &bad) {
		return &sip.Error{Status: bad.Status, Warning: bad.Warning(agent)}
	}
	if refusal := (*conference.Refusal)(nil); errors.As(err, &refusal) {
		return statusOfRefusal(refusal.Code, agent)
	}
	switch {
	case errors.Is(err, instance.ErrNotFound):
		return &sip.Error{Status: 404} // [FOC-CRE-02]
	case errors.Is(err, instance.ErrTerminating):
		return &sip.Error{Status: 480, RetryAfter: terminatingRetry} // [FOC-TRM-02]
	case errors.Is(err, instance.ErrNotYet):
		return &sip.Error{Status: 480, RetryAfter: notYetRetry} // [FOC-CRE-03]
	case errors.Is(err, instance.ErrNotCreator):
		return &sip.Error{Status: 403, Warning: warning(agent, "not among those who may create conferences")} // D-01
	case errors.Is(err, instance.ErrUserLimit):
		return &sip.Error{Status: 403, Warning: warning(agent, "too many conferences")} // [FOC-FAC-12]
	case errors.Is(err, instance.ErrEnded):
		return &sip.Error{Status: 404}
	case errors.Is(err, instance.ErrDraining), errors.Is(err, instance.ErrServerLimit), errors.Is(err, journal.ErrBusy),
		errors.Is(err, journal.ErrUnavailable), errors.Is(err, instance.ErrOverload), errors.Is(err, ErrMixerFull):
		return &sip.Error{Status: 503, RetryAfter: serverRetry, Cause: err} // [FOC-FAC-06]
	case errors.Is(err, errMixerSilent):
		return &sip.Error{Status: 500, RetryAfter: serverRetry, Cause: err} // [MIX-07]
	}
	return sip.AsError(err)
}

func statusOfRefusal(code conference.Code, agent string) *sip.Error {
	switch code {
	case conference.CodeFull:
		return &sip.Error{Status: 486, RetryAfter: fullRetry, Warning: warning(agent, code.String())} // [FOC-JOI-04]
	case conference.CodeTooManyEndpoints:
		return &sip.Error{Status: 486, Warning: warning(agent, code.String())} // [FOC-JOI-07]
	case conference.CodeNotAlive:
		return &sip.Error{Status: 404}
	case conference.CodeNoSuchUser:
		return &sip.Error{Status: 404, Warning: warning(agent, code.String())} // [FOC-RMV-06]
	case conference.CodeNoSuchEndpoint:
		return &sip.Error{Status: 481}
	default:
		return &sip.Error{Status: 403, Warning: warning(agent, code.String())} // [FOC-JOI-03]
	}
}

// warning is a Warning value of code 399 (RFC 3261 §20.43).
func warning(agent, text string) string {
	return sipmsg.Warning{Code: 399, Agent: agent, Text: text}.String()
}
