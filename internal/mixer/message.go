package mixer

import (
	"errors"
	"log/slog"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/msrp"
)

// Message implements msrp.Handler: a message is complete and has passed the
// checks so far.
func (h *handler) Message(in *msrp.Incoming) {
	l := h.leg
	state, ok := in.Tag.(*inspection)
	switch {
	case !ok || !state.judged:
		in.Refuse(&msrp.Error{Status: 400, Comment: "Incomplete wrapper"}) // [SW-PUB-11]
	case !l.open.Load() || !l.sends():
		in.Refuse(forbidden("Not allowed to send"))
	case state.verdict.everybody && state.verdict.mediaType == typeIMDN:
		in.Accept() // nobody wants a notification for everybody [IMDN-04]
	case state.verdict.everybody && state.verdict.mediaType == typeComposing:
		l.mix.compose(l, in)
	case state.verdict.everybody:
		l.post(in, state.verdict)
	default:
		l.mix.whisper(l, in, state.verdict)
	}
}

// post gives a message to everybody its place in the conference's order. The
// response waits until it has it. [SW-PUB-12] [SW-RPT-05]
func (l *Leg) post(in *msrp.Incoming, v verdict) {
	m := &conference.Message{
		At:          l.mix.mixer.cfg.Now(),
		ID:          msrp.NewMessageID(), // [SW-PUB-07]
		User:        l.req.User,
		Endpoint:    l.req.Endpoint,
		SenderID:    in.ID(),
		ContentType: v.wrapped,
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
		return &msrp.Error{Status: 413, Comment: "Conference is overloaded"}
	case errors.Is(err, instance.ErrEnded):
		return &msrp.Error{Status: 481}
	}
	switch conference.CodeOf(err) {
	case conference.CodeNotAlive, conference.CodeNoSuchEndpoint:
		return &msrp.Error{Status: 481} // [SW-GEN-08]
	case conference.CodeNotConnected, conference.CodeNotAllowed:
		return forbidden("Not allowed to send")
	default:
		l.log(slog.LevelError, "message not appended", slog.Any("error", err))
		return &msrp.Error{Status: 413, Comment: "Message could not be kept"}
	}
}
