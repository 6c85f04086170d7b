package event

import (
	"strconv"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// hour is the duration from which on 423 may not be sent (RFC 6665 §4.2.1.1).
const hour = 3600

// Package says how we serve an event package as its notifier.
type Package struct {
	// Name as in Event, for example "conference".
	Name string
	// Expires, in seconds, is granted to who asks for nothing; 0 means 3600.
	Expires uint32
	// MinExpires is the shortest duration in seconds that is granted, at most 3600.
	MinExpires uint32
	// MaxExpires is the longest one; 0 means Expires.
	MaxExpires uint32
	// Own, if set, tells which Request-URIs are resources that only the package knows
	// of. [Config.Screen] is not asked about those: its Notifier finds out who asks.
	Own func(sipmsg.URI) bool
	// Notifier decides about subscriptions.
	Notifier Notifier
}

// Notifier decides about new subscriptions to a package.
type Notifier interface {
	// Subscribe is called on the shard of the Call-ID. in is answered now or later.
	Subscribe(in *Incoming)
}

func (p Package) withDefaults() Package {
	if p.Expires == 0 {
		p.Expires = hour
	}
	if p.MaxExpires == 0 {
		p.MaxExpires = p.Expires
	}
	p.MinExpires = min(p.MinExpires, hour)
	return p
}

// owns reports whether only the package knows of a Request-URI; p may be nil.
func (p *Package) owns(uri sipmsg.URI) bool { return p != nil && p.Own != nil && p.Own(uri) }

// grant settles the duration of a subscription (RFC 6665 §4.2.1.1). [NOT-SUB-05]
func (p *Package) grant(h *sipmsg.Header) (uint32, *sip.Error) {
	asked, ok := h.Expires()
	if !ok {
		// Absent, unreadable and too large mean the default.
		return min(p.Expires, p.MaxExpires), nil
	}
	if asked > 0 && asked < p.MinExpires {
		return 0, &sip.Error{Status: 423, Header: []sipmsg.Field{
			{Name: "Min-Expires", Value: strconv.FormatUint(uint64(p.MinExpires), 10)},
		}}
	}
	return min(asked, p.MaxExpires), nil
}
