package dialog

import (
	"slices"
	"strconv"
	"strings"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Outgoing describes a request of ours that belongs to no dialog.
type Outgoing struct {
	Method sipmsg.Method
	// URI is the Request-URI.
	URI sipmsg.URI
	// From without tag; To may be zero, which means URI.
	From, To sipmsg.Address
	// Contact is our Contact value; empty leaves it out.
	Contact string
	// Routes is the pre-loaded route set (RFC 3261 §8.1.2).
	Routes []sipmsg.URI
	// Fields go into the request as they are.
	Fields []sipmsg.Field
	// ContentType and Body; no body if ContentType is empty.
	ContentType string
	Body        []byte
	// Auth answers challenges to the request, and to no other; nil: they are final.
	Auth Authorizer
	// Login gives what answers challenges to later requests in the dialogs that grow
	// from this one; see [Dialog.Login].
	Login func() Authorizer
	// Charging is the P-Charging-Vector value of this request and of later ones in its
	// dialogs, for a next hop that is trusted; else empty. [CHG-01]
	Charging string
	// NextHop, if it is set, is the URI that leads to where the request goes, instead
	// of the first route or the Request-URI.
	NextHop sipmsg.URI
	// Target, if it names a flow or an address, is where the request goes, and nothing
	// has to be found out.
	Target transport.Target
}

// Origin is a dialog-forming request of ours and what grows from it: several dialogs
// if it forks (RFC 3261 §12.1.2, RFC 6665 §4.4.1).
type Origin struct {
	layer *Layer

	// fixed after construction
	callID string
	tag    string
	out    Outgoing

	// Receive is offered requests that carry our tag but belong to no dialog yet, for
	// example a NOTIFY that overtakes the 200 to SUBSCRIBE. It tells whether it took
	// the request. Set before [Origin.Send].
	Receive func(tx *transaction.ServerTx) bool

	// owned by the shard
	seq         uint32
	dialogs     []*Dialog
	credentials []sipmsg.Field // of the request sent last
	abandoned   bool
	crowded     bool // a 2xx was dropped because there were too many
	closed      bool
}

// Originate prepares a dialog-forming request under a new Call-ID and tag. It may be
// called from any goroutine; the rest is done on the shard, which [Origin.Do] finds.
func (l *Layer) Originate(out Outgoing) *Origin {
	return &Origin{layer: l, callID: sipid.NewCallID(), tag: sipid.NewTag(), out: out}
}

// CallID returns the Call-ID. It may be called from any goroutine.
func (o *Origin) CallID() string { return o.callID }

// Do runs f on the origin's shard. It may be called from any goroutine.
func (o *Origin) Do(f func()) { o.layer.Do(o.callID, f) }

// Send sends the request, with fields added, and hands its transaction to sent. It
// may be called again after a failure that asks for another try (401, 423): then with
// the next CSeq, in the same Call-ID (RFC 3261 §8.1.3.5).
func (o *Origin) Send(ev transaction.ClientEvents, sent func(*transaction.ClientTx), fields ...sipmsg.Field) {
	o.seq++
	o.layer.table.addOrigin(o)
	req := o.request()
	for _, f := range fields {
		req.Header.Set(f.Name, f.Value)
	}
	events := o.authorize(req, ev, func() { o.Send(ev, sent, fields...) })
	o.route(func(to []transport.Target, err error) {
		if err != nil {
			events.End(err)
			return
		}
		a := attempt{layer: o.layer, targets: to, events: events, sent: sent, unwanted: o.unwanted}
		a.next(req)
	})
}

// Tag returns our tag. It may be called from any goroutine.
func (o *Origin) Tag() string { return o.tag }

// Body returns the body of the request, which must not be changed.
func (o *Origin) Body() []byte { return o.out.Body }

// Seq returns the CSeq number of the request sent last.
func (o *Origin) Seq() uint32 { return o.seq }

func (o *Origin) request() *sipmsg.Request {
	from := o.out.From
	from.Params = from.Params.With("tag", o.tag)
	to := o.out.To
	if to.URI.Scheme == "" {
		to = sipmsg.Address{URI: o.out.URI}
	}
	fields := make([]sipmsg.Field, 0, 10+len(o.out.Fields))
	fields = append(fields, sipmsg.Field{Name: "Max-Forwards", Value: "70"})
	req := &sipmsg.Request{Method: o.out.Method, URI: o.out.URI}
	if route := o.preload(req); route != "" {
		fields = append(fields, sipmsg.Field{Name: "Route", Value: route})
	}
	fields = append(fields,
		sipmsg.Field{Name: "From", Value: from.String()},
		sipmsg.Field{Name: "To", Value: to.String()},
		sipmsg.Field{Name: "Call-ID", Value: o.callID},
		sipmsg.Field{Name: "CSeq", Value: strconv.FormatUint(uint64(o.seq), 10) + " " + string(o.out.Method)},
	)
	if o.out.Contact != "" {
		fields = append(fields, sipmsg.Field{Name: "Contact", Value: o.out.Contact})
	}
	fields = o.layer.supported(append(fields, o.out.Fields...))
	if o.out.Charging != "" {
		fields = append(fields, sipmsg.Field{Name: chargingVector, Value: o.out.Charging})
	}
	if o.out.ContentType != "" {
		fields = append(fields, sipmsg.Field{Name: "Content-Type", Value: o.out.ContentType})
		req.Body = o.out.Body
	}
	req.Header.Fields = fields
	return req
}

// preload treats the pre-loaded route set like that of a dialog (RFC 3261 §8.1.1.1).
func (o *Origin) preload(req *sipmsg.Request) string {
	if len(o.out.Routes) == 0 {
		return ""
	}
	d := Dialog{target: o.out.URI.String()}
	for _, r := range o.out.Routes {
		d.routes = append(d.routes, r.String())
	}
	return d.address(req)
}

// unwanted reports that nobody waits for what the request asks for any more.
func (o *Origin) unwanted() bool { return o.abandoned || o.closed }

func (o *Origin) route(f func([]transport.Target, error)) {
	if o.out.Target.Flow != nil || o.out.Target.Addr.IsValid() {
		f([]transport.Target{o.out.Target}, nil)
		return
	}
	uri := o.out.URI
	switch {
	case o.out.NextHop.Scheme != "":
		uri = o.out.NextHop
	case len(o.out.Routes) > 0:
		uri = o.out.Routes[0]
	}
	chosen := o.out.NextHop.Scheme != "" || len(o.out.Routes) > 0
	judged := func(to []transport.Target, err error) {
		if err == nil && !chosen { // the operator's own choice is not judged
			to, err = o.layer.permitted(to, transport.Source{})
		}
		f(to, err)
	}
	if to, ok, err := o.layer.resolver.Literal(uri); ok {
		judged([]transport.Target{to}, err)
		return
	}
	o.layer.resolve(o.callID, uri, judged)
}

// Dialog makes the dialog that a response forms (RFC 3261 §12.1.2), or returns it if
// it is there; nil if the response forms none, or if there are too many.
func (o *Origin) Dialog(resp *sipmsg.Response, src transport.Source) *Dialog {
	id := answerID(&resp.Header)
	if id.Remote == "" && resp.Status < 200 || resp.Status == 100 || resp.Status >= 300 {
		return nil
	}
	d := o.find(id.Remote)
	if d == nil {
		if !o.room(resp.Status) {
			return nil
		}
		routes, err := routeSet(&resp.Header)
		if err != nil {
			return nil
		}
		slices.Reverse(routes) // [COM-12]
		d = o.grow(id.Remote, resp.Header.Value("To"), routes, src)
	}
	if d != nil {
		d.Update(resp, src)
	}
	return d
}

// room reports whether a response may form one more dialog. Past MaxForks only a 2xx
// does, which is to be acknowledged and ended; past eight times as many nothing: no
// honest call forks so often.
func (o *Origin) room(status int) bool {
	forks := o.layer.cfg.MaxForks
	if status >= 200 {
		forks *= confirmedForks
	}
	if len(o.dialogs) < forks {
		return true
	}
	if status >= 200 && !o.crowded {
		o.crowded = true
		o.layer.cfg.Log.Warn("too many forks answered, the rest is dropped", "call_id", o.callID, "dialogs", len(o.dialogs))
	}
	return false
}

// confirmedForks is how many times MaxForks the dialogs may be when each answers 2xx.
const confirmedForks = 8

// Update lets a response to the request that formed the dialog take effect: its
// Contact is the remote target, and a 2xx confirms the dialog and sets the route set
// anew (RFC 3261 §13.2.2.4).
func (d *Dialog) Update(resp *sipmsg.Response, src transport.Source) {
	if resp.Status <= 100 || resp.Status >= 300 || d.state != Early {
		return
	}
	if target, err := remoteTarget(&resp.Header); err == nil {
		d.target = clip(d.target, target.String())
	}
	if resp.Status < 200 {
		return
	}
	d.state, d.source = Confirmed, src
	if routes, err := routeSet(&resp.Header); err == nil {
		slices.Reverse(routes)
		for i, r := range routes {
			routes[i] = strings.Clone(r)
		}
		d.routes = routes
	}
}

// Adopt makes the dialog that a NOTIFY forms at its subscriber (RFC 6665 §4.4.1): the
// route set comes from the NOTIFY. The error is the answer to a NOTIFY that forms none:
// 400, or 481 if there are MaxForks already (RFC 6665 §4.5.2). [COM-12] [PAR-SUB-02]
func (o *Origin) Adopt(tx *transaction.ServerTx) (*Dialog, *sip.Error) {
	req := tx.Request()
	remote := req.Header.FromTag()
	if d := o.find(remote); d != nil {
		return d, nil
	}
	target, err := remoteTarget(&req.Header)
	if err != nil {
		return nil, sip.AsError(err)
	}
	routes, err := routeSet(&req.Header)
	if err != nil {
		return nil, sip.AsError(err)
	}
	cseq, err := req.Header.CSeq()
	if err != nil {
		return nil, &sip.Error{Status: 400, Reason: "Bad CSeq"}
	}
	if o.closed || len(o.dialogs) >= o.layer.cfg.MaxForks {
		return nil, &sip.Error{Status: 481}
	}
	d := o.grow(remote, req.Header.Value("From"), routes, tx.Source())
	d.state, d.target = Confirmed, strings.Clone(target.String())
	d.remoteCSq, d.remoteSeq = true, cseq.Seq
	d.viaFlow = behindNAT(&req.Header, d.source, target)
	return d, nil
}

func (o *Origin) find(remote string) *Dialog {
	return o.layer.table.find(ID{CallID: o.callID, Local: o.tag, Remote: remote})
}

func (o *Origin) grow(remote, to string, routes []string, src transport.Source) *Dialog {
	if o.closed {
		return nil
	}
	from := o.out.From
	from.Params = from.Params.With("tag", o.tag)
	d := o.layer.newDialog(Dialog{
		id:       ID{CallID: o.callID, Local: o.tag, Remote: remote},
		local:    from.String(),
		remote:   to,
		caller:   true,
		localSeq: o.seq,
		contact:  o.out.Contact,
		target:   o.out.URI.String(),
		routes:   routes,
		source:   src,
		charging: o.out.Charging,
		login:    o.out.Login,
	})
	o.dialogs = append(o.dialogs, d)
	return d
}

func (o *Origin) receive(tx *transaction.ServerTx) bool {
	return !o.closed && o.Receive != nil && o.Receive(tx)
}

// Close says that no more dialogs grow from the request. Those that did live on.
func (o *Origin) Close() {
	o.closed = true
	o.dialogs = nil
	o.layer.table.removeOrigin(o)
}
