package event

import (
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// Body of a NOTIFY. The zero value is no body.
type Body struct {
	ContentType string
	// Data is shared, not copied: it is not changed afterwards.
	Data []byte
}

// Pull says what the NOTIFY is for whose body a [Feed] is asked.
type Pull struct {
	// Full asks for the whole state: the subscriber has nothing to build upon, because
	// it has just subscribed or refreshed, or because a NOTIFY failed. [NOT-NFY-07]
	Full bool
	// Must says that the NOTIFY leaves in any case, if need be without body: after a
	// 2xx to SUBSCRIBE, and as the last one.
	Must bool
	// Final is set for the NOTIFY that ends the subscription, with its reason.
	Final  bool
	Reason Reason
}

// Feed is what a notifier gives each subscription to draw its NOTIFYs from. It is
// called on the shard of the subscription's Call-ID and must not block.
type Feed interface {
	// Next returns the body of the NOTIFY that leaves now; false means there is
	// nothing to tell (any more). After [Subscription.Changed] it is asked as soon as
	// no other NOTIFY is open.
	Next(p Pull) (Body, bool)
	// Refresh is asked about each refresh before it is granted, unsubscriptions
	// excepted. A 403 or 603 ends the subscription with reason rejected. [NOT-SUB-08]
	Refresh(req *sipmsg.Request, src transport.Source) *sip.Error
	// Ended is called exactly once, as soon as it is certain that the subscription
	// ends and before the final NOTIFY is asked for, if there is one.
	Ended(t Termination)
}
