package msrp

import (
	"errors"
	"net"
	"strconv"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestReportsOfPeer(t *testing.T) {
	tests := []struct {
		name, fields string
		known        bool
		complete     bool
		none         bool // nothing is told
		ends         bool
	}{
		{"all", "Message-ID: m1\nByte-Range: 1-5/5\nStatus: 000 200 OK", true, true, false, false},
		{"range a little wrong", "Message-ID: m1\nByte-Range: 1-6/5\nStatus: 000 200 OK", true, true, false, false},
		{"no range", "Message-ID: m1\nStatus: 000 200", true, true, false, false},
		{"a part", "Message-ID: m1\nByte-Range: 1-3/5\nStatus: 000 200 OK", true, false, false, false},
		{"with Success-Report", "Message-ID: m1\nSuccess-Report: yes\nStatus: 000 200 OK", true, true, false, false},
		{"other namespace", "Message-ID: m1\nStatus: 001 200 OK", false, false, true, false},
		{"unknown message", "Message-ID: m2\nStatus: 000 413 Unwanted", false, false, false, false},
		{"unknown message not arrived", "Message-ID: m2\nStatus: 000 408 Timeout", false, false, false, false},
		{"no session for an unknown message", "Message-ID: m2\nStatus: 000 481 None", false, false, false, false},
		{"refused type", "Message-ID: m1\nByte-Range: 1-5/5\nStatus: 000 415 No", true, false, false, false},
		{"not arrived", "Message-ID: m1\nByte-Range: 1-5/5\nStatus: 000 408 Timeout", true, false, false, true},
		{"no session", "Message-ID: m1\nStatus: 000 481 None", true, false, false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, s, h, p := example(t, SessionConfig{})
			queue(t, s, Message{ID: "m1", ContentType: "a/b", Body: []byte("hello"), SuccessReport: true}, 9)
			p.answer(p.next(), 200)
			wait(t, h.sent, "outcome")
			p.write(p.request("REPORT", tt.fields, nil, "$"))
			if tt.ends {
				_ = wait(t, h.ended, "end")
			} else {
				p.probe() // never answered
			}
			if tt.none {
				if len(h.reports) != 0 {
					t.Error("told")
				}
				return
			}
			r := wait(t, h.reports, "report")
			if r.Known != tt.known || r.Complete != tt.complete || r.Known && r.Ref != 9 {
				t.Errorf("got %+v", r)
			}
		})
	}
	conform.Covers(t, "MSRP-RPT-07", "MSRP-RPT-09", "MSRP-RPT-10", "MSRP-RPT-11", "MSRP-RSP-04")
}

// TestReportsUnasked: failure reports count for messages that asked for none, too,
// if they were sent lately.
func TestReportsUnasked(t *testing.T) {
	one := Message{ID: "m1", ContentType: "Image/PNG; a=b", Body: []byte("hello")}
	sent := func(t *testing.T, more int) (*Session, *recorder, *rawPeer) {
		t.Helper()
		_, s, h, p := example(t, SessionConfig{})
		queue(t, s, one, 1)
		p.answer(p.next(), 200)
		wait(t, h.sent, "outcome")
		for range more {
			queue(t, s, text("more"), 2)
			p.answer(p.next(), 200)
			wait(t, h.sent, "outcome")
		}
		return s, h, p
	}
	for _, status := range []string{"408", "481"} {
		_, h, p := sent(t, recentMax-1)
		p.write(p.request("REPORT", "Message-ID: m1\nStatus: 000 "+status, nil, "$"))
		e := (*Error)(nil)
		if err := wait(t, h.ended, "end"); !errors.As(err, &e) || strconv.Itoa(e.Status) != status {
			t.Errorf("%s: ended with %v", status, err)
		}
	}
	// Of one that was sent long ago, nothing is known any more.
	_, _, p := sent(t, recentMax)
	p.write(p.request("REPORT", "Message-ID: m1\nStatus: 000 481", nil, "$"))
	p.probe()

	s, _, p := sent(t, 0)
	p.write(p.request("REPORT", "Message-ID: m2\nStatus: 000 415", nil, "$"))
	p.probe()
	queue(t, s, one, 3)
	p.answer(p.next(), 200)
	p.write(p.request("REPORT", "Message-ID: m1\nStatus: 000 415", nil, "$"))
	p.probe()
	if err := s.Send(one, 4); !errors.Is(err, ErrRefusedType) {
		t.Errorf("a type that was refused by a report: %v", err)
	}
	queue(t, s, text("words"), 5)
	p.answer(p.next(), 200)

	// That which has bound the session, too: a relay has answered it.
	ep := newEndpoint(t, Config{KeepAlive: -1})
	h := exampleHandler()
	s = fixedSession(t, ep, exampleConfig(h), aliceURI, roomURI)
	near, far := net.Pipe()
	c, err := ep.start(far, true, "")
	if err != nil {
		t.Fatal(err)
	}
	p = peerOn(t, near)
	s.bindTo(c)
	f := p.next()
	p.answer(f, 200)
	p.write(p.requestTo(aliceURI, roomURI, "REPORT", "Message-ID: "+string(f.MessageID)+"\nStatus: 000 481", nil, "$"))
	if err := wait(t, h.ended, "end"); asError(err).Status != msrpwire.StatusNoSuchSession {
		t.Errorf("ended with %v", err)
	}
	conform.Covers(t, "MSRP-RPT-07", "MSRP-RPT-09", "MSRP-RSP-09")
}

