package mixer

import (
	"errors"
	"log/slog"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// Message implements msrp.Handler: a message is complete and has passed the
// checks so far. What may have changed meanwhile is checked again.
func (h *handler) Message(in *msrp.Incoming) {
	l := h.leg
	state, ok := in.Tag.(*inspection)
	if !ok {
		state = &inspection{}
	}
	v := &state.verdict
	defer h.done(in, state)
	if in.Rewritten() { // the headers may not be those that were checked [SW-PUB-02]
		var err error
		if *v, err = l.judge(in.Body()); err != nil {
			in.Refuse(err)
			return
		}
		state.judged = true
	}
	switch {
	case l.done.Load():
		in.Refuse(&msrp.Error{Status: msrpwire.StatusNoSuchSession}) // [SW-GEN-08]
	case !l.open.Load() || !l.terms.Load().mayPost(v.content.kind):
		in.Refuse(direction())
	case !state.judged:
		in.Refuse(&msrp.Error{Status: msrpwire.StatusBadRequest, Comment: "Incomplete wrapper"}) // [SW-PUB-11]
	case v.content.kind == composing:
		l.composes(in, *v)
	default:
		l.take(in, v)
	}
}

// done keeps the state of a message that has been dealt with for another one.
func (h *handler) done(in *msrp.Incoming, state *inspection) {
	in.Tag = nil
	*state = inspection{}
	h.spare = state
}

// take passes on a message with content of its own.
func (l *Leg) take(in *msrp.Incoming, v *verdict) {
	if err := l.admit(in, v.everybody); err != nil {
		in.Refuse(err)
		return
	}
	switch {
	case v.content.kind == notification && v.everybody:
		in.Accept() // nobody wants a notification for everybody [IMDN-04]
	case v.content.kind == notification:
		l.mix.report(l, in, *v)
	case !v.everybody:
		l.composing.drop(v.addressee())
		l.mix.whisper(l, in, *v)
	case v.otr(in.Body()):
		in.Accept() // and neither kept nor distributed [SW-PUB-23]
	default:
		l.composing.drop(v.addressee())
		l.post(in, v.contentType)
	}
}

// post gives a message to everybody its place in the conference's order. The
// response waits until it has it. [SW-PUB-12] [SW-RPT-05]
func (l *Leg) post(in *msrp.Incoming, contentType string) {
	m := &conference.Message{
		At:          l.mix.mixer.cfg.Now(),
		ID:          msrp.NewMessageID(), // [SW-PUB-07]
		User:        l.user(),
		Endpoint:    l.req.Endpoint,
		SenderID:    in.ID(),
		ContentType: contentType,
		Body:        in.Body(),
	}
	l.mix.inst.Do(conference.Post{Message: m}, func(r instance.Result) {
		if r.Err != nil {
			in.Refuse(l.postError(r.Err))
			return
		}
		in.Accept()
	})
}

// postError is the table from what kept a message out of the conference to the
// response its sender gets.
func (l *Leg) postError(err error) error {
	switch {
	case errors.Is(err, instance.ErrOverload):
		return &msrp.Error{Status: msrpwire.StatusStopSending, Comment: "Conference is overloaded"}
	case errors.Is(err, instance.ErrEnded):
		return &msrp.Error{Status: msrpwire.StatusNoSuchSession}
	case errors.Is(err, journal.ErrUnavailable), errors.Is(err, journal.ErrBusy):
		return notKept() // the store has said so
	}
	switch conference.CodeOf(err) {
	case conference.CodeNotAlive, conference.CodeNoSuchEndpoint:
		return &msrp.Error{Status: msrpwire.StatusNoSuchSession} // [SW-GEN-08]
	case conference.CodeNotConnected, conference.CodeNotAllowed:
		return forbidden("Not allowed to send")
	default:
		l.log(slog.LevelError, "message not appended", slog.Any("error", err))
		return notKept()
	}
}

func notKept() error {
	return &msrp.Error{Status: msrpwire.StatusStopSending, Comment: "Message could not be kept"}
}
