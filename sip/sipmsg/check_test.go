package sipmsg_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const bare = "INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\n" +
	"To: <sip:b@h>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContact: <sip:a@h>\r\n\r\n"

// change replaces old by text in the request bare.
func change(old, text string) string { return strings.Replace(bare, old, text, 1) }

func TestMandatoryFields(t *testing.T) {
	conform.Covers(t, "COM-01")
	tests := []struct {
		name, wire, field string
		status            int
	}{
		{"complete, no Max-Forwards", bare, "", 0},
		{"no Via", change("Via: ", "X: "), "Via", 400},
		{"no From", change("From: ", "X: "), "From", 400},
		{"no To", change("To: ", "X: "), "To", 400},
		{"no Call-ID", change("Call-ID: ", "X: "), "Call-ID", 400},
		{"no CSeq", change("CSeq: ", "X: "), "CSeq", 400},
		{"empty Call-ID", change("Call-ID: 1", "Call-ID: "), "Call-ID", 400},
		{"two From", change("To:", "f: <sip:c@h>;tag=2\r\nTo:"), "From", 400},
		{"two To", change("To:", "t: <sip:c@h>\r\nTo:"), "To", 400},
		{"two values in To", change("To: ", "To: <sip:c@h>, "), "To", 400},
		{"two Call-ID", change("To:", "i: 1\r\nTo:"), "Call-ID", 400},
		{"two CSeq", change("To:", "CSeq: 1 INVITE\r\nTo:"), "CSeq", 400},
		{"two Max-Forwards", change("To:", "Max-Forwards: 70\r\nMax-Forwards: 70\r\nTo:"), "Max-Forwards", 400},
		{"two Refer-To", change("To:", "r: <sip:c@h>\r\nRefer-To: <sip:d@h>\r\nTo:"), "Refer-To", 400},
		{"From without tag", change(";tag=1", ""), "From", 400},
		{"other method in CSeq", change("1 INVITE", "1 BYE"), "CSeq", 400},
		{"other method, unknown", change("INVITE sip", "PHONE sip"), "CSeq", 501},
		{"CSeq 2^31-1", change("1 INVITE", "2147483647 INVITE"), "", 0},
		{"CSeq 2^31", change("1 INVITE", "2147483648 INVITE"), "CSeq", 400},
		{"CSeq signed", change("1 INVITE", "-1 INVITE"), "CSeq", 400},
		{"no Contact in INVITE", change("Contact", "X"), "Contact", 400},
		{"two Contacts in INVITE", change("Contact: ", "Contact: <sip:c@h>,"), "Contact", 400},
		{"star as Contact in INVITE", change("Contact: <sip:a@h>", "Contact: *"), "Contact", 400},
		{"no Contact in SUBSCRIBE", strings.ReplaceAll(change("Contact", "X"), "INVITE", "SUBSCRIBE"), "Contact", 400},
		{"no Contact in REFER", strings.ReplaceAll(change("Contact", "X"), "INVITE", "REFER"), "Contact", 400},
		{"no Contact in BYE", strings.ReplaceAll(change("Contact", "X"), "INVITE", "BYE"), "", 0},
		{"two Contacts in REGISTER", strings.ReplaceAll(change("Contact: ", "Contact: <sip:c@h>,"), "INVITE", "REGISTER"), "", 0},
		{"malformed Route", change("To:", "Route: x\r\nTo:"), "Route", 400},
		{"malformed second Via", change(";branch=z9hG4bK1", ";branch=z9hG4bK1,x"), "Via", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := sipmsg.ParseDatagram([]byte(tt.wire), sipmsg.Limits{})
			if m == nil {
				t.Fatal("nothing to answer")
			}
			e := sipmsg.AsSyntaxError(err)
			switch {
			case tt.status == 0:
				if err != nil {
					t.Error(err)
				}
			case e == nil || e.Status != tt.status || e.Field != tt.field:
				t.Errorf("got %v, want %d %s", err, tt.status, tt.field)
			}
			if again := sipmsg.Check(m); (again == nil) != (tt.status == 0) {
				t.Errorf("Check says %v", again)
			}
			if m.Head().MaxForwards() != 70 {
				t.Errorf("Max-Forwards %d", m.Head().MaxForwards())
			}
		})
	}
}

func TestStartLines(t *testing.T) {
	conform.Covers(t, "COM-02", "COM-08")
	tests := []struct {
		line   string
		status int
	}{
		{"INVITE sip:b@h SIP/2.0", 0},
		{"INVITE sip:b@h sip/2.0", 0},
		{"INVITE sip:b@h SIP/7.0", 505},
		{"INVITE sip:b@h SIP/2.1", 505},
		{"INVITE sip:b@h SIP/x", 400},
		{"INVITE sip:b@h HTTP/1.1", 400},
		{"INVITE sip:b@h", 400},
		{"INVITE", 400},
		{"INVITE  sip:b@h SIP/2.0", 400},
		{"INVITE sip:b@h  SIP/2.0", 400},
		{"INVITE sip:b@h SIP/2.0 ", 400},
		{"INVITE <sip:b@h> SIP/2.0", 400},
		{"INVITE sip:b@h;lr SIP/2.0", 0},
		{"INVITE sip:b@h?Route=%3Csip:x%3E SIP/2.0", 400},
		{"INVITE sip:b@h; lr SIP/2.0", 400},
		{"INVITE soap.beep://x SIP/2.0", 0}, // 416 is for whoever knows the schemes served
	}
	for _, tt := range tests {
		m, err := sipmsg.ParseDatagram([]byte(change("INVITE sip:b@h SIP/2.0", tt.line)), sipmsg.Limits{})
		if got := status(err); got != tt.status || m == nil {
			t.Errorf("%q: %v, want %d", tt.line, err, tt.status)
		}
	}
	if m, err := sipmsg.ParseDatagram([]byte(change("INVITE sip", "\x16\x03\x01 sip")), sipmsg.Limits{}); m != nil || status(err) != 400 {
		t.Errorf("no method: %v, %v", m, err)
	}
}

