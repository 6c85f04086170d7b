package ua

import (
	"context"
	"slices"

	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// senders finds the senders of requests for the responses that are left to send to them:
// the servers of sent-by (RFC 3263 §5), for its host is anything that a peer likes to
// write only where requests may go. [SEC-03]
type senders struct {
	locate *locate.Locator
	permit func(transport.Target) error // nil: everything
}

// Locate implements transport.Resolver.
func (s senders) Locate(ctx context.Context, uri sipmsg.URI) ([]transport.Target, error) {
	targets, err := s.locate.Locate(ctx, uri)
	if err != nil || s.permit == nil {
		return targets, err
	}
	return slices.DeleteFunc(slices.Clone(targets), func(to transport.Target) bool { return s.permit(to) != nil }), nil
}
