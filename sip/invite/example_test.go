package invite_test

import (
	"fmt"
	"sync/atomic"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// host lets callers in as long as there is room. Calls come in on several shards at a
// time. A whole program that calls such a handler is in package ua.
type host struct{ guests atomic.Int32 }

func (h *host) Invite(in *invite.Incoming) {
	if h.guests.Add(1) > 10 {
		h.guests.Add(-1)
		in.Reject(&sip.Error{Status: 486})
		return
	}
	in.Accept(invite.Answer{Body: in.Request().Body}, guest{h})
}

// guest is the session of one caller.
type guest struct{ host *host }

func (g guest) Confirmed(*sipmsg.Request) {}
func (g guest) Reoffer(r *invite.Reoffer) { r.Reject(&sip.Error{Status: 488}) }
func (g guest) Ended(end invite.End) {
	g.host.guests.Add(-1)
	fmt.Println("gone:", end.Cause)
}

func ExampleHandler() {
	var _ invite.Handler = &host{}
}
