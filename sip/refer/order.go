package refer

import (
	"strings"

	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// Order is what a REFER of ours asks for.
type Order struct {
	// To is the Refer-To, with its parameters (isfocus). The method is a parameter of
	// its URI.
	To sipmsg.Address
	// Targets, if there are any, are asked for in one request instead (RFC 5368), and
	// To does not count. The receiver must be known to serve that; nothing is
	// reported. [PAR-REF-05]
	Targets resourcelist.List
	// ReferredBy is the value of Referred-By; empty leaves it out.
	ReferredBy string
	// Silent asks the receiver not to report. It is for receivers that a request
	// reaches unforked: conference URIs and dialogs. [PAR-REF-04]
	Silent bool
	// Never requires that the receiver does not report (RFC 7614 §5), where Silent only
	// asks for it: one that does not know of that refuses with 420.
	Never bool
	// Explicit, if set, requires that the receiver says where its reports are subscribed
	// to instead of making a subscription itself (RFC 7614 §4); one that does not know
	// of that refuses with 420. It returns how the SUBSCRIBE to that URI is sent: From,
	// Contact, NextHop, Auth. It is for receivers that a request reaches unforked, and
	// what keeps a dialog free of subscriptions (RFC 7647 §5). It is called on the shard
	// of the REFER and must not block.
	Explicit func(uri sipmsg.URI) dialog.Outgoing
	// Fields go into the request as they are.
	Fields []sipmsg.Field
}

// compose returns the fields and the body.
func (o *Order) compose() (fields []sipmsg.Field, body []byte) {
	add := func(name, value string) { fields = append(fields, sipmsg.Field{Name: name, Value: value}) }
	if len(o.Targets) == 0 {
		add("Refer-To", o.To.String())
		if o.Silent {
			add("Refer-Sub", "false")
		}
		add("Supported", "norefersub")
		switch {
		case o.Never:
			add("Require", "nosub")
		case o.Explicit != nil:
			add("Require", "explicitsub")
		}
	} else {
		cid := sipid.Token(20) + "@" + "confab.invalid"
		add("Refer-To", "<cid:"+cid+">")
		add("Refer-Sub", "false")
		add("Require", "multiple-refer, norefersub")
		part := resourcelist.Unite(o.Targets).Part(resourcelist.RecipientList)
		fields = append(fields, part.Header.Fields...)
		add("Content-ID", "<"+cid+">")
		body = part.Body
	}
	if o.ReferredBy != "" {
		add("Referred-By", o.ReferredBy)
	}
	add("Accept", "message/sipfrag")
	return append(fields, o.Fields...), body
}

// into writes the order into a request outside any dialog.
func (o *Order) into(out *dialog.Outgoing) {
	out.Method = sipmsg.REFER
	fields, body := o.compose()
	out.ContentType, out.Body = "", body
	out.Fields = append([]sipmsg.Field(nil), out.Fields...)
	for _, f := range fields {
		if f.Name == "Content-Type" {
			out.ContentType = f.Value
			continue
		}
		out.Fields = append(out.Fields, f)
	}
}

// Removal returns the Refer-To by which somebody is removed: the URI with method BYE.
// [PAR-REF-06]
func Removal(u sipmsg.URI) sipmsg.Address {
	u.Params = u.Params.With("method", string(sipmsg.BYE))
	return sipmsg.Address{URI: u}
}

// Replacing returns the Refer-To by which a session of somebody is replaced: r names
// it as he sees it (RFC 3891 §3). [PAR-CRE-07]
func Replacing(u sipmsg.URI, r sipmsg.Replaces) sipmsg.Address {
	u.Headers = append(u.Headers.Without("Replaces"), sipmsg.Param{Name: "Replaces", Value: escape(r.String())})
	return sipmsg.Address{URI: u}
}

// escape writes s as a value in the header part of a URI: what is neither letter nor
// digit nor a mark is percent-escaped (RFC 3261 §19.1.2).
func escape(s string) string {
	const hexdig, marks = "0123456789ABCDEF", "-_.!~*'()"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= '0' && c <= '9', c|0x20 >= 'a' && c|0x20 <= 'z', strings.IndexByte(marks, c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + string(hexdig[c>>4]) + string(hexdig[c&15]))
		}
	}
	return b.String()
}
