package participant

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// call places calls until one succeeds or nothing is left to try.
func (u *UE) call(ctx context.Context, text string, o Options) (*Conference, error) {
	uri, err := sipmsg.ParseURI(text)
	if err != nil {
		return nil, fmt.Errorf("participant: conference URI: %w", err)
	}
	if !uri.IsSIP() {
		return nil, errors.New("participant: conference URI is no SIP URI")
	}
	list, err := u.recipients(o.Invite)
	if err != nil {
		return nil, err
	}
	t := trial{uri: uri, list: list, parts: o.parts}
	for {
		c, err := u.place(ctx, &t, o)
		if err == nil {
			c.inviteLater(ctx, t.later)
			return c, nil
		}
		if !t.again(ctx, err) {
			return nil, err
		}
	}
}

// place places one call.
func (u *UE) place(ctx context.Context, t *trial, o Options) (*Conference, error) {
	next, err := u.open(ctx, t.uri)
	if err != nil {
		return nil, err
	}
	if o.ordinary {
		if err = u.openMedia(ctx); err != nil {
			return nil, err
		}
	}
	c := u.newConference(t.uri, next, o)
	if err = u.begin(c); err != nil {
		return nil, err
	}
	offer, err := c.firstOffer(ctx)
	if err != nil {
		close(c.done)
		u.remove(c)
		return nil, err
	}
	out := c.outgoing(t.uri)
	t.compose(&out, offer)
	if o.Subject != "" {
		out.Fields = append(out.Fields, sipmsg.Field{Name: "Subject", Value: o.Subject})
	}
	if o.Replaces != "" {
		out.Fields = append(out.Fields, sipmsg.Field{Name: "Replaces", Value: o.Replaces})
	}
	out.Fields = append(out.Fields, o.fields...)
	if u.cfg.Preconditions == RequirePreconditions {
		out.Fields = append(out.Fields, sipmsg.Field{Name: "Require", Value: preconditionTag})
	}
	call := u.stack.Invite.Invite(out, caller{c})
	select {
	case err = <-c.outcome:
	case <-ctx.Done():
		err = ctx.Err()
	case <-u.closing:
		err = ErrClosed
	}
	if err == nil {
		err = u.joined(c)
	}
	if err != nil {
		c.abandon(call)
		return nil, err
	}
	return c, nil
}

func (u *UE) newConference(uri sipmsg.URI, next sipmsg.URI, o Options) *Conference {
	policy := u.cfg.Media.policy()
	if o.ordinary {
		policy.Reach = sdp.ReachBoth
	}
	events := newQueue(u.shut)
	return &Conference{
		ue: u, log: u.cfg.Log, self: u.identity, dialled: uri, options: o, next: next,
		events: events, writers: &writers{events: events}, outcome: make(chan error, 1),
		done: make(chan struct{}), quiet: make(chan struct{}),
		seen:    msrp.NewSeen(seenIDs, seenAge),
		talk:    negotiation(policy),
		unbound: true,
		pending: outbox{},
	}
}

// negotiation begins the exchange of descriptions in a dialog.
func negotiation(p sdp.Policy) sdp.Negotiation {
	return sdp.Negotiation{ID: rand.Uint64() >> 2, Policy: p} //nolint:gosec // a session identifier need not be unguessable
}

// outgoing describes a request outside dialogs.
func (c *Conference) outgoing(uri sipmsg.URI) dialog.Outgoing {
	return c.ue.outgoing(c.self, uri, c.next)
}

// outgoing describes a request outside dialogs, which leaves by a next hop.
func (u *UE) outgoing(from sipmsg.Address, uri, next sipmsg.URI) dialog.Outgoing {
	out := dialog.Outgoing{URI: uri, From: from, Contact: u.contact(uri.Scheme == "sips"), NextHop: next}
	u.hide(&out)
	u.routeBy(&out)
	if u.login != nil {
		out.Auth = u.login.Exchange() // [PAR-GEN-03]
		out.Login = func() dialog.Authorizer { return u.login.Exchange() }
	}
	return out
}

