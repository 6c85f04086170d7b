package participant

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Referral tells how far the focus, or the user himself, has got with what
// [Conference.Invite], [Conference.Remove], [Conference.End] or [Conference.Refer] asked
// for: 100 at first, and at last the final status of a SIP response. [PAR-REF-03]
type Referral struct {
	// Target is the URI that was named.
	Target string
	// Status and Reason are those of a SIP response; Status is 0 in the last Referral
	// if what came of it will never be known.
	Status int
	Reason string
	// Final says that this is the last word.
	Final bool
}

func (e Referral) octets() int { return eventSize + len(e.Target) + len(e.Reason) }

// Invite asks the focus to call users into the conference, and returns when it has
// agreed to try for all of them, or refused: the error joins a [*sip.Error] for each
// refusal. What comes of it is told by [Referral] events; of several at once, if the
// focus takes them in one request, only by the roster. [PAR-REF-01] [PAR-REF-05]
func (c *Conference) Invite(ctx context.Context, users ...string) error {
	list, err := targets(users)
	if err != nil {
		return err
	}
	return c.referAll(ctx, list)
}

// Remove asks the focus to remove users, by their URIs in the roster; see
// [Conference.Invite]. [PAR-REF-06]
func (c *Conference) Remove(ctx context.Context, users ...string) error {
	list, err := targets(users)
	if err != nil {
		return err
	}
	for i := range list {
		list[i].URI = refer.Removal(list[i].URI).URI
	}
	return c.referAll(ctx, list)
}

// End asks the focus to remove everybody and so to end the conference. It returns when
// the focus has agreed. [PAR-REF-06]
func (c *Conference) End(ctx context.Context) error {
	uri, err := sipmsg.ParseURI(c.URI())
	if err != nil {
		return fmt.Errorf("participant: conference URI: %w", err)
	}
	return c.refer(ctx, c.outgoing(c.focusURI()), refer.Order{To: refer.Removal(uri)}, c.URI())
}

// Refer asks a user himself to join the conference, and returns when he has agreed to
// try, or refused. [PAR-REF-02]
func (c *Conference) Refer(ctx context.Context, user string) error {
	list, err := targets([]string{user})
	if err != nil {
		return err
	}
	uri, err := sipmsg.ParseURI(c.URI())
	if err != nil {
		return fmt.Errorf("participant: conference URI: %w", err)
	}
	to := sipmsg.Address{URI: uri}
	to.Params = to.Params.WithFlag("isfocus") // RFC 4508: we know it of the focus
	next, err := c.ue.open(ctx, list[0].URI)
	if err != nil {
		return err
	}
	out := c.outgoing(list[0].URI)
	out.NextHop = next
	return c.refer(ctx, out, refer.Order{To: to}, user)
}

// targets reads the URIs of users.
func targets(users []string) (resourcelist.List, error) {
	var list resourcelist.List
	for _, user := range users {
		uri, err := sipmsg.ParseURI(user)
		if err != nil {
			return nil, fmt.Errorf("participant: %s: %w", user, err)
		}
		list = append(list, resourcelist.Entry{URI: uri})
	}
	if len(list) == 0 {
		return nil, errors.New("participant: nobody is named")
	}
	return resourcelist.Unite(list), nil
}

// referAll sends one REFER for all of them if the focus is known to take that, and
// else, or if it does not after all, one for each. [PAR-REF-05]
func (c *Conference) referAll(ctx context.Context, list resourcelist.List) error {
	if len(list) > 1 && c.takesLists() {
		err := c.refer(ctx, c.outgoing(c.focusURI()), refer.Order{Targets: list}, "")
		if !errors.Is(err, &sip.Error{Status: 420}) {
			return err
		}
	}
	var failed error
	for _, e := range list {
		shown := e.URI
		shown.Params = shown.Params.Without("method")
		err := c.refer(ctx, c.outgoing(c.focusURI()), refer.Order{To: sipmsg.Address{URI: e.URI}}, shown.String())
		failed = errors.Join(failed, err)
	}
	return failed
}

// takesLists reports whether the focus has announced that it takes many targets in one
// REFER. [PAR-REF-04]
func (c *Conference) takesLists() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.multiple
}

// reportsApart reports whether the focus can keep its reports out of the dialog that a
// REFER comes in.
func (c *Conference) reportsApart() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.explicit
}

func (c *Conference) focusURI() sipmsg.URI {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.focus
}

// refer sends a REFER and waits for its response. shown is the target of the events;
// empty if there will be none.
func (c *Conference) refer(ctx context.Context, out dialog.Outgoing, order refer.Order, shown string) error {
	return c.referThen(ctx, out, order, shown, nil)
}

// referThen is refer; then, if not nil, is told the final status.
func (c *Conference) referThen(
	ctx context.Context, out dialog.Outgoing, order refer.Order, shown string, then func(status int),
) error {
	select {
	case <-c.done:
		return ErrLeft
	default:
	}
	if !c.ue.cfg.Anonymous {
		order.ReferredBy = sipmsg.Address{URI: c.self.URI}.String()
	}
	order.Fields = []sipmsg.Field{{Name: "User-Agent", Value: c.ue.cfg.UserAgent}}
	r := &referring{c: c, target: shown, then: then, answered: make(chan error, 1)}
	if err := c.ue.ask(r); err != nil {
		return err
	}
	if c.options.ReferInside && out.URI.Equal(c.focusURI()) {
		if c.reportsApart() {
			order.Explicit = c.outgoing // RFC 7647 §5
		}
		c.onShard(func(c *Conference) { r.keep(c.ue.stack.Refer.ReferInside(c.session.Dialog(), order, r)) })
	} else {
		r.keep(c.ue.stack.Refer.Refer(out, order, r))
	}
	select {
	case err := <-r.answered:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// referring hears about a REFER of ours. What it is told of comes in order, from the
// shard of the REFER.
type referring struct {
	c        *Conference
	target   string
	then     func(status int) // nil: nothing
	answered chan error       // capacity 1

	// guarded by mu
	mu     sync.Mutex
	sent   *refer.Sent
	closed bool
}

// keep notes what is to be closed with the UE.
func (r *referring) keep(s *refer.Sent) {
	r.mu.Lock()
	r.sent = s
	closed := r.closed
	r.mu.Unlock()
	if closed {
		s.Close()
	}
}

// close forgets what the REFER asked for.
func (r *referring) close() {
	r.mu.Lock()
	r.closed = true
	s := r.sent
	r.mu.Unlock()
	if s != nil {
		s.Close()
	}
}

// Accepted implements [refer.Watcher].
func (r *referring) Accepted(*sipmsg.Response) { r.answered <- nil }

// Progress implements [refer.Watcher]. The final status comes with the end.
func (r *referring) Progress(status int, reason string) {
	if status < 200 {
		r.tell(Referral{Status: status, Reason: reason})
	}
}

// Ended implements [refer.Watcher].
func (r *referring) Ended(o refer.Outcome) {
	r.c.ue.asked(r)
	if o.Err != nil {
		select {
		case r.answered <- o.Err:
		default: // it had been accepted
		}
		return
	}
	e := Referral{Status: o.Status, Reason: o.Reason, Final: true}
	if o.Status < 200 {
		e.Status, e.Reason = 0, "unknown"
	}
	if r.then != nil {
		r.then(e.Status)
	}
	r.tell(e)
}

func (r *referring) tell(e Referral) {
	if r.target != "" {
		e.Target = r.target
		r.c.events.put(e)
	}
}
