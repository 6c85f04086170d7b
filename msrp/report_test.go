package msrp

import (
	"errors"
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
