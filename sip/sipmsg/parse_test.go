package sipmsg

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const invite = "INVITE sip:conf@focus.example.com;transport=tcp SIP/2.0\r\n" +
	"Via: SIP/2.0/TCP [2001:db8::9]:5060;branch=z9hG4bKnashds8;rport\r\n" +
	"Max-Forwards: 70\r\n" +
	"f: \"Alice \\\"A\\\"\" <sip:alice@example.com>;tag=1928301774\r\n" +
	"To:\r\n <sip:conf@focus.example.com>\r\n" +
	"i: a84b4c76e66710\r\n" +
	"CSeq: 314159 INVITE\r\n" +
	"m: <sip:alice@192.0.2.1;transport=tcp>;+g.3gpp.icsi-ref=\"urn%3Ax\"\r\n" +
	"k: timer, 100rel,\r\n\treplaces\r\n" +
	"c: application/sdp\r\n" +
	"l: 4\r\n\r\nv=0\n"

func TestParseInvite(t *testing.T) {
	m, err := ParseDatagram([]byte(invite+"extra"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	req, ok := m.(*Request)
	if !ok {
		t.Fatalf("parsed a %T", m)
	}
	if string(req.Body) != "v=0\n" {
		t.Errorf("body %q", req.Body)
	}
	if diff := cmp.Diff([]string{"timer", "100rel", "replaces"}, req.Header.Tokens("Supported")); diff != "" {
		t.Error(diff)
	}
	from, err := req.Header.From()
	if err != nil || from.Display != `Alice "A"` || from.Tag() != "1928301774" {
		t.Errorf("From %+v, %v", from, err)
	}
	via, err := req.Header.Via()
	if err != nil || via.Host != "2001:db8::9" || via.String() != "SIP/2.0/TCP [2001:db8::9]:5060;branch=z9hG4bKnashds8;rport" {
		t.Errorf("Via %q, %v", via, err)
	}
	again, err := ParseDatagram(req.Append(nil), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(req.Append(nil)), string(again.Append(nil))); diff != "" {
		t.Error(diff)
	}
}

func TestStreamAtEveryOctet(t *testing.T) {
	input := "\r\n\r\n" + invite + invite + "\r\n" + strings.Replace(invite, "l: 4", "l: -4", 1)
	var s Stream
	var got []string
	buf := []byte(nil)
	for i := range len(input) {
		buf = append(buf, input[i])
		m, n, err := s.Next(buf)
		if errors.Is(err, ErrIncomplete) {
			continue
		}
		buf = buf[n:]
		switch {
		case err != nil:
			got = append(got, err.Error())
		case m != nil:
			got = append(got, "message")
		}
	}
	want := []string{"message", "message", "sip: 400 Content-Length: malformed"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
