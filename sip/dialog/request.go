package dialog

import (
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// NewRequest makes the dialog's next request (RFC 3261 §12.2.1.1): Request-URI and
// Route from the route set, the next CSeq, and for target refresh requests Contact.
func (d *Dialog) NewRequest(m sipmsg.Method) *sipmsg.Request {
	d.localSeq++
	return d.request(m, d.localSeq)
}

// NewAck makes the ACK to a 2xx of the INVITE whose CSeq number is seq (RFC 3261
// §13.2.2.4). If that was sent inside the dialog with credentials it has the same (§22.1).
func (d *Dialog) NewAck(seq uint32) *sipmsg.Request {
	ack := d.request(sipmsg.ACK, seq)
	ack.Header.Fields = append(ack.Header.Fields, d.credentials...)
	return ack
}

func (d *Dialog) request(m sipmsg.Method, seq uint32) *sipmsg.Request {
	req := &sipmsg.Request{Method: m}
	route := d.address(req)
	fields := make([]sipmsg.Field, 0, 12)
	// COM-10: every request of ours starts with 70. [COM-10]
	fields = append(fields, sipmsg.Field{Name: "Max-Forwards", Value: "70"})
	if route != "" {
		fields = append(fields, sipmsg.Field{Name: "Route", Value: route})
	}
	fields = append(fields,
		sipmsg.Field{Name: "From", Value: d.local},
		sipmsg.Field{Name: "To", Value: d.remote},
		sipmsg.Field{Name: "Call-ID", Value: d.id.CallID},
		sipmsg.Field{Name: "CSeq", Value: strconv.FormatUint(uint64(seq), 10) + " " + string(m)},
	)
	if refreshesTarget(m) && d.contact != "" {
		fields = append(fields, sipmsg.Field{Name: "Contact", Value: d.contact})
	}
	if m != sipmsg.ACK {
		fields = d.layer.supported(fields)
	}
	// RFC 7315 §4.6.1: the same identifier throughout the dialog. [CHG-01]
	if d.charging != "" && m != sipmsg.ACK {
		fields = append(fields, sipmsg.Field{Name: chargingVector, Value: d.charging})
	}
	req.Header.Fields = fields
	return req
}

// address sets the Request-URI and returns the Route value.
func (d *Dialog) address(req *sipmsg.Request) string {
	if len(d.routes) == 0 {
		req.URI = d.Target()
		return ""
	}
	first, err := sipmsg.ParseURI(d.routes[0])
	if err != nil || isLoose(first) {
		req.URI = d.Target()
		return bracketed(d.routes)
	}
	// RFC 3261 §12.2.1.1: a strict router stands in the Request-URI, without what
	// is not allowed there, and the remote target goes to the end. [COM-12]
	first.Headers = nil
	first.Params = first.Params.Without("method")
	req.URI = first
	return bracketed(append(append([]string(nil), d.routes[1:]...), d.target))
}

func isLoose(u sipmsg.URI) bool {
	return u.Params.Has("lr")
}

func bracketed(uris []string) string {
	return "<" + strings.Join(uris, ">, <") + ">"
}

// Send sends a request made by [Dialog.NewRequest]. Requests of a dialog leave in
// the order of these calls, also while a host name is being resolved. What cannot
// be sent at all is reported by ev.End.
func (d *Dialog) Send(req *sipmsg.Request, ev transaction.ClientEvents) {
	d.SendInvite(req, ev, nil)
}

// SendInvite is Send for a request that may have to be cancelled: its transaction is
// handed to sent, if that is not nil, as soon as there is one.
func (d *Dialog) SendInvite(
	req *sipmsg.Request, ev transaction.ClientEvents, sent func(*transaction.ClientTx),
) {
	dispatch := func(req *sipmsg.Request, ev transaction.ClientEvents) { d.dispatch(req, ev, sent) }
	if d.login != nil {
		ev = d.authorize(req, d.login(), ev, dispatch)
	}
	dispatch(req, ev)
}

// dispatch sends a request as it is.
func (d *Dialog) dispatch(req *sipmsg.Request, ev transaction.ClientEvents, sent func(*transaction.ClientTx)) {
	d.route(func(to []transport.Target, err error) {
		if err != nil {
			if ev.End != nil {
				ev.End(err)
			}
			return
		}
		d.transmit(req, to, d.refreshing(req.Method, ev), sent)
	})
}

// refreshing lets the 2xx to a target refresh request of ours take effect
// (RFC 3261 §12.2.1.2).
func (d *Dialog) refreshing(m sipmsg.Method, ev transaction.ClientEvents) transaction.ClientEvents {
	if !refreshesTarget(m) {
		return ev
	}
	inner := ev.Response
	ev.Response = func(resp *sipmsg.Response, src transport.Source) {
		if resp.Status >= 200 && resp.Status < 300 {
			if target, err := remoteTarget(&resp.Header); err == nil {
				d.target = clip(d.target, target.String())
			}
		}
		if inner != nil {
			inner(resp, src)
		}
	}
	return ev
}

// SendAck sends an ACK made by [Dialog.NewAck].
func (d *Dialog) SendAck(ack *sipmsg.Request) {
	d.route(func(to []transport.Target, err error) {
		if err == nil {
			d.layer.tl.SendAck(ack, to[0])
		}
	})
}

// refreshesTarget tells whether a request of the method, accepted, replaces the
// remote target (RFC 3261 §12.2, RFC 3311 §5.1, RFC 6665 §3.1, RFC 3515 §2.2).
func refreshesTarget(m sipmsg.Method) bool {
	switch m {
	case sipmsg.INVITE, sipmsg.UPDATE, sipmsg.SUBSCRIBE, sipmsg.NOTIFY, sipmsg.REFER:
		return true
	default:
		return false
	}
}
