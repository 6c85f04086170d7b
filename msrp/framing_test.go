package msrp

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestUsableAfterBadRequest(t *testing.T) {
	_, _, h, p := example(t, SessionConfig{})
	good := p.request("SEND", "Message-ID: m1", []byte("hello"), "$")
	lines := strings.SplitAfter(good, "\r\n")
	lines[1], lines[2] = lines[2], lines[1] // From-Path first
	p.write(strings.Join(lines, ""))
	p.status(400)
	p.write(good)
	p.status(200)
	wait(t, h.messages, "message")
	for _, bad := range []string{
		strings.Replace(good, "Message-ID: m1\r\n", "Message-ID: m1\r\nMessage-ID: m1\r\n", 1),
		strings.Replace(good, "Message-ID: m1\r\n", "Message-ID: m1\r\nByte-Range: 3-2/9\r\n", 1),
		strings.Replace(good, "Message-ID: m1\r\n", "Message-ID: m1\r\n folded\r\n", 1),
		strings.Replace(good, "Content-Type: message/cpim\r\n", "", 1),
		strings.Replace(good, "$\r\n", "+\r\n", 1)[:len(good)], // whole again below
	} {
		if bad == good {
			t.Fatal("not bad")
		}
		p.write(bad)
		if f := p.next(); f.Status != 400 && !strings.HasSuffix(bad, "+\r\n") {
			t.Errorf("%q: %d", bad, f.Status)
		}
	}
	p.probe()
	conform.Covers(t, "MSRP-FRM-04", "MSRP-FRM-05", "MSRP-FRM-07", "MSRP-FRM-19")
}

func TestBodyOfReport(t *testing.T) {
	ep := listening(t, Config{KeepAlive: -1})
	_, h := exampleSession(t, ep, SessionConfig{})
	p := newPeer(t, ep, "tcp")
	p.bind()
	p.write(p.request("REPORT", "Message-ID: m1\nStatus: 000 413 No", pattern(10240), "$"))
	wait(t, h.reports, "report")
	p.write(p.request("REPORT", "Message-ID: m1\nStatus: 000 413 No", pattern(10241), "$"))
	p.ended()
	if len(h.reports) != 0 {
		t.Error("told")
	}
	conform.Covers(t, "MSRP-FRM-17")
}

func TestAllOctets(t *testing.T) {
	p := newPair(t, SessionConfig{}, SessionConfig{})
	body := make([]byte, 0, 512)
	for i := range 256 {
		body = append(body, byte(i), byte(255-i))
	}
	for _, end := range []string{"", "\r", "\n", "\r\n", "\r\n-------", "-------"} {
		queue(t, p.client, Message{ContentType: "application/octet-stream", Body: append(body[:512:512], end...)}, 1)
		if in := wait(t, p.atServ.messages, "message"); string(in.Body()) != string(body)+end {
			t.Errorf("changed, ending in %q", end)
		}
	}
	conform.Covers(t, "MSRP-FRM-12", "MSRP-FRM-13", "MSRP-FRM-22")
}

func TestLargeHeaders(t *testing.T) {
	ep := listening(t, Config{KeepAlive: -1})
	_, h := exampleSession(t, ep, SessionConfig{})
	p := newPeer(t, ep, "tcp")
	p.bind()
	long := strings.Repeat("x", 3900)
	fields := "Message-ID: m1\nA: " + long + "\nB: " + long + "\nC: " + long
	p.send(fields, "hello", "$")
	p.status(200)
	if in := wait(t, h.messages, "message"); string(in.Field("b")) != long {
		t.Error("field lost")
	}
	p.send(fields+"\nD: "+long+"\nE: "+long, "hello", "$")
	p.status(400)
	p.ended()
	conform.Covers(t, "MSRP-FRM-23")
}

func TestWithoutBody(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	p.write(p.request("SEND", "Message-ID: m1\nContent-Type: message/cpim", nil, "$")) // of no body
	p.status(200)
	if len(h.messages) != 0 {
		t.Error("delivered")
	}
	queue(t, s, Message{ID: "empty1"}, 1)
	f := p.next()
	if f.HasBody || len(f.ContentType) > 0 || string(f.MessageID) != "empty1" {
		t.Errorf("got %+v", f.Head)
	}
	conform.Covers(t, "MSRP-FRM-10")
}

func TestFlagsOfOthers(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	p.write(p.request("NICKNAME", `Use-Nickname: "Ali"`, nil, "+"))
	if f := p.next(); f.Status != 200 || f.flag != msrpwire.Last {
		t.Errorf("got %d, flag %c", f.Status, f.flag)
	}
	p.write(p.request("REPORT", "Message-ID: m1\nStatus: 000 200 OK", nil, "#"))
	wait(t, h.reports, "report")
	if err := s.SendReport(Report{MessageID: "m1", Status: 404}); err != nil {
		t.Fatal(err)
	}
	if f := p.next(); f.Method != msrpwire.REPORT || f.flag != msrpwire.Last {
		t.Errorf("got %s, flag %c", f.Method, f.flag)
	}
	conform.Covers(t, "MSRP-FRM-16")
}

func TestWithoutMessageID(t *testing.T) {
	for _, tt := range []struct {
		fields, flag string
		status       int
	}{
		{"Success-Report: yes", "$", 200},
		{"", "+", 400},
		{"", "#", 400},
		{"Byte-Range: 3-5/5", "$", 400},
	} {
		_, _, h, p := example(t, SessionConfig{})
		p.send(tt.fields, "abc", tt.flag)
		p.status(tt.status)
		p.probe() // and no report
		if want := tt.status == 200; (len(h.messages) == 1) != want {
			t.Errorf("%q %s: %d messages", tt.fields, tt.flag, len(h.messages))
		}
	}
	conform.Covers(t, "MSRP-FRM-21")
}
