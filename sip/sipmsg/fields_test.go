package sipmsg_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// header parses the fields of a minimal message and returns them.
func header(tb testing.TB, fields string) *sipmsg.Header {
	tb.Helper()
	m, err := sipmsg.ParseDatagram([]byte("OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"+
		"From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\n"+fields+"\r\n"), sipmsg.Limits{})
	if err != nil {
		tb.Fatal(err)
	}
	return m.Head()
}

func TestCompactForms(t *testing.T) {
	conform.Covers(t, "COM-04")
	m, err := sipmsg.ParseDatagram([]byte("REFER sip:x SIP/2.0\r\nv: SIP/2.0/UDP h;branch=z9hG4bK1\r\nf: <sip:a@h>;tag=1\r\n"+
		"t: <sip:b@h>\r\ni: c@h\r\nCSeq: 1 REFER\r\nm: <sip:a@h2>;unknown=1\r\nr: <sip:c@h;method=BYE>\r\nb: <sip:a@h>;cid=\"1@h\"\r\n"+
		"c: text/plain;unknown\r\ne: identity\r\nk: timer,100rel\r\ns: Hello\r\no: conference;id=4\r\nu: conference, refer\r\n"+
		"x: 1800;refresher=uas\r\na: *;audio\r\nj: *;video\r\nX-Unknown: {\r\nl: 2\r\n\r\nhi"), sipmsg.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	h := m.Head()
	var names []string
	for _, f := range h.Fields {
		names = append(names, f.Name)
	}
	want := []string{
		"Via", "From", "To", "Call-ID", "CSeq", "Contact", "Refer-To", "Referred-By", "Content-Type", "Content-Encoding",
		"Supported", "Subject", "Event", "Allow-Events", "Session-Expires", "Accept-Contact", "Reject-Contact", "X-Unknown", "Content-Length",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
	if to, err := h.ReferTo(); err != nil || to.URI.String() != "sip:c@h;method=BYE" {
		t.Errorf("Refer-To %v, %v", to, err)
	}
	if by, err := h.ReferredBy(); err != nil || by.URI.User != "a" {
		t.Errorf("Referred-By %v, %v", by, err)
	}
	if diff := cmp.Diff([]string{"timer", "100rel"}, h.Tokens("Supported")); diff != "" {
		t.Error(diff)
	}
	if string(m.Content()) != "hi" {
		t.Errorf("body %q", m.Content())
	}
}

func TestFieldNamesAreCaseless(t *testing.T) {
	h := header(t, "max-FORWARDS : 12\r\nwww-authenticate: Digest realm=\"x\"\r\nx-my-own: 1\r\nrack: 3 4 INVITE\r\nMIN-se: 90\r\n")
	for _, name := range []string{"Max-Forwards", "WWW-Authenticate", "X-My-Own", "RAck", "Min-SE"} {
		if !h.Has(name) {
			t.Errorf("no %s in %+v", name, h.Fields)
		}
	}
}

// Each typed value is read from text and written back.
func TestTypedFields(t *testing.T) {
	tests := []struct {
		name, in string
		read     func(h *sipmsg.Header) (any, bool)
		want     any
		write    string // "" if the value has no String
	}{
		{
			"Event", "conference;id=a1", func(h *sipmsg.Header) (any, bool) { e, err := h.Event(); return e, err == nil },
			sipmsg.Event{Package: "conference", Params: sipmsg.Params{{Name: "id", Value: "a1"}}},
			"conference;id=a1",
		},
		{
			"Subscription-State", "Terminated ; reason=noresource;retry-after=3",
			func(h *sipmsg.Header) (any, bool) { s, err := h.SubscriptionState(); return s, err == nil },
			sipmsg.SubscriptionState{State: "terminated", Params: sipmsg.Params{{Name: "reason", Value: "noresource"}, {Name: "retry-after", Value: "3"}}},
			"terminated;reason=noresource;retry-after=3",
		},
		{
			"Content-Type", `Multipart/Mixed; boundary="a b"`, func(h *sipmsg.Header) (any, bool) { return h.ContentType() },
			sipmsg.MediaType{Type: "multipart", Subtype: "mixed", Params: sipmsg.Params{{Name: "boundary", Value: "a b", Quoted: true}}},
			`multipart/mixed;boundary="a b"`,
		},
		{
			"Content-Disposition", "recipient-list; handling=optional", func(h *sipmsg.Header) (any, bool) { return h.ContentDisposition() },
			sipmsg.Disposition{Type: "recipient-list", Params: sipmsg.Params{{Name: "handling", Value: "optional"}}},
			"recipient-list;handling=optional",
		},
		{
			"Session-Expires", "1800;refresher=UAC", func(h *sipmsg.Header) (any, bool) { s, err := h.SessionExpires(); return s, err == nil },
			sipmsg.SessionExpires{Seconds: 1800, Refresher: "uac"},
			"1800;refresher=uac",
		},
		{
			"Min-SE", "90;x=y", func(h *sipmsg.Header) (any, bool) { return h.MinSE() }, uint32(90), "",
		},
		{
			"Replaces", "98732@sip.example.com ;from-tag=r33th4x0r ;to-tag=ff87ff;early-only",
			func(h *sipmsg.Header) (any, bool) { r, err := h.Replaces(); return r, err == nil },
			sipmsg.Replaces{CallID: "98732@sip.example.com", FromTag: "r33th4x0r", ToTag: "ff87ff", EarlyOnly: true},
			"98732@sip.example.com;to-tag=ff87ff;from-tag=r33th4x0r;early-only",
		},
		{
			"RAck", "776656 1 INVITE", func(h *sipmsg.Header) (any, bool) { r, err := h.RAck(); return r, err == nil },
			sipmsg.RAck{RSeq: 776656, CSeq: sipmsg.CSeq{Seq: 1, Method: sipmsg.INVITE}},
			"776656 1 INVITE",
		},
		{"RSeq", "988789", func(h *sipmsg.Header) (any, bool) { return h.RSeq() }, uint32(988789), ""},
		{"Expires", "7200", func(h *sipmsg.Header) (any, bool) { return h.Expires() }, uint32(7200), ""},
		{"Min-Expires", "60", func(h *sipmsg.Header) (any, bool) { return h.MinExpires() }, uint32(60), ""},
		{"Retry-After", "18 (in a meeting);duration=3600", func(h *sipmsg.Header) (any, bool) { return h.RetryAfter() }, 18 * time.Second, ""},
		{
			"Date", "Sat, 13 Nov 2010 23:29:00 GMT", func(h *sipmsg.Header) (any, bool) { return h.Date() },
			time.Date(2010, 11, 13, 23, 29, 0, 0, time.UTC), "",
		},
		{
			"P-Charging-Vector", "icid-value=Ay+6O=0235;icid-generated-at=192.0.2.4;orig-ioi=\"home1.net\"",
			func(h *sipmsg.Header) (any, bool) { c, err := h.ChargingVector(); return c, err == nil },
			sipmsg.ChargingVector{ICIDValue: "Ay+6O=0235", Params: sipmsg.Params{
				{Name: "icid-generated-at", Value: "192.0.2.4"}, {Name: "orig-ioi", Value: "home1.net", Quoted: true},
			}},
			`icid-value="Ay+6O=0235";icid-generated-at=192.0.2.4;orig-ioi="home1.net"`,
		},
		{"Privacy", "id; Critical", func(h *sipmsg.Header) (any, bool) { return h.Privacy(), true }, []string{"id", "critical"}, ""},
		{"Max-Forwards", "256", func(h *sipmsg.Header) (any, bool) { return h.MaxForwards(), true }, 70, ""},
		{"Subject", "x", func(h *sipmsg.Header) (any, bool) { return h.MaxForwards(), true }, 70, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := tt.read(header(t, tt.name+": "+tt.in+"\r\n"))
			if !ok {
				t.Fatal("refused")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if s, ok := got.(interface{ String() string }); ok && tt.write != "" && s.String() != tt.write {
				t.Errorf("written as %q, want %q", s.String(), tt.write)
			}
		})
	}
}

func TestTypedLists(t *testing.T) {
	h := header(t, "Reason: SIP;cause=200;text=\"Call, done\", Q.850;cause=16;text=x\r\n"+
		"Warning: 307 isi.edu \"No \\\"x\\\"\", 399 192.0.2.1:5060 \"b\"\r\n"+
		"P-Asserted-Identity: \"C, D\" <sip:c@h>, <tel:+14085264000>\r\nP-Preferred-Identity: <sip:p@h>\r\n"+
		"Route: <sip:p1;lr>,<sip:p2;lr>\r\nRecord-Route: <sip:r1;lr>\r\nRoute: <sip:p3;lr>\r\n"+
		"Accept: application/sdp;level=1, text/*;q=0\r\nAccept: multipart/mixed\r\n")
	if diff := cmp.Diff([]sipmsg.Reason{{Protocol: "SIP", Cause: 200, Text: "Call, done"}, {Protocol: "Q.850", Cause: 16, Text: "x"}}, h.Reasons()); diff != "" {
		t.Error(diff)
	}
	if got := h.Reasons()[0].String(); got != `SIP;cause=200;text="Call, done"` {
		t.Errorf("Reason %q", got)
	}
	if diff := cmp.Diff([]sipmsg.Warning{{Code: 307, Agent: "isi.edu", Text: `No "x"`}, {Code: 399, Agent: "192.0.2.1:5060", Text: "b"}}, h.Warnings()); diff != "" {
		t.Error(diff)
	}
	if got := h.Warnings()[0].String(); got != `307 isi.edu "No \"x\""` {
		t.Errorf("Warning %q", got)
	}
	for name, read := range map[string]func() ([]sipmsg.Address, error){
		`"C, D" <sip:c@h>|<tel:+14085264000>|`: h.AssertedIdentities,
		"<sip:p@h>|":                           h.PreferredIdentities,
		"<sip:p1;lr>|<sip:p2;lr>|<sip:p3;lr>|": h.Routes,
		"<sip:r1;lr>|":                         h.RecordRoutes,
	} {
		got, text := must(read()), ""
		for _, a := range got {
			text += a.String() + "|"
		}
		if text != name {
			t.Errorf("addresses %q, want %q", text, name)
		}
	}
	if !h.Accepts("application/sdp", "") || !h.Accepts("multipart/mixed", "") || h.Accepts("text/plain", "") || h.Accepts("image/png", "") {
		t.Errorf("Accept %v", h.Accept())
	}
	none := header(t, "")
	if !none.Accepts("application/sdp", "application/sdp") || none.Accepts("text/plain", "application/sdp") {
		t.Error("no Accept does not mean the default type")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestDigestFields(t *testing.T) {
	h := header(t, "WWW-Authenticate: Digest realm=\"a, b\", qop=\"auth,auth-int\" ,nonce = \"n\\\"\", stale=TRUE, algorithm=SHA-256\r\n"+
		"WWW-Authenticate: Digest realm=x,\r\nAuthorization: Digest username=\"bob\", uri=\"sip:h\", nc=00000001\r\n")
	c := h.Challenges()
	if len(c) != 1 {
		t.Fatalf("challenges %v", c)
	}
	if got := c[0].String(); got != `Digest realm="a, b", qop="auth,auth-int", nonce="n\"", stale=TRUE, algorithm=SHA-256` {
		t.Errorf("challenge %q", got)
	}
	cred := h.Credentials()
	if len(cred) != 1 {
		t.Fatalf("credentials %v", cred)
	}
	if v, _ := cred[0].Params.Lookup("URI"); v != "sip:h" {
		t.Errorf("uri %q", v)
	}
}

// A field that is there but wrong names itself; the callers answer 400 with it.
func TestMalformedFieldsNameThemselves(t *testing.T) {
	tests := []struct {
		fields, name string
		read         func(h *sipmsg.Header) error
	}{
		{"Event: a b\r\n", "Event", func(h *sipmsg.Header) error { _, err := h.Event(); return err }},
		{"", "Event", func(h *sipmsg.Header) error { _, err := h.Event(); return err }},
		{"Refer-To: A, B <sip:a@h>\r\n", "Refer-To", func(h *sipmsg.Header) error { _, err := h.ReferTo(); return err }},
		{"Replaces: a;to-tag=1\r\n", "Replaces", func(h *sipmsg.Header) error { _, err := h.Replaces(); return err }},
		{"Replaces: a;to-tag=1;from-tag=2;to-tag=3\r\n", "Replaces", func(h *sipmsg.Header) error { _, err := h.Replaces(); return err }},
		{"RAck: 1 x INVITE\r\n", "RAck", func(h *sipmsg.Header) error { _, err := h.RAck(); return err }},
		{"Session-Expires: 99999999999\r\n", "Session-Expires", func(h *sipmsg.Header) error { _, err := h.SessionExpires(); return err }},
		{"P-Asserted-Identity: x\r\n", "P-Asserted-Identity", func(h *sipmsg.Header) error { _, err := h.AssertedIdentities(); return err }},
		{"P-Charging-Vector: a=b\r\n", "P-Charging-Vector", func(h *sipmsg.Header) error { _, err := h.ChargingVector(); return err }},
	}
	for _, tt := range tests {
		e := sipmsg.AsSyntaxError(tt.read(header(t, tt.fields)))
		if e == nil || e.Field != tt.name || e.Status != 400 {
			t.Errorf("%q: %v", tt.fields, e)
		}
	}
	h := header(t, "Date: Fri, 01 Jan 2010 16:00:00 EST\r\nExpires: 10000000000\r\nContent-Type: x\r\nRetry-After: soon\r\n")
	if _, ok := h.Date(); ok {
		t.Error("Date in EST taken (RFC 4475 §3.1.2.12)")
	}
	if _, ok := h.Expires(); ok {
		t.Error("overlarge Expires taken (RFC 4475 §3.1.2.4)")
	}
	if _, ok := h.ContentType(); ok {
		t.Error("Content-Type without subtype taken")
	}
	if _, ok := h.RetryAfter(); ok {
		t.Error("Retry-After without number taken")
	}
}

func TestSubscriptionStateParams(t *testing.T) {
	h := header(t, "Subscription-State: active;expires=3600\r\nEvent: refer;id=93809824\r\n")
	s := must(h.SubscriptionState())
	if n, ok := s.Expires(); !ok || n != 3600 {
		t.Errorf("expires %d, %v", n, ok)
	}
	if id := must(h.Event()).ID(); id != "93809824" {
		t.Errorf("id %q", id)
	}
	s = must(header(t, "Subscription-State: terminated;reason=probation;retry-after=x\r\n").SubscriptionState())
	if n, ok := s.RetryAfter(); ok || s.Reason() != "probation" {
		t.Errorf("reason %q, retry after %d", s.Reason(), n)
	}
}

func TestFormatDate(t *testing.T) {
	at := time.Date(2010, 11, 14, 0, 29, 0, 0, time.FixedZone("CET", 3600))
	if got := sipmsg.FormatDate(at); got != "Sat, 13 Nov 2010 23:29:00 GMT" {
		t.Errorf("Date %q", got)
	}
}
