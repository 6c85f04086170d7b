package focus

import (
	"github.com/confab-chat/confab/internal/access"
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
			f.able(tx, capabilities(), f.contact(tx))
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
	if refused != nil {
		tx.Respond(refused.Response(req))
		return
	}
	fault := f.optionsFault(req)
	if resource.Factory {
		if fault != nil {
			tx.Respond(fault.Response(req))
			return
		}
		f.able(tx, withLists(capabilities()), "") // [OPT-02]
		return
	}
	contact := f.cfg.Gate.Contact(resource.Entry.ID, tx.Source())
	f.permitted(resource, caller, func(err error) {
		if refused := f.refusal(err, fault); refused != nil {
			tx.Respond(refused.Response(req))
			return
		}
		fields := capabilities()
		if takesList(resource.Entry.Status, false) {
			fields = withLists(fields)
		}
		f.able(tx, fields, contact)
	})
}

// optionsFault is what is wrong with an OPTIONS itself: extensions that are not there, and
// that its sender takes no session description (RFC 3261 §11.2, §21.4.7).
func (f *Focus) optionsFault(req *sipmsg.Request) *sip.Error {
	if fault := f.dialogs.Unsupported(req); fault != nil {
		return fault
	}
	if !req.Header.Accepts(sdpType, sdpType) {
		return &sip.Error{Status: 406}
	}
	return nil
}

// withLists adds that an INVITE may carry a list of recipients. [OPT-01]
func withLists(fields []sipmsg.Field) []sipmsg.Field {
	for i := range fields {
		if f := &fields[i]; f.Name == "Supported" {
			f.Value += ", " + listTag
			return fields
		}
	}
	return append(fields, sipmsg.Field{Name: "Supported", Value: listTag})
}

// able answers 200 with what the server can do.
func (f *Focus) able(tx *transaction.ServerTx, fields []sipmsg.Field, contact string) {
	req := tx.Request()
	resp := sipmsg.NewResponse(req, 200, "")
	if contact != "" {
		resp.Header.Add("Contact", contact)
	}
	resp.Header.Fields = append(resp.Header.Fields, fields...)
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
	if req.URI.User != "" || !req.URI.IsSIP() { // not what is for the server itself [IDN-09]
		resource, _, err := f.cfg.Gate.Admit(req, tx.Source())
		if err == nil && resource.Factory && req.Method.Known() {
			err = &sip.Error{Status: 405, Header: []sipmsg.Field{{Name: "Allow", Value: access.FactoryMethods}}}
		}
		if err != nil {
			tx.Respond(err.Response(req))
			return
		}
	}
	l.Refuse(tx)
}
