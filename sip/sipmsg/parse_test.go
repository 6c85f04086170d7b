package sipmsg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip/sipmsg"
)

func TestParseRequest(t *testing.T) {
	m, err := sipmsg.ParseDatagram([]byte("INVITE sip:conf@focus.example.com;transport=tcp SIP/2.0\r\n"+
		"Via: SIP/2.0/TCP [2001:db8::9]:5060;branch=z9hG4bKnashds8;rport\r\n"+
		"f: \"Alice \\\"A\\\"\" <sip:alice@example.com>;tag=1928301774\r\n"+
		"To:\r\n <sip:conf@focus.example.com>\r\n"+
		"i: a84b4c76e66710\r\n"+
		"CSeq: 314159 INVITE\r\n"+
		"m: <sip:alice@192.0.2.1;transport=tcp>;+g.3gpp.icsi-ref=\"urn%3Ax\"\r\n"+
		"k: timer, 100rel,\r\n\t \r\n replaces\r\n"+
		"l: 4\r\n\r\nv=0\nextra"), sipmsg.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := &sipmsg.Request{
		Method: sipmsg.INVITE,
		URI:    mustURI(t, "sip:conf@focus.example.com;transport=tcp"),
		Header: sipmsg.Header{Fields: []sipmsg.Field{
			{Name: "Via", Value: "SIP/2.0/TCP [2001:db8::9]:5060;branch=z9hG4bKnashds8;rport"},
			{Name: "From", Value: `"Alice \"A\"" <sip:alice@example.com>;tag=1928301774`},
			{Name: "To", Value: "<sip:conf@focus.example.com>"},
			{Name: "Call-ID", Value: "a84b4c76e66710"},
			{Name: "CSeq", Value: "314159 INVITE"},
			{Name: "Contact", Value: `<sip:alice@192.0.2.1;transport=tcp>;+g.3gpp.icsi-ref="urn%3Ax"`},
			{Name: "Supported", Value: "timer, 100rel, replaces"},
			{Name: "Content-Length", Value: "4"},
		}},
		Body: []byte("v=0\n"),
	}
	if diff := cmp.Diff(sipmsg.Message(want), m); diff != "" {
		t.Error(diff)
	}
	roundTrip(t, m)
}

func TestParseResponse(t *testing.T) {
	m, err := sipmsg.ParseDatagram([]byte(okWire), sipmsg.Limits{})
	resp, ok := m.(*sipmsg.Response)
	if err != nil || !ok || resp.Status != 200 || resp.Reason != "OK" {
		t.Fatalf("%+v, %v", m, err)
	}
	if cseq, err := resp.Header.CSeq(); err != nil || cseq != (sipmsg.CSeq{Seq: 127, Method: sipmsg.INVITE}) {
		t.Errorf("CSeq %v, %v", cseq, err)
	}
	roundTrip(t, m)
}

// Message, text, fields and body: the checks of the values allocate nothing.
func TestParseAllocations(t *testing.T) {
	octets := []byte(inviteWire)
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := sipmsg.ParseDatagram(octets, sipmsg.Limits{}); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 4 {
		t.Errorf("%v allocations an INVITE", allocs)
	}
}
