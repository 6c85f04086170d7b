package participant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const (
	// redirects is how many addresses a call is led to at most.
	redirects = 5
	// retryLater is the longest Retry-After of a 503 that is waited for.
	retryLater = 30 * time.Second
	// retryGlare is the pause after a 491.
	retryGlare = time.Second

	listExtension = "recipient-list-invite"
)

// trial is a call to be placed, as far as earlier attempts have changed it.
type trial struct {
	uri     sipmsg.URI
	list    resourcelist.List // in the INVITE
	parts   []sipmsg.Part     // further ones of the body
	later   resourcelist.List // by REFER, as the focus takes none in the INVITE
	visited []sipmsg.URI
	waited  bool
	glared  bool
}

// recipients reads the list of a new conference: each once, and not ourselves.
// [PAR-CRE-04]
func (u *UE) recipients(all []Invitee) (resourcelist.List, error) {
	var list resourcelist.List
	for _, who := range all {
		uri, err := sipmsg.ParseURI(who.URI)
		if err != nil {
			return nil, fmt.Errorf("participant: %s: %w", who.URI, err)
		}
		if uri.Address().Equal(u.identity.URI.Address()) {
			continue
		}
		e := resourcelist.Entry{URI: uri, Display: who.Display, Anonymize: who.Anonymous}
		switch who.Copy {
		case "to":
			e.Copy = resourcelist.To
		case "cc":
			e.Copy = resourcelist.CC
		case "", "bcc":
		default:
			return nil, fmt.Errorf("participant: %s: copy control %q is none of to, cc, bcc", who.URI, who.Copy)
		}
		list = append(list, e)
	}
	return resourcelist.Unite(list), nil
}

// compose puts the offer, and the list if there is one, into the INVITE. [PAR-CRE-04]
func (t *trial) compose(out *dialog.Outgoing, offer []byte) {
	out.Body = offer
	session := sipmsg.Part{Body: offer}
	session.Header.Add("Content-Type", "application/sdp")
	parts := append([]sipmsg.Part{session}, t.parts...)
	if len(t.list) > 0 {
		parts = append(parts, t.list.Part(resourcelist.RecipientList))
		out.Fields = append(out.Fields, sipmsg.Field{Name: "Require", Value: listExtension})
	}
	if len(parts) == 1 {
		return
	}
	boundary := sipid.Token(20)
	out.ContentType = "multipart/mixed;boundary=" + boundary
	out.Body = sipmsg.AppendMultipart(nil, boundary, parts)
}

// again tells whether a refused call is worth another attempt, made as the refusal
// says, and waits until it is time for it. [PAR-GEN-03]
func (t *trial) again(ctx context.Context, err error) bool {
	var refused *sip.Error
	if !errors.As(err, &refused) {
		return false
	}
	h := sipmsg.Header{Fields: refused.Header}
	switch {
	case refused.Status < 400:
		return t.follow(&h)
	case refused.Status == 420 && len(t.list) > 0 && h.HasToken("Unsupported", listExtension):
		// RFC 5366 §3.2: without the list, and then one by one. [PAR-CRE-05]
		t.later, t.list = t.list, nil
		return true
	case refused.Status == 491 && !t.glared:
		t.glared = true
		return pause(ctx, retryGlare)
	case refused.Status == 503 && !t.waited && refused.RetryAfter > 0 && refused.RetryAfter <= retryLater:
		t.waited = true
		return pause(ctx, refused.RetryAfter)
	}
	return false
}

// follow goes where a 3xx leads: to the best Contact where we have not been, with the
// same body (RFC 3261 §8.1.3.4).
func (t *trial) follow(h *sipmsg.Header) bool {
	contacts, err := h.Contacts()
	if err != nil || len(t.visited) == redirects {
		return false
	}
	t.visited = append(t.visited, t.uri)
	slices.SortStableFunc(contacts, func(a, b sipmsg.Address) int { return cmp.Compare(preference(b), preference(a)) })
	for _, c := range contacts {
		uri := c.URI
		uri.Headers = nil
		if uri.IsSIP() && !slices.ContainsFunc(t.visited, uri.Equal) {
			t.uri = uri
			return true
		}
	}
	return false
}

// preference is the q of a Contact.
func preference(a sipmsg.Address) float64 {
	v, ok := a.Params.Lookup("q")
	q, err := strconv.ParseFloat(v, 64)
	if !ok || err != nil {
		return 1
	}
	return q
}

// pause waits; false if ctx is over before.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// inviteLater asks for those whom the focus has not taken in the INVITE. Refusals are
// told by events: the conference stands. [PAR-CRE-05]
func (c *Conference) inviteLater(ctx context.Context, list resourcelist.List) {
	if len(list) == 0 {
		return
	}
	if err := c.referAll(ctx, list); err != nil {
		c.events.put(Problem{Status: sip.AsError(err).Status, Reason: "not all could be invited: " + err.Error()})
	}
}
