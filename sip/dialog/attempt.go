package dialog

import (
	"errors"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// attempt is a request on its way to the first of several targets that serves it
// (RFC 3263 §4.3). It lives on the shard.
type attempt struct {
	// fixed after construction
	layer  *Layer
	events transaction.ClientEvents
	sent   func(*transaction.ClientTx) // may be nil; called for each try
	// unwanted reports that no other target is to be tried; nil: all are.
	unwanted func() bool
	// failed is called for each target that failed; may be nil.
	failed func()
	// last, if it names a flow, is tried when the request reached none of the targets;
	// exhausted is called then.
	last      transport.Target
	exhausted func()

	targets []transport.Target // still to be tried
}

// next sends the request to the next target: under a new branch, else unchanged.
func (a *attempt) next(req *sipmsg.Request) {
	to := a.targets[0]
	a.targets = a.targets[1:]
	ev := a.events
	if len(a.targets) > 0 || a.last.Flow != nil {
		ev = a.try(req.Clone(), to)
	} else if to.Host != "" {
		ev = a.try(nil, to)
	}
	a.send(req, to, ev)
}

func (a *attempt) send(req *sipmsg.Request, to transport.Target, ev transaction.ClientEvents) {
	tx := a.layer.tl.Send(req, to, ev)
	if a.sent != nil {
		a.sent(tx)
	}
}

// try returns the events of one try. again is the request for the next one, nil if
// there is none.
//
// RFC 3263 §4.3: a 503, a failing transport and a transaction without any response are
// failures of the target. Once there was another provisional response than 100, the
// request has gone further than that.
func (a *attempt) try(again *sipmsg.Request, to transport.Target) transaction.ClientEvents {
	heard, served, over := false, false, false
	return transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, src transport.Source) {
			heard = true
			if resp.Status == 503 && !served && !over {
				a.fail(to, retryAfter(resp))
				if over = a.move(again); over {
					return
				}
			}
			served = served || resp.Status > 100
			if a.events.Response != nil && !over {
				a.events.Response(resp, src)
			}
		},
		End: func(err error) {
			if over {
				return
			}
			if !heard && failing(err) {
				a.fail(to, 0)
				if a.move(again) || unreachable(err) && a.retreat(again) {
					return
				}
			}
			if a.events.End != nil {
				a.events.End(err)
			}
		},
	}
}

func (a *attempt) fail(to transport.Target, retry time.Duration) {
	if to.Flow == nil {
		a.layer.resolver.Failed(to, retry)
	}
	if a.failed != nil {
		a.failed()
	}
}

// move sends the request to the next target, if there is one and somebody still wants it.
func (a *attempt) move(again *sipmsg.Request) bool {
	if again == nil || len(a.targets) == 0 || a.unwanted != nil && a.unwanted() {
		return false
	}
	a.next(again)
	return true
}

// retreat sends a request that reached nobody over the flow that is left.
func (a *attempt) retreat(again *sipmsg.Request) bool {
	if again == nil || a.last.Flow == nil {
		return false
	}
	a.exhausted()
	to := a.last
	a.last = transport.Target{}
	a.send(again, to, a.events)
	return true
}

// failing tells whether a transaction ended for want of a peer.
func failing(err error) bool { return unreachable(err) || errors.Is(err, transaction.ErrTimeout) }

// unreachable tells whether a request never left.
func unreachable(err error) bool {
	var e *transaction.Error
	return errors.As(err, &e) && e.Status == 503
}

// retryAfter is how long a 503 asks to be left alone (RFC 3261 §21.5.4).
func retryAfter(resp *sipmsg.Response) time.Duration {
	return sip.FromResponse(resp).RetryAfter
}