// settle tells who waits what became of the call; only the first outcome counts.
func (c *Conference) settle(err error) {
	select {
	case c.outcome <- err:
	default:
	}
}

// abandon gives the call up: CANCEL or, if it has been answered, BYE. [PAR-LVE-03]
func (c *Conference) abandon(call *invite.Call) {
	c.ue.stack.Dialog.Do(call.CallID(), func() {
		c.abandoned = true
		if c.session != nil {
			c.session.Bye()
			return
		}
		call.Cancel()
	})
}

// caller hears what becomes of the INVITE.
type caller struct{ c *Conference }

// Progress implements [invite.CallHandler].
func (h caller) Progress(*sipmsg.Response) {}

// Failed implements [invite.CallHandler].
func (h caller) Failed(err error) {
	c := h.c
	c.settle(err)
	c.finish(Left{Reason: err.Error(), Err: err})
}

// Answered implements [invite.CallHandler].
func (h caller) Answered(s *invite.Session, resp *sipmsg.Response, answer []byte) (invite.SessionHandler, invite.Answer) {
	c := h.c
	c.session = s
	if c.abandoned {
		s.Bye()
	} else if err := c.begin(resp, answer); err != nil {
		c.settle(err)
		s.Bye()
	}
	return party{c}, invite.Answer{}
}

// begin opens the conference that a 2xx has admitted us to.
func (c *Conference) begin(resp *sipmsg.Response, answer []byte) error {
	focus, conference := focusOf(resp)
	switch {
	case conference:
	case c.options.ordinary && !focus.IsZero():
		c.options.NoSubscribe = true // nor any other feature of conferences [PAR-GEN-02]
	default:
		return ErrNoFocus
	}
	c.mu.Lock()
	c.focus, c.canonical = focus, c.spelling(resp, focus)
	c.learn(&resp.Header)
	c.mu.Unlock()
	if stream, ok := c.adopt(c.session.ID().Remote); ok {
		if err := c.agree(sdp.EffectNew, stream); err != nil {
			return err
		}
	} else if err := c.accept(answer); err != nil {
		return err
	}
	c.unready = false
	c.options.NoSubscribe = c.options.NoSubscribe || !offersRoster(&resp.Header)
	c.follow()
	return nil
}

// learn notes what the focus says that it can do with REFERs. [PAR-REF-04]
func (c *Conference) learn(h *sipmsg.Header) {
	c.multiple = h.HasToken("Supported", "multiple-refer")
	c.explicit = h.HasToken("Supported", "explicitsub")
}

// follow begins to follow the roster, if that is wanted.
func (c *Conference) follow() {
	if c.options.NoSubscribe {
		c.hush()
		return
	}
	c.onShard((*Conference).subscribe) // behind the ACK
}

// focusOf returns the Contact of a 2xx, and whether it is that of a focus (RFC 4579
// §3.4). [PAR-GEN-02]
func focusOf(resp *sipmsg.Response) (contact sipmsg.URI, focus bool) {
	contacts, err := resp.Header.Contacts()
	if err != nil || len(contacts) != 1 {
		return sipmsg.URI{}, false
	}
	return contacts[0].URI, contacts[0].Params.Has("isfocus")
}

// spelling is the conference's own URI as far as the 2xx tells: a focus whose Contact
// is an address of the moment asserts its identity beside that, to those it trusts.
// Else it is what was dialled, unless that was a factory. The roster will say.
func (c *Conference) spelling(resp *sipmsg.Response, focus sipmsg.URI) string {
	asserted, err := resp.Header.AssertedIdentities()
	if err != nil {
		asserted = nil
	}
	for _, a := range append(asserted, sipmsg.Address{URI: c.dialled}) {
		if a.URI.IsSIP() && a.URI.User == focus.User {
			return a.URI.Address().String()
		}
	}
	return ""
}

// offersRoster tells whether the focus may serve the conference event package: it
// does unless it says what it serves and leaves that out. [PAR-SUB-01]
func offersRoster(h *sipmsg.Header) bool {
	return !h.Has("Allow-Events") || h.HasToken("Allow-Events", conferencePackage)
}
