package dialog

import (
	"strconv"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Authorizer answers the challenges to one request of ours; a *digest.Exchange does.
// It is called on the shard.
type Authorizer interface {
	// Challenged takes a final response above 299 and tells whether the request is to
	// be repeated with credentials.
	Challenged(resp *sipmsg.Response) bool
	// Credentials returns the fields that one sending of the request carries; none
	// before the first challenge.
	Credentials(method sipmsg.Method, uri string) []sipmsg.Field
}

// Credentials returns those that the request carried when it was sent last: the ACK
// to a 2xx has the same (RFC 3261 §13.2.2.4, §22.1). A CANCEL has none, since nobody
// may challenge it.
func (o *Origin) Credentials() []sipmsg.Field { return o.credentials }

// Authorize sets what answers the challenges to the request when it is sent next.
func (o *Origin) Authorize(auth Authorizer) { o.out.Auth = auth }

// Abandon says that no challenge is to be answered any more: nobody wants what the
// request asks for.
func (o *Origin) Abandon() { o.abandoned = true }

// authorize adds credentials to a request and returns its events without the challenge
// that again answers with a new request, in the same Call-ID and with the next CSeq
// (RFC 3261 §8.1.3.5, §22.2). [PAR-GEN-03]
func (o *Origin) authorize(req *sipmsg.Request, ev transaction.ClientEvents, again func()) transaction.ClientEvents {
	if o.out.Auth == nil {
		return ev
	}
	o.credentials = o.out.Auth.Credentials(req.Method, req.URI.String())
	req.Header.Fields = append(req.Header.Fields, o.credentials...)
	repeated := false
	return transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, src transport.Source) {
			switch {
			case repeated:
			case resp.Status >= 300 && !o.closed && !o.abandoned && o.out.Auth.Challenged(resp):
				repeated = true
				again()
			case ev.Response != nil:
				ev.Response(resp, src)
			}
		},
		End: func(err error) {
			if !repeated && ev.End != nil {
				ev.End(err)
			}
		},
	}
}

// Login says how challenges to our requests inside the dialog are answered: with a new
// Authorizer for each of them. nil makes challenges final. At first it is that of
// [Config.Login] for dialogs that a peer has begun. Call it on the shard.
func (d *Dialog) Login(login func() Authorizer) { d.login = login }

// authorize adds credentials to a request inside the dialog and returns its events
// without the challenge that again answers with the next CSeq (RFC 3261 §22.2).
// [PAR-GEN-03]
func (d *Dialog) authorize(
	req *sipmsg.Request, auth Authorizer, ev transaction.ClientEvents, again func(*sipmsg.Request, transaction.ClientEvents),
) transaction.ClientEvents {
	plain := req.Clone()
	credentials := auth.Credentials(req.Method, req.URI.String())
	req.Header.Fields = append(req.Header.Fields, credentials...)
	if req.Method == sipmsg.INVITE {
		d.credentials = credentials
	}
	repeated := false
	return transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, src transport.Source) {
			switch {
			case repeated:
			case resp.Status >= 300 && d.state != Ended && auth.Challenged(resp):
				repeated = true
				d.localSeq++
				plain.Header.Set("CSeq", strconv.FormatUint(uint64(d.localSeq), 10)+" "+string(plain.Method))
				again(plain, d.authorize(plain, auth, ev, again))
			case ev.Response != nil:
				ev.Response(resp, src)
			}
		},
		End: func(err error) {
			if !repeated && ev.End != nil {
				ev.End(err)
			}
		},
	}
}
