package dialog

import (
	"errors"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Outcome returns the events of a request other than INVITE for who only wants to know
// what came of it: f is called once, with the final response, or with nil and the error
// of a transaction that got none. For a response other than 2xx there is an error too.
func Outcome(f func(resp *sipmsg.Response, err *sip.Error)) transaction.ClientEvents {
	done := false
	return transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, _ transport.Source) {
			if resp.Status < 200 || done {
				return
			}
			done = true
			if resp.Status < 300 {
				f(resp, nil)
			} else {
				f(resp, sip.FromResponse(resp))
			}
		},
		End: func(err error) {
			if !done {
				done = true
				f(nil, Failure(err))
			}
		},
	}
}

// Failure is what a transaction that ended without final response counts as: 408 for a
// timeout, 503 for a failing transport (RFC 3261 §8.1.3.1); an error that is a *sip.Error
// already, as that of an address that is not to be dialled, is passed on.
func Failure(err error) *sip.Error {
	var known *sip.Error
	if errors.As(err, &known) {
		return known
	}
	if err == nil || errors.Is(err, transaction.ErrTimeout) {
		return &sip.Error{Status: 408}
	}
	return &sip.Error{Status: 503, Reason: "Transport Failure", Cause: err}
}
