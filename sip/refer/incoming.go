package refer

import (
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// Incoming is a REFER of a peer. Exactly one of Accept and Reject takes effect.
type Incoming struct {
	// fixed after construction
	agent      *Agent
	tx         *transaction.ServerTx
	d          *dialog.Dialog
	found      any
	targets    []Target
	many       bool
	suppressed bool // Refer-Sub: false
	silent     bool // Require: nosub
	explicit   bool // Require: explicitsub
	versed     bool // the issuer knows Refer-Sub
	fault      *sip.Error

	admit Admit // set before Accept

	done bool // owned by the shard
}

// Request returns the REFER.
func (in *Incoming) Request() *sipmsg.Request { return in.tx.Request() }

// Source tells where it came from.
func (in *Incoming) Source() transport.Source { return in.tx.Source() }

// Screened returns what [Config.Screen] found; nil without one, and inside a dialog.
func (in *Incoming) Screened() any { return in.found }

// Fault returns 420 if the REFER requires an extension that is not there, and 415 if it
// has a body that is not understood, else nil. It is for the handler to find the time for
// it: after the right of the issuer, and before the targets, which are not read.
// [COM-06] [COM-07] [IDN-09]
func (in *Incoming) Fault() *sip.Error { return in.fault }

// Dialog returns the dialog that the REFER came in, nil if it came outside any.
func (in *Incoming) Dialog() *dialog.Dialog { return in.d }

// Multiple tells whether this is a REFER with a list of targets (RFC 5368).
func (in *Incoming) Multiple() bool { return in.many }

// Target returns the first target, which is the only one unless Multiple.
func (in *Incoming) Target() Target {
	if len(in.targets) == 0 {
		return Target{}
	}
	return in.targets[0]
}

// Targets returns all of them; a list may be empty.
func (in *Incoming) Targets() []Target { return in.targets }

// ReferredBy returns the value of Referred-By, which is passed on unchanged, and its
// address; false if there is none.
func (in *Incoming) ReferredBy() (value string, by sipmsg.Address, ok bool) {
	h := &in.tx.Request().Header
	by, err := h.ReferredBy()
	return h.Value("Referred-By"), by, err == nil
}

// TargetDialog returns the dialog that Target-Dialog names, from our side; false if
// there is no such field or it lacks a tag (RFC 4538 §7). That there is such a dialog
// proves nothing. [FOC-REF-21]
func (in *Incoming) TargetDialog() (dialog.ID, bool) {
	return TargetDialog(&in.tx.Request().Header)
}

// TargetDialog reads the field of that name; see [Incoming.TargetDialog].
func TargetDialog(h *sipmsg.Header) (dialog.ID, bool) {
	value := h.Value("Target-Dialog")
	callID, rest, _ := strings.Cut(value, ";")
	p, err := sipmsg.ParseAddress("<sip:x>;" + rest)
	if err != nil || strings.TrimSpace(callID) == "" {
		return dialog.ID{}, false
	}
	// What is local to the sender is remote to us.
	remote, _ := p.Params.Lookup("local-tag")
	local, _ := p.Params.Lookup("remote-tag")
	return dialog.ID{CallID: strings.TrimSpace(callID), Local: local, Remote: remote}, local != "" && remote != ""
}

// Admit decides whether a SUBSCRIBE to the reports of a referral is served; the error
// is the answer. It is called on the shard of the SUBSCRIBE and must not block.
type Admit func(req *sipmsg.Request, src transport.Source) *sip.Error

// Readers says, before Accept, who may subscribe to the reports if the issuer wants to
// do so himself (RFC 7614 §8). Without it whoever knows the URI may.
func (in *Incoming) Readers(admit Admit) { in.admit = admit }

// Reject answers with a final error.
func (in *Incoming) Reject(e *sip.Error) {
	in.agent.dl.Do(in.Request().Header.CallID(), func() {
		if !in.done {
			in.done = true
			in.tx.Respond(e.Response(in.Request()))
		}
	})
}

// Accept answers with 2xx at once and begins to report, with 100, unless the issuer
// does not want to be told: 202 with a subscription, 200 without. Who wants to subscribe
// himself gets a 200 that says where. contact is our Contact value outside a dialog,
// empty for the address that the REFER came in on; fields go into the response. A REFER
// with many targets is not reported on: there is no form for it. One with a
// [Incoming.Fault] is refused. [FOC-REF-04] [FOC-REF-12] [FOC-MRF-02]
func (in *Incoming) Accept(contact string, fields ...sipmsg.Field) *Referral {
	r := &Referral{agent: in.agent, status: 100}
	r.callID = strings.Clone(in.Request().Header.CallID())
	in.agent.dl.Do(r.callID, func() {
		if !in.done {
			in.done = true
			in.accept(r, contact, fields)
		}
	})
	return r
}

func (in *Incoming) accept(r *Referral, contact string, fields []sipmsg.Field) {
	if q, ok := requestOf(in.Request()); ok && in.d == nil && in.fault == nil {
		now := time.Now()
		in.agent.repeated.add(q, now, now.Add(-in.agent.cfg.retention()))
	}
	switch {
	case in.fault != nil:
		in.tx.Respond(in.fault.Response(in.Request()))
		r.over = true
	case in.explicit:
		if contact == "" {
			contact = dialog.ContactOf(in.tx.Source())
		}
		where := r.publish(contact, in.admit)
		in.acceptSilently(contact, append(fields, sipmsg.Field{Name: "Refer-Events-At", Value: where}))
		if in.many {
			r.close()
		}
	case in.silent || in.suppressed || in.many && in.versed:
		in.acceptSilently(contact, fields)
	default:
		in.acceptReporting(r, contact, fields)
	}
}

// acceptReporting answers and makes the subscription that REFER brings along
// (RFC 3515 §2.4.4). [FOC-REF-05]
func (in *Incoming) acceptReporting(r *Referral, contact string, fields []sipmsg.Field) {
	d, id := in.d, ""
	if d == nil {
		var err error
		if d, err = in.agent.dl.Accept(in.tx, contact); err != nil {
			in.tx.Respond(sip.AsError(err).Response(in.Request()))
			return
		}
	} else if cseq, err := in.Request().Header.CSeq(); err == nil {
		id = strconv.FormatUint(uint64(cseq.Seq), 10) // RFC 3515 §2.4.6 [FOC-REF-07]
	}
	resp := sipmsg.NewResponse(in.Request(), 202, "")
	resp.Header.Fields = append(resp.Header.Fields, fields...)
	d.Respond(in.tx, resp)
	expires := in.agent.cfg.Expires
	if in.many {
		expires = 0
	}
	w := &reader{Referral: r}
	w.sub = in.agent.ev.Imply(d, packageName, id, expires, w)
	r.join(w)
}

// acceptSilently answers without making a subscription, and so no dialog.
// [FOC-REF-11] [FOC-REF-12] [FOC-MRF-02]
func (in *Incoming) acceptSilently(contact string, fields []sipmsg.Field) {
	resp := sipmsg.NewResponse(in.Request(), 200, "")
	resp.Header.Fields = append(resp.Header.Fields, fields...)
	if in.suppressed || !in.silent && !in.explicit {
		resp.Header.Add("Refer-Sub", "false")
	}
	if in.d != nil {
		in.d.Respond(in.tx, resp)
		return
	}
	if contact == "" {
		contact = dialog.ContactOf(in.tx.Source())
	}
	resp.Header.Add("Contact", contact)
	in.tx.Respond(resp)
}
