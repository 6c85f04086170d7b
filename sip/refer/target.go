package refer

import (
	"strings"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Target is what a Refer-To, or an entry of a list, asks to do.
type Target struct {
	// Method is INVITE if none is named.
	Method sipmsg.Method
	// URI is what the request is to be sent to, without method and header part.
	// Schemes other than sip and sips are the receiver's business.
	URI sipmsg.URI
	// Display is the display name.
	Display string
	// Fields are those of the header part that may go into the request: Replaces and
	// Subject. What else a stranger wants to write into our requests is dropped
	// (RFC 3261 §19.1.5). [FOC-LST-15] [FOC-REF-15]
	Fields []sipmsg.Field
	// Focus tells whether the URI is said to be a conference (RFC 4508): a hint.
	// [FOC-REF-19]
	Focus bool
	// Copy and Anonymize are those of the entry of a list.
	Copy      resourcelist.CopyControl
	Anonymize bool
}

// AimAt reads the target that an address names. The method is that of the parameter of
// the URI, of its header part (RFC 5368) or of the header field, which some clients
// write. Spellings that differ are answered 400, a body in the URI 403. [FOC-REF-03]
func AimAt(a sipmsg.Address) (Target, *sip.Error) {
	t := Target{Method: sipmsg.INVITE, URI: a.URI, Display: a.Display, Focus: a.Params.Has("isfocus")}
	if a.URI.NamesHeader("Body") { // several lines as a rule, which no field has
		return Target{}, &sip.Error{Status: 403, Reason: "Body in Refer-To"}
	}
	var spelled []string
	if m, ok := a.URI.Params.Lookup("method"); ok {
		spelled = append(spelled, m)
	}
	for _, f := range a.URI.HeaderFields() {
		switch f.Name {
		case "Method":
			spelled = append(spelled, f.Value)
		case "Replaces", "Subject":
			t.Fields = append(t.Fields, f)
		}
	}
	if m, ok := a.Params.Lookup("method"); ok {
		spelled = append(spelled, m)
	}
	for _, m := range spelled {
		if m != spelled[0] || m == "" {
			return Target{}, &sip.Error{Status: 400, Reason: "Bad Refer-To (method)"}
		}
		t.Method = sipmsg.Method(strings.Clone(m))
	}
	t.URI.Params = t.URI.Params.Without("method")
	t.URI.Headers = nil
	return t, nil
}

// Replaces returns the dialog that the request is to replace, as its receiver sees it.
func (t Target) Replaces() (sipmsg.Replaces, bool) {
	h := sipmsg.Header{Fields: t.Fields}
	r, err := h.Replaces()
	return r, err == nil
}

// AimAtAll reads the targets of a list, each once. The same target with two methods is
// answered 400. [FOC-MRF-04]
func AimAtAll(l resourcelist.List) ([]Target, *sip.Error) {
	var out []Target
	for _, e := range l {
		t, err := AimAt(sipmsg.Address{URI: e.URI, Display: e.Display})
		if err != nil {
			return nil, err
		}
		t.Copy, t.Anonymize = e.Copy, e.Anonymize
		if out, err = join(out, t); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// join adds t to those it is not equal to; see [resourcelist.Unite]. [FOC-LST-06]
func join(out []Target, t Target) ([]Target, *sip.Error) {
	for i := range out {
		if !out[i].URI.Equal(t.URI) {
			continue
		}
		if out[i].Method != t.Method {
			return nil, &sip.Error{Status: 400, Reason: "Two Methods for One Target"}
		}
		out[i].Copy = max(out[i].Copy, t.Copy)
		out[i].Anonymize = out[i].Anonymize || t.Anonymize
		return out, nil
	}
	return append(out, t), nil
}