func TestStatusLines(t *testing.T) {
	conform.Covers(t, "COM-02")
	for line, want := range map[string]int{
		"SIP/2.0 200 OK": 0, "SIP/2.0 200 ": 0, "SIP/2.0 200": 0, "SIP/2.0 699 \xff = 2**3": 0,
		"SIP/2.0 700 x": 400, "SIP/2.0 099 x": 400, "SIP/2.0 2000 x": 400, "SIP/2.0 4294967301 x": 400, "SIP/2.0 abc": 400,
		"SIP/3.0 200 OK": 505,
	} {
		m, err := sipmsg.ParseDatagram([]byte(change("INVITE sip:b@h SIP/2.0", line)), sipmsg.Limits{})
		if _, ok := m.(*sipmsg.Response); !ok || status(err) != want {
			t.Errorf("%q: %T, %v, want %d", line, m, err, want)
		}
	}
}

func TestFramingInDatagrams(t *testing.T) {
	conform.Covers(t, "COM-03")
	withBody := func(length, body string) string { return change("Contact", length+"Contact") + body }
	for name, tt := range map[string]struct {
		wire, body string
		status     int
	}{
		"no Content-Length": {withBody("", "hello"), "hello", 0},
		"exact":             {withBody("l: 5\r\n", "hello"), "hello", 0},
		"more octets":       {withBody("l: 5\r\n", "hello, world"), "hello", 0},
		"fewer octets":      {withBody("l: 6\r\n", "hello"), "hello", 400},
		"negative":          {withBody("l: -5\r\n", "hello"), "hello", 400},
		"no number":         {withBody("l: 5 5\r\n", "hello"), "hello", 400},
		"two that differ":   {withBody("l: 5\r\nContent-Length: 4\r\n", "hello"), "hello", 400},
		"no empty line":     {strings.TrimSuffix(bare, "\r\n"), "", 400},
		"line ends before":  {"\r\n\r\n" + bare, "", 0},
	} {
		m, err := sipmsg.ParseDatagram([]byte(tt.wire), sipmsg.Limits{})
		if m == nil || string(m.Content()) != tt.body || status(err) != tt.status {
			t.Errorf("%s: %+v, %v, want %q, %d", name, m, err, tt.body, tt.status)
		}
	}
	for _, keepAlive := range []string{"", "\r\n", "\r\n\r\n"} {
		if m, err := sipmsg.ParseDatagram([]byte(keepAlive), sipmsg.Limits{}); m != nil || !errors.Is(err, sipmsg.ErrIncomplete) {
			t.Errorf("%q: %v, %v", keepAlive, m, err)
		}
	}
}

func TestLimits(t *testing.T) {
	lim := sipmsg.Limits{StartLine: 40, HeaderLine: 60, HeaderBlock: 400, Headers: 10, Body: 20}
	for name, tt := range map[string]struct {
		wire   string
		status int
	}{
		"within":       {bare, 0},
		"start line":   {change("sip:b@h", "sip:"+strings.Repeat("b", 40)+"@h"), 414},
		"header line":  {change("To:", "X: "+strings.Repeat("x", 60)+"\r\nTo:"), 400},
		"folded line":  {change("To:", "X: "+strings.Repeat("x\r\n ", 20)+"\r\nTo:"), 400},
		"header block": {change("To:", strings.Repeat("X: "+strings.Repeat("x", 50)+"\r\n", 8)+"To:"), 400},
		"header count": {change("To:", strings.Repeat("X: y\r\n", 8)+"To:"), 400},
		"body":         {change("Contact", "l: 21\r\nContact") + strings.Repeat("x", 21), 413},
	} {
		m, err := sipmsg.ParseDatagram([]byte(tt.wire), lim)
		if m == nil || status(err) != tt.status {
			t.Errorf("%s: %v, %v, want %d", name, m, err, tt.status)
		}
		wire := tt.wire
		if !strings.Contains(wire, "l: ") {
			wire = strings.Replace(wire, "\r\n\r\n", "\r\nl: 0\r\n\r\n", 1)
		}
		m, _, err = sipmsg.ParseStream([]byte(wire), lim)
		if m == nil || status(err) != tt.status {
			t.Errorf("%s on a stream: %v, %v, want %d", name, m, err, tt.status)
		}
	}
}

// What a sender may wrongly put between CR LF pairs is refused, not carried on.
func TestLineEndsAlone(t *testing.T) {
	for _, wire := range []string{
		change("Call-ID: 1", "Call-ID: 1\nX: y"),
		change("Call-ID: 1", "Call-ID: 1\rX: y"),
		change("Call-ID: 1\r\n", "Call-ID: 1\n"),
		change("Call-ID: 1", "Call-ID: 1\n\r"),
		change("Call-ID: 1", "Call-ID"),
		change("Call-ID: 1", "Call ID: 1"),
		change("Call-ID: 1", ": 1"),
		change("Via: ", " Via: "),
	} {
		if m, err := sipmsg.ParseDatagram([]byte(wire), sipmsg.Limits{}); status(err) != 400 {
			t.Errorf("%q: %v, %v", wire, m, err)
		}
	}
}
