package focus

import (
	"errors"

	"github.com/confab-chat/confab/internal/access"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
)

// Capabilities returns the header fields that say what the server can do; the
// SIP stack knows.
type Capabilities func() []sipmsg.Field

// Options serves OPTIONS (RFC 3261 §11.2): for a conference URI the status that
// an INVITE from the caller would get. [OPT-01] [OPT-02] [OPT-04]
func (f *Focus) Options(capabilities Capabilities) func(tx *transaction.ServerTx) {
	return func(tx *transaction.ServerTx) {
		req := tx.Request()
		to, err := req.Header.To()
		switch {
		case err == nil && to.Tag() != "":
			f.able(tx, capabilities, f.contact(tx))
		case f.cfg.Gate.Serves(req.URI):
			f.alive(tx)
		default:
			f.optionsOutside(tx, capabilities)
		}
	}
}

// contact is the Contact value of the conference that a request in a dialog of
// it is for. [FOC-DSP-04]
func (f *Focus) contact(tx *transaction.ServerTx) string {
	resource, found := f.cfg.Gate.Locate(tx.Request().URI)
	if !found || resource.Factory {
		return ""
	}
	return f.cfg.Gate.Contact(resource.Entry.ID, tx.Source())
}

// alive answers the keep-alive of a proxy: 200 without authentication, no body.
// [OPT-04]
func (f *Focus) alive(tx *transaction.ServerTx) {
	if f.cfg.Gate.Draining() {
		tx.Respond((&sip.Error{Status: 503, RetryAfter: serverRetry}).Response(tx.Request()))
		return
	}
	dialog.Reply(tx, 200, "")
}

func (f *Focus) optionsOutside(tx *transaction.ServerTx, capabilities Capabilities) {
	req := tx.Request()
	resource, caller, refused := f.cfg.Gate.Admit(req, tx.Source())
	if refused == nil {
		refused = f.dialogs.Unsupported(req)
	}
	if refused != nil {
		tx.Respond(refused.Response(req))
		return
	}
	if resource.Factory {
		f.able(tx, capabilities, "")
		return
	}
	contact := f.cfg.Gate.Contact(resource.Entry.ID, tx.Source())
	inst := resource.Entry.Instance
	if inst == nil {
		f.able(tx, capabilities, contact)
		return
	}
	err := inst.Look(func(s *conference.State) {
		if s == nil {
			f.optionsEnded(tx, capabilities, resource)
			return
		}
		if err := s.Permits(caller.User, f.cfg.Now()); err != nil {
			tx.Respond(statusOf(err, f.cfg.Agent).Response(req))
			return
		}
		f.able(tx, capabilities, contact)
	})
	switch {
	case errors.Is(err, instance.ErrEnded):
		f.optionsEnded(tx, capabilities, resource)
	case err != nil:
		tx.Respond(statusOf(err, f.cfg.Agent).Response(req))
	}
}

// optionsEnded answers for a conference that has just ended: a reserved one can
// be started again, any other is gone.
func (f *Focus) optionsEnded(tx *transaction.ServerTx, capabilities Capabilities, resource access.Resource) {
	if resource.Entry.Definition == nil {
		tx.Respond((&sip.Error{Status: 404}).Response(tx.Request()))
		return
	}
	f.able(tx, capabilities, f.cfg.Gate.Contact(resource.Entry.ID, tx.Source()))
}

// able answers 200 with what the server can do.
func (f *Focus) able(tx *transaction.ServerTx, capabilities Capabilities, contact string) {
	req := tx.Request()
	resp := sipmsg.NewResponse(req, 200, "")
	if contact != "" {
		resp.Header.Add("Contact", contact)
	}
	resp.Header.Fields = append(resp.Header.Fields, capabilities()...)
	if req.Header.Accepts(sdpType, sdpType) {
		resp.Header.Add("Content-Type", sdpType)
		resp.Body = f.cfg.Mixer.Capability().Append(nil) // [OPT-03]
	}
	tx.Respond(resp)
}

// Other answers methods that nobody serves: to a URI that does not exist 404
// first, else 405 or 501. [COM-05] [FOC-DSP-02] [FOC-DSP-09]
func (f *Focus) Other(l *dialog.Layer, tx *transaction.ServerTx) {
	req := tx.Request()
	if req.Method.Known() && req.URI.User != "" {
		resource, _, err := f.cfg.Gate.Admit(req, tx.Source())
		if err == nil && resource.Factory {
			err = &sip.Error{Status: 405, Header: []sipmsg.Field{{Name: "Allow", Value: access.FactoryMethods}}}
		}
		if err != nil {
			tx.Respond(err.Response(req))
			return
		}
	}
	l.Refuse(tx)
}
