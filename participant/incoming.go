package participant

import (
	"context"
	"errors"
	"net/netip"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// ErrUncallable says that nobody can connect to a UE over TLS or WebSocket, and that it
// has no connection of its own yet.
var ErrUncallable = errors.New("participant: only UDP and TCP can be waited on for calls")

// waiting is how many invitations wait for the application at most.
const waiting = 16

// Listen opens the UE for invitations, which [UE.Incoming] delivers from now on, and
// returns the address at which it is reached. Before it, and without it, whoever
// invites is answered 480. Over TLS and WebSocket invitations come by the connection
// of an earlier call only.
func (u *UE) Listen(ctx context.Context) (netip.AddrPort, error) {
	var err error
	switch {
	case u.address().IsValid():
	case u.cfg.unreachable():
		return netip.AddrPort{}, ErrUncallable
	case u.cfg.Listen != "":
		err = u.bind(ctx, netip.AddrPort{})
	default:
		_, err = u.open(ctx, u.identity.URI)
	}
	if err != nil {
		return netip.AddrPort{}, err
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closed {
		return netip.AddrPort{}, ErrClosed
	}
	u.invitable = true
	return u.local, nil
}

// Incoming returns the channel of invitations. It is never closed. Of more than 16
// that nobody has fetched further ones are answered 486.
func (u *UE) Incoming() <-chan *Invitation { return u.incoming }

// Contact returns the URI by which the UE is called, empty before there is an address.
func (u *UE) Contact() string {
	if !u.address().IsValid() {
		return ""
	}
	a, err := sipmsg.ParseAddress(u.contact(false))
	if err != nil {
		return ""
	}
	return a.URI.String()
}

// offer hands an invitation to the application. The error is the answer if that
// cannot be done. [PAR-INC-06]
func (u *UE) offer(i *Invitation) *sip.Error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if !u.invitable || u.closed {
		return &sip.Error{Status: 480}
	}
	select {
	case u.incoming <- i:
		u.invitations[i] = true
		return nil
	default:
		return &sip.Error{Status: 486}
	}
}

// settled forgets an invitation that was decided.
func (u *UE) settled(i *Invitation) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.invitations, i)
}

// door is where others knock: the UE as handler of INVITE and REFER.
type door struct{ u *UE }

// others reads who else was invited, and whether a message to all of them is seemly:
// not for a blind copy, who is not among them (RFC 5364 §4). [PAR-INC-03]
func (u *UE) others(parts []sipmsg.Part, called sipmsg.URI) (others []Other, replyAll bool) {
	for _, e := range resourcelist.Histories(parts, resourcelist.Limits{}) {
		if at := e.URI.Address(); at.Equal(u.identity.URI.Address()) || at.Equal(called) {
			replyAll = e.Copy != resourcelist.BCC
			continue
		}
		others = append(others, Other{URI: e.URI.String(), Copy: e.Copy.String(), Count: max(e.Count, 1)})
	}
	return others, replyAll
}

// referrer is the URI of who invites, as Referred-By says.
func referrer(h *sipmsg.Header) string {
	by, err := h.ReferredBy()
	if err != nil {
		return ""
	}
	return by.URI.String()
}
