package dialog

import (
	"slices"

	"github.com/confab-chat/confab/sip/transport"
)

// permitted leaves out the targets that are not to be dialled, judged by their
// addresses, whatever name led there. The host that a dialog came from may be dialled
// in any case: its owner has shown to be there, unless what has is a proxy of others, as
// may stand on this very host. Where nothing is left, the error is
// that of the first. [SEC-03]
func (l *Layer) permitted(targets []transport.Target, from transport.Source) ([]transport.Target, error) {
	var first error
	refused := func(to transport.Target) bool {
		if !to.Addr.IsValid() || !from.Proxied && to.Addr.Addr() == from.Remote.Addr().Unmap() {
			return false
		}
		err := l.cfg.Permit(to)
		if first == nil {
			first = err
		}
		return err != nil
	}
	if !slices.ContainsFunc(targets, refused) {
		return targets, nil
	}
	left := slices.DeleteFunc(slices.Clone(targets), refused)
	if len(left) == 0 {
		return nil, first
	}
	return left, nil
}
