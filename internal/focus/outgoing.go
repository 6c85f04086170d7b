package focus

import (
	"strconv"
	"strings"
	"time"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// DialOut says how the focus calls. Zero fields have the defaults named.
type DialOut struct {
	// Outbound is the next hop of every request of ours, an S-CSCF as a rule; nil:
	// the address called. [CHG-04]
	Outbound *sipmsg.URI
	// Ring is how long a call may ring: 120 s. D-35
	Ring time.Duration
	// PerSecond and Unanswered bound the INVITEs of one conference: how many leave
	// in a second, and how many may be without any answer. Server bounds those of
	// all conferences in a second. 0: no limit. D-06
	PerSecond, Unanswered, Server int
	// Anybody lets lists name anybody; else callers whom no trusted peer asserts may
	// name users of Domains. D-07
	Anybody bool
	Domains []string
	// ByRefer asks users to call the conference themselves, and calls those only whose
	// devices do not know REFER.
	ByRefer bool
	// Login answers challenges to calls; nil: they fail.
	Login *digest.Client
	// Refers bounds the REFERs of one user in a second; four times as many may come at
	// once. 0: no limit. D-06
	Refers int
	// Lists bounds lists of recipients.
	Lists resourcelist.Limits
}

// callable returns the Request-URI for an address that somebody wants called, or
// why it is not: our own resources are never called, nor is what is no address
// of a user. [FOC-OUT-01] [FOC-OUT-16] [FOC-LST-15]
func (f *Focus) callable(uri sipmsg.URI) (sipmsg.URI, *sip.Error) {
	uri.Headers = nil
	uri.Params = uri.Params.Without("method")
	forbidden := func(text string) (sipmsg.URI, *sip.Error) {
		return uri, &sip.Error{Status: 403, Warning: warning(f.cfg.Agent, text)}
	}
	switch {
	case uri.Scheme == "tel" && f.cfg.DialOut.Outbound != nil:
		return uri, nil // D-48
	case !uri.IsSIP():
		return forbidden("no address that can be called")
	case f.own(uri):
		return forbidden("address of this server")
	case f.cfg.DialOut.Outbound == nil && !f.reachable(uri):
		return forbidden("address that must not be called")
	}
	return uri, nil
}

// own reports whether uri leads to this server itself.
func (f *Focus) own(uri sipmsg.URI) bool {
	_, found := f.cfg.Gate.Locate(uri)
	return found || f.cfg.Gate.Serves(uri)
}

// reachable judges where a request would go: names when they are resolved.
// [SEC-03]
func (f *Focus) reachable(uri sipmsg.URI) bool {
	if to, literal := locate.Literal(uri); literal {
		return f.cfg.Gate.Permit(to) == nil
	}
	return true
}

// outgoing is the INVITE to an invited user (TS 24.247 §7.3.2.5.3). [FOC-OUT-03]
// [FOC-OUT-04] [FOC-OUT-06]
func (f *Focus) outgoing(i *invitation) dialog.Outgoing {
	out := f.request(i)
	out.Fields = append(out.Fields, sipmsg.Field{Name: "Expires", Value: strconv.Itoa(int(f.cfg.DialOut.Ring / time.Second))})
	for _, f := range []sipmsg.Field{{Name: "Referred-By", Value: i.ReferredBy}, {Name: "Replaces", Value: i.Replaces}} {
		if f.Value != "" {
			out.Fields = append(out.Fields, f)
		}
	}
	if i.adapted {
		out.Fields = append(out.Fields, sipmsg.Field{Name: "Supported", Value: i.supported})
	}
	out.ContentType, out.Body = i.body()
	return out
}

// request is what every request to an invited user is made of: it speaks as the
// conference. [FOC-OUT-02] [FOC-DSP-07]
func (f *Focus) request(i *invitation) dialog.Outgoing {
	id := i.call.inst.ID()
	out := dialog.Outgoing{
		URI: i.uri, To: sipmsg.Address{Display: i.Target.Display, URI: logical(i.uri)}, Contact: i.call.contact,
		Fields: assertion(id, f.trusts(i.uri)),
	}
	out.From.URI, _ = sipmsg.ParseURI(string(id)) // of our own making
	if f.trusts(i.uri) {
		out.Charging = f.cfg.Gate.NewCharge() // [CHG-01] [CHG-03]
	}
	if f.cfg.DialOut.Outbound != nil {
		out.Routes = []sipmsg.URI{*f.cfg.DialOut.Outbound} // [CHG-04]
	}
	if login := f.cfg.DialOut.Login; login != nil {
		out.Auth = login.Exchange() // [FOC-OUT-11]
	}
	return out
}

// nextHop is where a request to uri goes first.
func (f *Focus) nextHop(uri sipmsg.URI) sipmsg.URI {
	if f.cfg.DialOut.Outbound != nil {
		return *f.cfg.DialOut.Outbound
	}
	return uri
}

// origin is where a request to uri comes from.
func (f *Focus) origin(uri sipmsg.URI) transport.Source {
	return f.cfg.Gate.Origin(transportOf(f.nextHop(uri)))
}

// transportOf names the transport that a URI asks for.
func transportOf(uri sipmsg.URI) string {
	if name, ok := uri.Params.Lookup("transport"); ok {
		return strings.ToLower(name)
	}
	if uri.Scheme == "sips" {
		return "tls"
	}
	return transport.UDP
}

// trusts reports whether the next hop to uri is in our trust domain: the one
// that the operator has named, or a listed address.
func (f *Focus) trusts(uri sipmsg.URI) bool {
	if f.cfg.DialOut.Outbound != nil {
		return true
	}
	to, literal := locate.Literal(uri)
	return literal && f.cfg.Gate.Trusted(transport.Source{Remote: to.Addr})
}

// logical is a URI as it may stand in To (RFC 3261 §19.1.1, table 1).
func logical(uri sipmsg.URI) sipmsg.URI {
	uri.Port = 0
	for _, name := range []string{"transport", "maddr", "ttl", "lr"} {
		uri.Params = uri.Params.Without(name)
	}
	return uri
}

// body is the offer, with whatever goes along. [FOC-OUT-06] [FOC-LST-13]
func (i *invitation) body() (contentType string, body []byte) {
	i.call.mu.Lock()
	offer := i.offer
	i.call.mu.Unlock()
	parts := []sipmsg.Part{{Header: contentHeader(sdpType), Body: offer}}
	if i.History != nil {
		header := contentHeader("application/resource-lists+xml")
		header.Add("Content-Disposition", "recipient-list-history; handling=optional")
		parts = append(parts, sipmsg.Part{Header: header, Body: i.History})
	}
	if i.Token != nil {
		parts = append(parts, *i.Token)
	}
	if len(parts) == 1 {
		return sdpType, offer
	}
	boundary := sipid.NewTag()
	return "multipart/mixed;boundary=" + boundary, sipmsg.AppendMultipart(nil, boundary, parts)
}

func contentHeader(contentType string) sipmsg.Header {
	return sipmsg.Header{Fields: []sipmsg.Field{{Name: "Content-Type", Value: contentType}}}
}

// contactIn returns the Contact that a response brings.
func contactIn(resp *sipmsg.Response) (sipmsg.Address, bool) {
	contacts, err := resp.Header.Contacts()
	if err != nil || len(contacts) != 1 {
		return sipmsg.Address{}, false
	}
	return contacts[0], true
}

// answerIn finds the session description among what a 2xx brought.
func answerIn(resp *sipmsg.Response, answer []byte) ([]byte, error) {
	if len(resp.Body) == 0 || len(answer) > 0 && &answer[0] != &resp.Body[0] {
		return answer, nil // it came earlier
	}
	return offerIn(&resp.Header, answer)
}
