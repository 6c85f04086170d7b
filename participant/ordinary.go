package participant

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/confab-chat/confab/sip/refer"
)

// Call calls a user himself, for an ordinary session of two: a [Conference] without
// roster, nicknames and everything else that needs a focus, whose URI is that of the
// other. If a focus answers it is a conference. See [UE.Join]. [PAR-GEN-02]
func (u *UE) Call(ctx context.Context, user string, o Options) (*Conference, error) {
	o.ordinary = true
	return u.call(ctx, user, o)
}

// openMedia opens, once, the listener on which the callees of ordinary sessions connect:
// somebody has to, and they may be unable to.
func (u *UE) openMedia(ctx context.Context) error {
	u.opening.Lock()
	defer u.opening.Unlock()
	if u.mediaPort() != 0 {
		return nil
	}
	network := "tcp"
	if u.cfg.Media.Secure {
		network = "tls"
	}
	l, err := u.media.Listen(ctx, network, netip.AddrPortFrom(u.address().Addr(), 0).String())
	if err != nil {
		return fmt.Errorf("participant: listen: %w", err)
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.listener = l
	return nil
}

// mediaPort is the port of the listener; 0 without one.
func (u *UE) mediaPort() uint16 {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.listener == nil {
		return 0
	}
	return u.listener.Addr().Port()
}

// Take moves a session of two into the conference, with which it becomes one of three:
// the focus is asked to call the other in place of that session, which ends when he is
// in, and else goes on. It returns when the focus has agreed to try, or refused; what
// comes of it is told by [Referral] events. [PAR-CRE-07]
func (c *Conference) Take(ctx context.Context, session *Conference) error {
	to := session.dialled
	if session.confirm != nil { // the other has called us
		to = session.focusURI()
	}
	to.Params, to.Headers = to.Params.Without("method"), nil
	order := refer.Order{To: refer.Replacing(to, session.replaces())}
	return c.referThen(ctx, c.outgoing(c.focusURI()), order, to.String(), func(status int) {
		if status >= 200 && status < 300 {
			session.session.Bye() // unless the other has said it already
		}
	})
}
