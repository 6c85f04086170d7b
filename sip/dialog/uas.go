package dialog

import (
	"strings"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// chargingVector ties the charging records of a dialog together.
const chargingVector = "P-Charging-Vector"

// Accept makes the early dialog of a request that came outside any dialog
// (RFC 3261 §12.1.1). Our tag is that of tx. The first 2xx through
// [Dialog.Respond] confirms it. A request without usable Contact yields a
// *sip.Error with status 400. contact is our Contact value; empty means the
// address that the request came in on.
func (l *Layer) Accept(tx *transaction.ServerTx, contact string) (*Dialog, error) {
	req := tx.Request()
	target, err := remoteTarget(&req.Header)
	if err != nil {
		return nil, err
	}
	cseq, err := req.Header.CSeq()
	if err != nil {
		return nil, badRequest("Bad CSeq")
	}
	routes, err := routeSet(&req.Header)
	if err != nil {
		return nil, err
	}
	if contact == "" {
		contact = ContactOf(tx.Source())
	}
	return l.newDialog(Dialog{
		id:        ID{CallID: req.Header.CallID(), Local: tx.LocalTag(), Remote: req.Header.FromTag()},
		local:     req.Header.Value("To") + ";tag=" + tx.LocalTag(),
		remote:    req.Header.Value("From"),
		remoteCSq: true,
		remoteSeq: cseq.Seq,
		contact:   contact,
		target:    target.String(),
		routes:    routes,
		source:    tx.Source(),
		viaFlow:   behindNAT(&req.Header, tx.Source(), target),
		charging:  strings.Clone(l.cfg.Charge(req, tx.Source())),
	}), nil
}

// Formable returns what keeps a dialog from being made of a request, as [Layer.Accept] would,
// nil if nothing does: it is for who has more to do before that.
func Formable(req *sipmsg.Request) *sip.Error {
	_, err := remoteTarget(&req.Header)
	if err == nil {
		_, err = routeSet(&req.Header)
	}
	if err != nil {
		return sip.AsError(err)
	}
	return nil
}

// Respond answers a request of the dialog, or the one that formed it: with our
// Contact where one belongs. A 2xx confirms the dialog and lets a target refresh
// request take effect; any other final answer changes nothing (RFC 3261 §12.2.2). It
// keeps resp for retransmission: the caller does not change it afterwards.
func (d *Dialog) Respond(tx *transaction.ServerTx, resp *sipmsg.Response) {
	req := tx.Request()
	if resp.Status > 100 && resp.Status < 300 && refreshesTarget(req.Method) && !resp.Header.Has("Contact") {
		resp.Header.Fields = append(resp.Header.Fields, sipmsg.Field{Name: "Contact", Value: d.contact})
	}
	if d.charging != "" && resp.Status > 100 && !resp.Header.Has(chargingVector) {
		resp.Header.Fields = append(resp.Header.Fields, sipmsg.Field{Name: chargingVector, Value: d.charging})
	}
	switch {
	case resp.Status < 200 || resp.Status >= 300:
	case req.Header.ToTag() == "":
		d.state = Confirmed // the request that formed it
	case refreshesTarget(req.Method):
		d.refresh(req, tx)
	}
	tx.Respond(resp)
}

// refresh takes the remote target, and the flow with it, from an accepted request.
// [COM-13] [FOC-MOD-07]
func (d *Dialog) refresh(req *sipmsg.Request, tx *transaction.ServerTx) {
	d.source = tx.Source()
	if target, err := remoteTarget(&req.Header); err == nil {
		d.target = clip(d.target, target.String())
		d.viaFlow = behindNAT(&req.Header, d.source, target)
	}
}

// remoteTarget is the URI of the Contact as written, but for header fields: a
// Request-URI has none (RFC 3261 §19.1.1). [FOC-DSP-10]
func remoteTarget(h *sipmsg.Header) (sipmsg.URI, error) {
	contacts, err := h.Contacts()
	if err != nil || len(contacts) != 1 || !contacts[0].URI.IsSIP() {
		return sipmsg.URI{}, badRequest("Bad Contact")
	}
	target := contacts[0].URI
	target.Headers = nil
	return target, nil
}

// routeSet reads Record-Route in order of appearance, parameters included. [COM-12]
func routeSet(h *sipmsg.Header) ([]string, error) {
	if !h.Has("Record-Route") {
		return nil, nil
	}
	rr, err := h.RecordRoutes()
	if err != nil {
		return nil, badRequest("Bad Record-Route")
	}
	routes := make([]string, len(rr))
	for i, r := range rr {
		routes[i] = r.URI.String()
	}
	return routes, nil
}