func TestReportsToPeer(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	p.send("Message-ID: m1\nByte-Range: 1-5/5\nFailure-Report: no\nSuccess-Report: yes", "hello", "$")
	f := p.next()
	if f.Method != msrpwire.REPORT || f.ByteRange != (msrpwire.Range{Start: 1, End: 5, Total: 5}) ||
		f.ReportStatus.Code != 200 || string(f.MessageID) != "m1" || f.HasReportFields() {
		t.Errorf("got %+v", f.Head)
	}
	wait(t, h.messages, "message")
	err := s.SendReport(Report{
		MessageID: "m1", Range: msrpwire.Range{Start: 1, End: 5, Total: 5}, Status: 404, Comment: "Recipient unknown",
		ContentType: "message/cpim", Body: []byte("To: x\r\n\r\n"),
	})
	if err != nil {
		t.Fatal(err)
	}
	f = p.next()
	if f.ReportStatus.Code != 404 || string(f.body) != "To: x\r\n\r\n" {
		t.Errorf("got %+v %q", f.Head, f.body)
	}
	if err := s.SendReport(Report{MessageID: "m1", Status: 404, ContentType: "a/b", Body: pattern(10241)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("10,241 octets: %v", err)
	}
	s.Close()
	if err := s.SendReport(Report{MessageID: "m1", Status: 404}); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	conform.Covers(t, "MSRP-RPT-02", "MSRP-RPT-03", "MSRP-RPT-06", "MSRP-RPT-10", "SW-RPT-01")
}

func TestReportThroughRelay(t *testing.T) {
	relay := "msrp://relay.example:9000/r1;tcp"
	ep := newEndpoint(t, Config{KeepAlive: -1})
	s := fixedSession(t, ep, SessionConfig{Handler: exampleHandler()}, roomURI, relay+" "+aliceURI)
	p := newPeer(t, ep, "pipe")
	p.write(p.requestTo(roomURI, relay+" "+aliceURI, "SEND", "Message-ID: m1\nSuccess-Report: yes", []byte("hello"), "$"))
	if f := p.next(); f.Status != 200 || string(f.ToPath) != relay {
		t.Errorf("response: %+v", f.Head)
	}
	if f := p.next(); f.Method != msrpwire.REPORT || string(f.ToPath) != relay+" "+aliceURI || string(f.FromPath) != roomURI {
		t.Errorf("report: %+v", f.Head)
	}
	queue(t, s, text("hello"), 1)
	if f := p.next(); string(f.ToPath) != relay+" "+aliceURI || string(f.FromPath) != roomURI {
		t.Errorf("request: %+v", f.Head)
	}
	p.write(p.requestTo(roomURI, relay+" "+aliceURI, "NICKNAME", `Use-Nickname: "Ali"`, nil, "$"))
	if f := p.next(); f.Status != 200 || string(f.ToPath) != relay+" "+aliceURI {
		t.Errorf("response to NICKNAME: %+v", f.Head)
	}
	conform.Covers(t, "MSRP-PTH-01", "MSRP-PTH-03", "MSRP-PTH-04", "MSRP-RPT-02")
}
