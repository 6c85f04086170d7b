package access

import (
	"github.com/confab-chat/confab/internal/identity"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Inside judges a request inside a dialog. It is the peer's own if it comes from our trust
// domain, over the connection that the dialog came over, or at least from there: a
// connection may have been closed meanwhile, or a request too large for a datagram.
// Anybody else is asked who he is, since tags alone prove nothing to who could read them,
// and must be who the dialog is with: an account gives no right to others' dialogs, and
// neither does From, of which only the tag finds the dialog. D-30 [IDN-07]
func (g *Gate) Inside(d *dialog.Dialog, req *sipmsg.Request, src transport.Source) *sip.Error {
	was := d.Source()
	if src.Flow != nil && src.Flow == was.Flow && src.Remote == was.Remote ||
		!src.Proxied && src.Remote.Addr().Unmap() == was.Remote.Addr().Unmap() || g.Trusted(src) {
		return nil
	}
	id, err := g.cfg.Identity.Identify(req, src)
	switch {
	case err != nil:
		return sip.AsError(err)
	case id.Anonymous || string(id.User) != owner(d):
		return &sip.Error{Status: 403, Reason: "Dialog of Another User"}
	}
	return nil
}

// owner is the identity that a dialog is with: that of its remote address, unless the
// peer hides behind that.
func owner(d *dialog.Dialog) string {
	if known := d.Owner(); known != "" {
		return known
	}
	return string(identity.Of(d.Remote().URI))
}
