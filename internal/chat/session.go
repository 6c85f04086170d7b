package chat

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/participant"
)

// session is the time between the first INVITE and leaving. One goroutine owns it.
type session struct {
	ue         *participant.UE
	cfg        *Config
	conference *participant.Conference // nil while waiting to be invited
	out        printer
	results    chan func()         // what is to be done when something in the background has ended
	pending    int                 // how much runs there
	files      int                 // of it: files on their way
	waiting    map[string]struct{} // ids of messages that are not confirmed
	held       []participant.Message
	asked      []*participant.Invitation // that the user has not decided
	past       history
	away       absence
	entered    bool // once
	ready      bool // for input
	lost       bool // a failure ended the conference
	over       bool // there is nothing to leave

	lines       <-chan line // nil when input has ended
	roster      <-chan time.Time
	pause       <-chan time.Time
	patience    <-chan time.Time // runs once input has ended
	interrupted <-chan struct{}
}

func newSession(ue *participant.UE, cfg *Config) *session {
	return &session{
		ue: ue, cfg: cfg, out: cfg.printer(), results: make(chan func()), waiting: make(map[string]struct{}),
	}
}

// begin enters the conference, or waits for an invitation to one.
func (s *session) begin(ctx context.Context) error {
	if s.cfg.Register {
		if err := s.ue.Register(ctx); err != nil {
			return err
		}
	}
	if s.cfg.URI == "" {
		if _, err := s.ue.Listen(ctx); err != nil {
			return err
		}
		s.ready = true
		s.out.show(listening{contact: s.ue.Contact()})
		return nil
	}
	c, err := s.enter(ctx)
	if err != nil {
		return err
	}
	_, err = s.ue.Listen(ctx)
	s.in(ctx, c)
	return err
}

func (s *session) enter(ctx context.Context) (*participant.Conference, error) {
	if !s.cfg.Create {
		return s.ue.Join(ctx, s.cfg.URI, participant.Options{})
	}
	var o participant.Options
	for _, uri := range s.cfg.Invite {
		o.Invite = append(o.Invite, participant.Invitee{URI: uri})
	}
	return s.ue.Create(ctx, s.cfg.URI, o)
}

// in goes on in a conference that has been entered.
func (s *session) in(ctx context.Context, c *participant.Conference) {
	if old := s.conference; old != nil { // replaced: nobody looks at it any more
		go func() {
			for range old.Events() { // up to its end
			}
		}()
	}
	s.conference, s.ready, s.roster = c, false, time.After(rosterTime)
	s.out.show(joined{conference: c.URI(), focus: c.FocusURI()})
	if s.cfg.Nickname != "" {
		s.nickname(ctx, s.cfg.Nickname)
	}
	if len(s.cfg.Invite) > 0 && !s.cfg.Create && !s.entered {
		s.refer(ctx, s.cfg.Invite, c.Invite)
	}
	s.entered, s.away = true, absence{}
}

// background runs f beside the session, and then what it returns within the session.
func (s *session) background(ctx context.Context, f func(context.Context) (then func())) {
	s.pending++
	go func() {
		then := f(ctx)
		select {
		case s.results <- func() { s.pending--; then() }:
		case <-ctx.Done():
		}
	}()
}

// events is where the conference tells what happens.
func (s *session) events() <-chan participant.Event {
	if s.conference == nil {
		return nil
	}
	return s.conference.Events()
}

// run handles input and events until the conference has been left.
func (s *session) run(ctx context.Context, lines <-chan line) error {
	s.lines, s.interrupted = lines, ctx.Done()
	for !s.over {
		in := s.input()
		select {
		case e, ok := <-s.events():
			if !ok {
				return s.outcome()
			}
			s.event(e)
		case <-s.away.next:
			s.comeBack(ctx)
		case i := <-s.ue.Incoming():
			s.invited(ctx, i)
		case o := <-s.ue.FileOffers():
			s.offered(ctx, o)
		case then := <-s.results:
			then()
		case l := <-in:
			if s.line(ctx, l) {
				s.lines, s.patience = nil, time.After(settleTime)
			}
		case <-s.roster:
			s.ready = true
		case <-s.pause:
			s.pause = nil
			s.flush(ctx)
		case <-s.patience:
			s.hurry(ctx)
		case <-s.interrupted:
			s.leave(ctx)
		}
		s.rest(ctx)
	}
	return s.outcome()
}

