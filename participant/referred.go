package participant

import (
	"context"
	"slices"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/wheel"
)

// thinking is how long a REFER waits for a decision before it is answered 202: no user
// decides that fast, but a rule may. [PAR-INC-01]
const thinking = 200 * time.Millisecond

// referred is a REFER that asks us to join a conference.
type referred struct {
	u      *UE
	in     *refer.Incoming
	target refer.Target
	fields []sipmsg.Field // of the INVITE to come
	token  []sipmsg.Part

	// owned by the shard of the REFER
	timer    wheel.Timer
	referral *refer.Referral // nil before the 202
	declined bool
}

// Refer implements [refer.Handler]. [PAR-INC-01]
func (d door) Refer(in *refer.Incoming) {
	u := d.u
	if fault := in.Fault(); fault != nil {
		in.Reject(fault)
		return
	}
	x := &referred{u: u, in: in, target: in.Target()}
	// Without asking anybody: what is no conference to join. [PAR-INC-02]
	if x.target.Method != sipmsg.INVITE || !x.target.URI.IsSIP() {
		in.Reject(&sip.Error{Status: 403})
		return
	}
	i := &Invitation{
		u: u, answer: x, decision: decision{decided: make(chan struct{})}, Referred: true,
		Conference: x.target.URI.String(), Display: x.target.Display, By: referrer(&in.Request().Header),
	}
	x.fields = slices.Clone(x.target.Fields)
	if value, by, ok := in.ReferredBy(); ok {
		// RFC 3892 §2.2: unchanged, with the token if there is one. [PAR-INC-01]
		x.fields = append(x.fields, sipmsg.Field{Name: "Referred-By", Value: value})
		x.token = tokenOf(in.Request(), by)
	}
	if err := u.offer(i); err != nil {
		in.Reject(err)
		return
	}
	u.stack.Dialog.After(in.Request().Header.CallID(), &x.timer, thinking, func() { x.agree() })
}

// tokenOf finds the body that Referred-By names.
func tokenOf(req *sipmsg.Request, by sipmsg.Address) []sipmsg.Part {
	cid, ok := by.Params.Lookup("cid")
	if !ok {
		return nil
	}
	token, found := sipmsg.Named(req, cid)
	if !found {
		return nil
	}
	return []sipmsg.Part{token}
}

// agree answers the REFER, unless it was declined: what comes of it is reported.
func (x *referred) agree() {
	if x.referral == nil && !x.declined {
		x.timer.Stop()
		x.referral = x.in.Accept(x.u.contact(x.in.Source().SIPS))
	}
}

// do runs f on the shard of the REFER.
func (x *referred) do(f func()) { x.u.stack.Dialog.Do(x.in.Request().Header.CallID(), f) }

// accept implements answerer: it acts as for a conference that the user has named
// himself. [PAR-INC-01] [PAR-CRE-06]
func (x *referred) accept(ctx context.Context) (*Conference, error) {
	x.do(x.agree)
	c, err := x.u.call(ctx, x.target.URI.String(), Options{fields: x.fields, parts: x.token})
	if err != nil {
		refused := sip.AsError(err)
		x.report(refused.Status, refused.Reason)
		return nil, err
	}
	x.report(200, "")
	return c, nil
}

// decline implements answerer.
func (x *referred) decline(e *sip.Error) {
	x.do(func() {
		if x.referral != nil {
			x.referral.Report(e.Status, e.Reason)
			return
		}
		x.declined = true
		x.timer.Stop()
		x.in.Reject(e)
	})
}

func (x *referred) report(status int, reason string) {
	x.do(func() { x.referral.Report(status, reason) })
}
