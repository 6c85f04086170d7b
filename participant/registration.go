package participant

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/wheel"
)

const (
	registerSeconds = 3600
	// registerAgain is the pause after a refresh that failed.
	registerAgain = 30 * time.Second
	// registerTries bounds how often one registration is repeated for a 423.
	registerTries = 2
)

// registration binds the UE's address to the user's at a registrar (RFC 3261 §10).
type registration struct {
	u       *UE
	origin  *dialog.Origin
	outcome chan error // of the first REGISTER, capacity 1

	// owned by the shard of the registration
	asked   uint32 // seconds
	tries   int
	refresh wheel.Timer
	busy    bool          // a REGISTER is open
	ending  chan struct{} // closed when the binding has been given up; nil before that
}

// Register binds the UE to the user's address at the registrar of its domain, through
// Server if there is one, and returns when that is done. It is refreshed until Close.
// Requests then take the Service-Route of the registrar (RFC 3608), and a GRUU that it
// gives is the Contact (RFC 5627). A refusal is a [*sip.Error]. [PAR-GEN-01]
// [PAR-GEN-07]
func (u *UE) Register(ctx context.Context) error {
	registrar := sipmsg.URI{Scheme: u.identity.URI.Scheme, Host: u.identity.URI.Host, Port: u.identity.URI.Port}
	next, err := u.open(ctx, registrar)
	if err != nil {
		return err
	}
	r := &registration{u: u, outcome: make(chan error, 1), asked: registerSeconds}
	r.origin = u.stack.Dialog.Originate(dialog.Outgoing{
		Method: sipmsg.REGISTER, URI: registrar, From: u.identity, To: u.identity,
		Contact: u.plainContact(registrar.Scheme == "sips"), NextHop: next,
		Fields: []sipmsg.Field{
			{Name: "Supported", Value: "path, gruu"}, // RFC 3327 §5.1, RFC 5627 §4.1
			{Name: "User-Agent", Value: u.cfg.UserAgent},
		},
	})
	if err := u.enrol(r); err != nil {
		return err
	}
	r.origin.Do(r.send)
	select {
	case err := <-r.outcome:
		return err
	case <-ctx.Done():
		return ctx.Err()
	case <-u.closing:
		return ErrClosed
	}
}

// enrol notes the registration; there is one at most.
func (u *UE) enrol(r *registration) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	switch {
	case u.closed:
		return ErrClosed
	case u.registration != nil:
		return errors.New("participant: registered already")
	}
	u.registration = r
	return nil
}

// send sends a REGISTER: always under the same Call-ID (RFC 3261 §10.2.4).
func (r *registration) send() {
	r.busy = true
	if r.u.login != nil {
		r.origin.Authorize(r.u.login.Exchange())
	}
	r.origin.Send(dialog.Outcome(func(resp *sipmsg.Response, err *sip.Error) {
		r.busy = false
		if err != nil {
			r.failed(err)
		} else {
			r.done(resp)
		}
	}), func(*transaction.ClientTx) {}, sipmsg.Field{Name: "Expires", Value: strconv.FormatUint(uint64(r.asked), 10)})
}

// failed acts on a refusal: that of a refresh is made good later.
func (r *registration) failed(err *sip.Error) {
	h := sipmsg.Header{Fields: err.Header}
	least, ok := h.MinExpires()
	switch {
	case r.over():
	case err.Status == 423 && ok && least > r.asked && r.tries < registerTries:
		r.tries++
		r.asked = least
		r.send()
	case r.settle(err):
		r.u.dismiss(r)
		r.origin.Close()
	default:
		r.u.cfg.Log.Warn("registration not refreshed", slog.Any("error", err))
		r.again(registerAgain)
	}
}

// over deals with an answer that comes when the binding is to be given up: it is that
// to the last REGISTER, or time for that.
func (r *registration) over() bool {
	switch {
	case r.ending == nil:
		return false
	case r.asked > 0:
		r.asked = 0
		r.send()
	default:
		r.origin.Close()
		close(r.ending)
	}
	return true
}

// settle tells Register the outcome, if it still waits for it.
func (r *registration) settle(err error) (first bool) {
	if r.tries < 0 {
		return false
	}
	r.tries = -1
	r.outcome <- err
	return true
}

// done takes over what the registrar says.
func (r *registration) done(resp *sipmsg.Response) {
	if r.over() {
		return
	}
	granted, gruu := r.binding(&resp.Header)
	var routes []sipmsg.URI
	for _, v := range resp.Header.Values("Service-Route") {
		if a, err := sipmsg.ParseAddress(v); err == nil {
			routes = append(routes, a.URI)
		}
	}
	r.u.mu.Lock()
	r.u.routes, r.u.gruu = routes, gruu
	r.u.mu.Unlock()
	r.settle(nil)
	r.again(time.Duration(granted) * time.Second * 9 / 10)
}

// binding finds our own among the bindings of the answer.
func (r *registration) binding(h *sipmsg.Header) (seconds uint32, gruu string) {
	seconds = r.asked
	if n, ok := h.Expires(); ok {
		seconds = n
	}
	contacts, err := h.Contacts()
	if err != nil {
		return max(seconds, 1), ""
	}
	i := slices.IndexFunc(contacts, func(c sipmsg.Address) bool {
		v, _ := c.Params.Lookup("+sip.instance")
		return strings.Trim(v, "<>") == r.u.cfg.Instance
	})
	if i < 0 {
		return max(seconds, 1), ""
	}
	if v, ok := contacts[i].Params.Lookup("expires"); ok {
		if n, err := strconv.ParseUint(v, 10, 31); err == nil {
			seconds = uint32(n)
		}
	}
	gruu, _ = contacts[i].Params.Lookup("pub-gruu")
	if u, err := sipmsg.ParseURI(gruu); err != nil || !u.IsSIP() {
		gruu = ""
	}
	return max(seconds, 1), gruu
}

func (r *registration) again(d time.Duration) {
	r.u.stack.Dialog.After(r.origin.CallID(), &r.refresh, d, r.send)
}

// end gives the binding up and waits for the answer, as long as ctx lasts.
func (r *registration) end(ctx context.Context) {
	ended := make(chan struct{})
	r.origin.Do(func() {
		r.refresh.Stop()
		if r.ending = ended; !r.busy {
			r.asked = 0
			r.send()
		}
	})
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// dismiss forgets a registration that was refused.
func (u *UE) dismiss(r *registration) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.registration == r {
		u.registration = nil
	}
}
