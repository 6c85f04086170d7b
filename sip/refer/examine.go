package refer

import (
	"strings"
	"time"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// receive takes a REFER; d is nil outside a dialog.
func (a *Agent) receive(d *dialog.Dialog, tx *transaction.ServerTx) {
	in := &Incoming{agent: a, tx: tx, d: d}
	if err := in.examine(); err != nil {
		tx.Respond(err.Response(tx.Request()))
		return
	}
	if q, ok := requestOf(tx.Request()); ok && d == nil && a.repeated.has(q, time.Now().Add(-a.cfg.retention())) {
		tx.Respond((&sip.Error{Status: 482}).Response(tx.Request())) // as RFC 3261 §8.2.2.2 has it [FOC-REF-22]
		return
	}
	a.cfg.Handler.Refer(in)
}

// known returns the types of the bodies that a REFER may have: the list of its targets
// (RFC 5368) and the token of Referred-By (RFC 3892 §4.1).
func known() []string {
	return []string{resourcelist.MediaType, "message/sipfrag", "multipart/signed"}
}

// examine checks who asks, and the fields. What is required and not there, or has a body
// that nobody understands, is for the handler to refuse: see [Incoming.Fault].
func (in *Incoming) examine() *sip.Error {
	req := in.tx.Request()
	if in.d == nil {
		if in.agent.cfg.Screen != nil {
			var refused *sip.Error
			if in.found, refused = in.agent.cfg.Screen(req, in.tx.Source()); refused != nil {
				return refused
			}
		}
		in.fault = in.agent.dl.Unsupported(req)
	}
	h := &req.Header
	if in.fault == nil {
		_, in.fault = sip.Body(h, req.Body, "", known()...)
	}
	if err := dialog.Formable(req); err != nil {
		return err
	}
	if len(h.Values("Referred-By")) > 1 {
		return bad("Referred-By")
	}
	if h.Has("Referred-By") {
		if _, err := h.ReferredBy(); err != nil {
			return bad("Referred-By")
		}
	}
	if len(h.Tokens("Refer-To")) != 1 {
		return bad("Refer-To") // [FOC-REF-02] [PAR-INC-02]
	}
	to, err := h.ReferTo()
	if err != nil {
		return bad("Refer-To")
	}
	if err := in.subscription(h); err != nil {
		return err
	}
	if in.fault != nil {
		return nil //nolint:nilerr // the handler answers it
	}
	return in.aim(to)
}

func bad(field string) *sip.Error {
	return &sip.Error{Status: 400, Reason: "Bad " + field}
}

// subscription finds out what the issuer wants to hear (RFC 4488 §4, RFC 7614 §5).
// [FOC-REF-11] [FOC-REF-12]
func (in *Incoming) subscription(h *sipmsg.Header) *sip.Error {
	value, _, _ := strings.Cut(h.Value("Refer-Sub"), ";")
	in.suppressed = strings.EqualFold(strings.TrimSpace(value), "false")
	in.silent = h.HasToken("Require", "nosub")
	in.explicit = h.HasToken("Require", "explicitsub")
	in.versed = h.Has("Refer-Sub") || h.HasToken("Supported", "norefersub") || h.HasToken("Require", "norefersub")
	switch {
	case in.silent && in.explicit:
		return bad("Require (nosub and explicitsub exclude each other)")
	case in.explicit && in.agent.published.full():
		return &sip.Error{Status: 503, RetryAfter: in.agent.cfg.retention()}
	}
	return nil
}

// aim reads the target, or the list of them. [FOC-MRF-01]
func (in *Incoming) aim(to sipmsg.Address) *sip.Error {
	h := &in.tx.Request().Header
	multiple := h.HasToken("Require", "multiple-refer")
	if multiple != (to.URI.Scheme == "cid") {
		return bad("Refer-To (multiple-refer and cid go together)")
	}
	if !multiple {
		t, err := AimAt(to)
		in.targets = []Target{t}
		return err
	}
	list, err := in.list(to.URI.Opaque)
	if err != nil {
		return err
	}
	in.many = true
	in.targets, err = AimAtAll(list)
	return err
}

// list reads the part of the body that a cid URI names (RFC 2392).
func (in *Incoming) list(cid string) (resourcelist.List, *sip.Error) {
	part, found := sipmsg.Named(in.tx.Request(), sipmsg.URI{User: cid}.UserDecoded())
	if !found {
		return nil, bad("Refer-To (no such part)")
	}
	list, found, err := resourcelist.Recipients([]sipmsg.Part{part}, in.agent.cfg.Lists)
	switch {
	case err != nil:
		return nil, sip.AsError(err)
	case !found:
		return nil, bad("Recipient List")
	}
	return list, nil
}
