package access

import (
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Inside judges a request inside a dialog. It is the peer's own if it comes from our trust
// domain, over the connection that the dialog came over, or at least from there: a
// connection may have been closed meanwhile, or a request too large for a datagram.
// Anybody else is asked who he is, since tags alone prove nothing to who could read them.
// D-30 [IDN-07]
func (g *Gate) Inside(d *dialog.Dialog, req *sipmsg.Request, src transport.Source) *sip.Error {
	was := d.Source()
	if src.Flow != nil && src.Flow == was.Flow && src.Remote == was.Remote ||
		!src.Proxied && src.Remote.Addr().Unmap() == was.Remote.Addr().Unmap() || g.Trusted(src) {
		return nil
	}
	if _, err := g.cfg.Identity.Identify(req, src); err != nil {
		return sip.AsError(err)
	}
	return nil
}