// input is where lines come from that may be handled now.
func (s *session) input() <-chan line {
	switch {
	case len(s.held) > 0: // the queue is full: no more input until that has gone
		s.pause = time.After(sendPause)
		return nil
	case !s.ready:
		return nil
	}
	return s.lines
}

// hurry leaves, unless a file is on its way: one that does not get on ends by itself.
func (s *session) hurry(ctx context.Context) {
	if s.files > 0 {
		s.patience = time.After(settleTime)
		return
	}
	s.leave(ctx)
}

// rest leaves when input has ended and nothing is under way any more.
func (s *session) rest(ctx context.Context) {
	if s.patience != nil && len(s.waiting) == 0 && len(s.held) == 0 && s.pending == 0 {
		s.leave(ctx)
	}
}

// sendPause is between attempts to queue a message when the queue is full.
const sendPause = 20 * time.Millisecond

// leave says goodbye; the left event ends run.
func (s *session) leave(ctx context.Context) {
	s.patience, s.interrupted = nil, nil
	c := s.conference
	switch {
	case c == nil && s.away.conference != "":
		s.giveUp()
		return
	case c == nil:
		s.over = true
		return
	}
	go func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeTime)
		defer cancel()
		_ = c.Leave(closing) // out whatever comes of it
	}()
}

// event prints an event and keeps account of what is not confirmed.
func (s *session) event(e participant.Event) {
	switch e := e.(type) {
	case participant.Delivered:
		delete(s.waiting, e.ID)
	case participant.Failed:
		delete(s.waiting, e.ID)
	case participant.Roster, participant.Problem:
		s.ready = true
	case participant.Notified:
		return // we do not ask for it
	case participant.Message:
		s.past.add(e)
	case participant.Left:
		if s.losing(e) {
			s.lose(e)
			return
		}
		s.lost = e.Err != nil
	}
	s.out.show(e)
}

// outcome is the result of a conference that is over. The left event has said why.
func (s *session) outcome() error {
	if s.lost {
		return ErrFailed
	}
	return nil
}

// line handles a line of input and tells whether it was the last one.
func (s *session) line(ctx context.Context, l line) (last bool) {
	switch {
	case errors.Is(l.err, io.EOF):
		return true
	case l.err != nil:
		s.out.show(participant.Problem{Reason: l.err.Error()})
		return true
	case strings.HasPrefix(l.text, "/"):
		return s.command(ctx, l.text)
	case l.text != "":
		s.send(ctx, participant.Message{Body: []byte(l.text)})
	}
	return false
}

// send queues a message, or holds it as long as the queue is full.
func (s *session) send(ctx context.Context, m participant.Message) {
	if s.conference == nil {
		s.problem(notThere, "not in a conference")
		return
	}
	id, err := s.conference.SendMessage(context.WithoutCancel(ctx), m)
	switch {
	case errors.Is(err, msrp.ErrQueueFull):
		s.held = append(s.held, m)
	case err != nil:
		s.out.show(participant.Problem{Status: statusOf(err), Reason: err.Error()})
	default:
		s.waiting[id] = struct{}{}
		s.out.show(sent{id: id})
		s.past.add(s.own(m, id))
	}
}

// own is a message of the user's, as the others see it.
func (s *session) own(m participant.Message, id string) participant.Message {
	m.ID, m.From, m.Time, m.Private = id, s.cfg.As, time.Now(), m.To != ""
	if m.To == "" {
		m.To = s.conference.URI()
	}
	if m.ContentType == "" {
		m.ContentType = "text/plain"
	}
	return m
}

// flush tries again to queue what is held.
func (s *session) flush(ctx context.Context) {
	held := s.held
	s.held = nil
	for _, m := range held {
		s.send(ctx, m)
	}
}

// statusOf is the MSRP status for what kept a message from being sent.
func statusOf(err error) int {
	switch {
	case errors.Is(err, participant.ErrLeft):
		return 481
	case errors.Is(err, participant.ErrType):
		return 415
	case errors.Is(err, participant.ErrMuted):
		return 403
	case errors.Is(err, msrp.ErrTooLarge):
		return 413
	}
	return 0
}
