package msrp

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// piecesOf says which octets of a body a chunk carries.
type chunkOf struct {
	start int
	body  string
	total string
	flag  string
}

func (p *rawPeer) chunk(id string, c chunkOf) {
	p.t.Helper()
	p.send(fmt.Sprintf("Message-ID: %s\nByte-Range: %d-*/%s", id, c.start, c.total), c.body, c.flag)
}

func TestChunksInAnyOrder(t *testing.T) {
	_, _, h, p := example(t, SessionConfig{})
	chunks := []chunkOf{{1, "abc", "11", "+"}, {4, "defg", "11", "+"}, {8, "h", "11", "+"}, {9, "ijk", "11", "$"}}
	n := 0
	permute(chunks, func(order []chunkOf) {
		n++
		for _, c := range order {
			p.chunk(fmt.Sprintf("m%d", n), c)
			p.status(200)
		}
		if in := wait(t, h.messages, "message"); string(in.Body()) != "abcdefghijk" {
			t.Errorf("order %v: %q", order, in.Body())
		}
	})
	if n != 24 {
		t.Fatalf("%d permutations", n)
	}
	conform.Covers(t, "MSRP-RCV-03", "MSRP-RCV-01")
}

func permute[T any](s []T, f func([]T)) {
	var step func(i int)
	step = func(i int) {
		if i == len(s) {
			f(append([]T{}, s...))
			return
		}
		for j := i; j < len(s); j++ {
			s[i], s[j] = s[j], s[i]
			step(i + 1)
			s[i], s[j] = s[j], s[i]
		}
	}
	step(0)
}

func TestReassembly(t *testing.T) {
	tests := []struct {
		name   string
		chunks []chunkOf
		last   int // status of the last chunk
		want   string
		rows   []string
	}{
		{"one request", []chunkOf{{1, "hello", "5", "$"}}, 200, "hello", []string{"MSRP-RCV-01"}},
		{"wrong range-end", []chunkOf{{1, "hello", "99", "$"}}, 200, "hello", []string{"MSRP-RCV-02"}},
		{"overlap: later wins", []chunkOf{{1, "aaaaaa", "8", "+"}, {4, "bbbbb", "8", "$"}}, 200, "aaabbbbb", []string{"MSRP-RCV-04"}},
		{"overlap from before", []chunkOf{{4, "bbbbb", "8", "$"}, {1, "aaaaaa", "8", "+"}}, 200, "aaaaaabb", []string{"MSRP-RCV-04"}},
		{"contradicting totals", []chunkOf{{1, "abc", "10", "+"}, {4, "def", "12", "$"}}, 200, "abcdef", []string{"MSRP-RCV-05"}},
		{"octets beyond the last", []chunkOf{{4, "def", "6", "$"}, {7, "x", "7", "+"}}, 413, "", []string{"MSRP-RCV-05"}},
		{"last before octets that are there", []chunkOf{{7, "x", "7", "+"}, {4, "def", "6", "$"}}, 413, "", []string{"MSRP-RCV-05"}},
		{"empty last chunk behind the end", []chunkOf{{1, "abc", "*", "+"}, {4, "", "3", "$"}}, 200, "abc", []string{"MSRP-RCV-13"}},
		{"empty last chunk with start 1", []chunkOf{{1, "abc", "*", "+"}, {1, "", "*", "$"}}, 200, "abc", []string{"MSRP-RCV-13"}},
		{"empty message", []chunkOf{{1, "", "0", "$"}}, 200, "", []string{"MSRP-FRM-11"}},
		{"single octets", []chunkOf{{2, "b", "3", "+"}, {1, "a", "3", "+"}, {3, "c", "3", "$"}}, 200, "abc", []string{"MSRP-RCV-09"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, h, p := example(t, SessionConfig{})
			for i, c := range tt.chunks {
				p.chunk("m1", c)
				if i < len(tt.chunks)-1 {
					p.status(200)
				} else {
					p.status(tt.last)
				}
			}
			if tt.last != 200 {
				if len(h.messages) != 0 {
					t.Error("delivered")
				}
				return
			}
			if in := wait(t, h.messages, "message"); string(in.Body()) != tt.want {
				t.Errorf("got %q, want %q", in.Body(), tt.want)
			}
			conform.Covers(t, tt.rows...)
		})
	}
}

func TestChunkWithoutRange(t *testing.T) {
	_, _, h, p := example(t, SessionConfig{})
	p.send("Message-ID: m1", "abc", "+")
	p.status(200)
	p.write(p.request("SEND", "Message-ID: m1", nil, "$")) // belongs to no message
	p.status(200)
	p.send("Message-ID: m1", "def", "$")
	p.status(400)
	if len(h.messages) != 0 {
		t.Error("delivered")
	}
	p.send("Message-ID: m2", "abc", "+")
	p.status(200)
	p.write(p.request("SEND", "Message-ID: m2", nil, "#")) // ends it without range
	p.status(200)
	p.send("Message-ID: m2\nByte-Range: 1-3/3", "xyz", "$")
	p.status(200)
	if in := wait(t, h.messages, "message"); string(in.Body()) != "xyz" {
		t.Errorf("got %q", in.Body())
	}
	conform.Covers(t, "MSRP-FRM-20", "MSRP-RCV-13")
}

func TestAbortedByPeer(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	for i := range 3 {
		p.send(fmt.Sprintf("Message-ID: m1\nByte-Range: %d-*/12\nSuccess-Report: yes", 1+3*i), "abc", "+")
		p.status(200)
	}
	p.send("Message-ID: m1\nByte-Range: 10-*/12\nSuccess-Report: yes", "x", "#")
	p.status(200)
	p.send("Message-ID: other\nByte-Range: 1-*/12", "x", "#")
	p.status(200)
	p.probe() // no report
	if len(h.messages) != 0 || len(s.partials) != 0 || s.held != 0 {
		t.Error("something is left")
	}
	conform.Covers(t, "MSRP-RCV-07", "MSRP-RPT-04")
}

func TestSizeLimit(t *testing.T) {
	const limit = 100_000
	tests := []struct {
		name   string
		chunks []chunkOf
		want   []int
	}{
		{"exactly", []chunkOf{{1, string(pattern(limit)), "100000", "$"}}, []int{200}},
		{"one more, declared", []chunkOf{{1, "x", "100001", "$"}}, []int{413}},
		{"one more, in one chunk", []chunkOf{{1, string(pattern(limit + 1)), "*", "$"}}, []int{413}},
		{"one more, declared less", []chunkOf{{1, string(pattern(limit + 1)), "100", "$"}}, []int{413}},
		{"one more, summed", []chunkOf{{1, string(pattern(limit)), "*", "+"}, {limit + 1, "x", "*", "$"}}, []int{200, 413}},
		{"start beyond", []chunkOf{{limit + 2, "x", "*", "$"}}, []int{413}},
		{"absurd total", []chunkOf{{1, "x", "9223372036854775807", "$"}}, []int{413}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ep, s, h, p := example(t, SessionConfig{MaxSize: limit})
			for i, c := range tt.chunks {
				p.chunk("m1", c)
				p.status(tt.want[i])
			}
			if good := tt.want[len(tt.want)-1] == 200; good {
				wait(t, h.messages, "message")
			} else if len(h.messages) != 0 {
				t.Error("delivered")
			}
			p.chunk("m1", chunkOf{1, "again", "5", "$"})
			if f := p.next(); tt.want[0] == 413 && f.Status != 413 {
				t.Errorf("later chunk of the refused message: %d", f.Status)
			}
			p.probe()
			if s.held != 0 || ep.partials.Load() != 0 {
				t.Errorf("%d octets still on account", s.held)
			}
		})
	}
	conform.Covers(t, "MSRP-RCV-06", "MSRP-RCV-14", "SW-PUB-19")
}

func TestGoesOnAfterStop(t *testing.T) {
	ep := listening(t, Config{KeepAlive: -1})
	_, h := exampleSession(t, ep, SessionConfig{MaxSize: 1000})
	p := newPeer(t, ep, "tcp")
	p.bind()
	head, _, _ := strings.Cut(p.request("SEND", "Message-ID: m1\nByte-Range: 1-*/2000000", []byte(""), "$"), "\r\n\r\n")
	p.write(head + "\r\n\r\n")
	p.status(413) // at once
	for range 40 {
		if _, err := p.nc.Write(pattern(64 << 10)); err != nil {
			break
		}
	}
	p.ended()
	if err := wait(t, h.ended, "end of session"); err == nil {
		t.Error("no reason")
	}
	conform.Covers(t, "MSRP-RCV-15")
}

func TestPartialLimits(t *testing.T) {
	t.Run("number", func(t *testing.T) {
		_, _, _, p := example(t, SessionConfig{})
		for i := range 9 {
			p.chunk(fmt.Sprintf("m%d", i), chunkOf{1, "abc", "*", "+"})
			if i < 8 {
				p.status(200)
			} else {
				p.status(413)
			}
		}
		p.chunk("whole", chunkOf{1, "abc", "3", "$"}) // is none
		p.status(200)
	})
	t.Run("octets", func(t *testing.T) {
		_, s, _, p := example(t, SessionConfig{MaxSize: 1000})
		for i, want := range []int{200, 200, 413} {
			p.chunk(fmt.Sprintf("m%d", i), chunkOf{1, string(pattern(900)), "*", "+"})
			p.status(want)
		}
		if s.held != 1800 {
			t.Errorf("%d octets on account", s.held)
		}
	})
	t.Run("octets of all", func(t *testing.T) {
		ep := newEndpoint(t, Config{KeepAlive: -1, PartialOctets: 1500})
		exampleSession(t, ep, SessionConfig{})
		p := newPeer(t, ep, "pipe")
		for i, want := range []int{200, 413} {
			p.chunk(fmt.Sprintf("m%d", i), chunkOf{1, string(pattern(900)), "*", "+"})
			p.status(want)
		}
	})
	conform.Covers(t, "MSRP-RCV-10")
}

func TestDuplicates(t *testing.T) {
	seen := NewSeen(0, 0)
	_, _, h, p := example(t, SessionConfig{Seen: seen})
	_, _, h2, p2 := example(t, SessionConfig{Seen: seen}) // another session of the same user
	for _, peer := range []*rawPeer{p, p, p2} {
		peer.send("Message-ID: m1\nSuccess-Report: yes\nByte-Range: 1-5/5", "hello", "$")
		peer.status(200)
		if f := peer.next(); f.Method != msrpwire.REPORT {
			t.Errorf("got %+v, want a report", f.Head)
		}
	}
	if n := len(h.messages) + len(h2.messages); n != 1 {
		t.Errorf("delivered %d times", n)
	}
	conform.Covers(t, "MSRP-RCV-11", "MSRP-CON-15", "SW-PUB-13")
}

func TestFailureReport(t *testing.T) {
	for _, tt := range []struct {
		field     string
		good, bad int
	}{
		{"", 200, 404},
		{"Failure-Report: yes", 200, 404},
		{"Failure-Report: partial", 0, 404},
		{"Failure-Report: no", 0, 0},
	} {
		h := exampleHandler()
		h.decide = func(in *Incoming) error {
			if string(in.Body()) == "bad" {
				return refusal(404)
			}
			return nil
		}
		_, _, h, p := example(t, SessionConfig{Handler: h})
		for i, body := range []string{"good", "bad"} {
			p.send(fmt.Sprintf("Message-ID: m%d\n%s", i, tt.field), body, "$")
			if want := []int{tt.good, tt.bad}[i]; want != 0 {
				p.status(want)
			} else {
				p.probe()
			}
			if in := wait(t, h.messages, "message"); string(in.Body()) != body {
				t.Errorf("got %q", in.Body())
			}
		}
	}
	conform.Covers(t, "MSRP-RSP-01", "MSRP-RSP-02", "MSRP-RSP-03", "MSRP-RPT-01")
}

func TestOrderOfChecks(t *testing.T) {
	ep := newEndpoint(t, Config{KeepAlive: -1})
	h := exampleHandler()
	h.begin = func(in *Incoming) error {
		if in.ID() == "held" {
			return refusal(403)
		}
		return nil
	}
	h.inspect = func(*Incoming) (bool, error) { return true, refusal(404) }
	s, _ := exampleSession(t, ep, SessionConfig{Handler: h, AcceptTypes: []string{"text/plain"}, MaxSize: 100})
	elsewhere := strings.Replace(roomURI, "kV3x", "Two-", 1)
	other := fixedSession(t, ep, SessionConfig{Handler: newRecorder()}, elsewhere, aliceURI)
	p2 := newPeer(t, ep, "pipe")
	p2.write(p2.requestTo(elsewhere, aliceURI, "SEND", "Message-ID: m1", nil, "$"))
	p2.status(200)
	_ = other
	p := newPeer(t, ep, "pipe")
	p.bind()
	unknown := strings.Replace(roomURI, "kV3x", "none", 1)
	s.Gate(refusal(403))
	big := "Message-ID: m1\nByte-Range: 1-*/999"
	step := func(want int, raw string) {
		t.Helper()
		p.write(raw)
		p.status(want)
	}
	step(400, p.requestTo(unknown, aliceURI, "SEND", big+"\nMessage-ID: m2", []byte("x"), "$"))
	step(501, p.requestTo(unknown, aliceURI, "AUTH", "", nil, "$"))
	step(481, p.requestTo(unknown, aliceURI, "FILE_OFFSET", "", nil, "$"))
	step(506, p.requestTo(elsewhere, aliceURI, "FILE_OFFSET", "", nil, "$"))
	step(501, p.request("FILE_OFFSET", "", nil, "$"))
	step(403, p.request("SEND", big, []byte("x"), "$"))
	step(403, p.request("NICKNAME", `Use-Nickname: "Ali"`, nil, "$"))
	step(200, p.request("SEND", "Message-ID: m3", nil, "$")) // without body: stops after the binding
	s.Gate(nil)
	step(403, p.request("SEND", strings.Replace(big, "m1", "held", 1), []byte("x"), "$"))
	step(415, p.request("SEND", big, []byte("x"), "$"))
	s.cfg.AcceptTypes = nil
	step(413, p.request("SEND", strings.Replace(big, "m1", "m4", 1), []byte("x"), "$"))
	step(404, p.request("SEND", "Message-ID: m5", []byte("x"), "$"))
	step(413, p.request("SEND", "Message-ID: m5", []byte("x"), "$")) // refused within the last minute
	conform.Covers(t, "MSRP-RSP-06", "SW-GEN-09", "SW-PUB-19")
}

func TestInspection(t *testing.T) {
	h := exampleHandler()
	h.inspect = func(in *Incoming) (bool, error) {
		head, _, done := strings.Cut(string(in.Body()), "\n\n")
		if done && head == "evil" {
			return true, refusal(403)
		}
		return done, nil
	}
	_, _, h, p := example(t, SessionConfig{Handler: h})
	p.chunk("m1", chunkOf{1, "go", "*", "+"})
	p.status(200)
	p.chunk("m1", chunkOf{3, "od\n\nbo", "*", "+"})
	p.status(200)
	p.chunk("m1", chunkOf{9, "dy", "*", "$"})
	p.status(200)
	if in := wait(t, h.messages, "message"); string(in.Body()) != "good\n\nbody" {
		t.Errorf("got %q", in.Body())
	}
	if h.inspects != 2 {
		t.Errorf("inspected %d times, want 2", h.inspects)
	}
	p.chunk("m2", chunkOf{1, "evil", "*", "+"})
	p.status(200)
	p.chunk("m2", chunkOf{5, "\n\nbody", "*", "+"}) // completes the header
	p.status(403)
	p.chunk("m2", chunkOf{11, "more", "*", "$"})
	p.status(413)
	if len(h.messages) != 0 {
		t.Error("delivered")
	}
	conform.Covers(t, "SW-PUB-19")
}

func TestUnknownMethodAndFields(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	p.write(p.request("FILE_OFFSET", "X-Foo: bar", []byte("some body"), "$"))
	p.status(501)
	p.write(p.request("FILE_OFFSET", "Failure-Report: no", nil, "$"))
	p.send("Message-ID: m1\nX-Foo: bar", "hello", "$")
	p.status(200)
	wait(t, h.messages, "message")
	queue(t, s, text("hello"), 1)
	f := p.next()
	p.write(string(msrpwire.AppendPaths(fmt.Appendf(nil, "MSRP %s 200\r\n", f.TID), f.FromPath, f.ToPath)) +
		"Keep-Alive: yes\r\nMessage-ID: x\r\n-------" + string(f.TID) + "+\r\n")
	if o := wait(t, h.sent, "outcome"); o.err != nil {
		t.Error(o.err)
	}
	conform.Covers(t, "MSRP-FRM-24", "MSRP-FRM-08", "MSRP-RSP-05")
}

func TestSameIdentifiersBothWays(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	queue(t, s, text("ours"), 1)
	f := p.next()
	mine := strings.ReplaceAll(p.request("SEND", "Message-ID: m1", []byte("theirs"), "$"), fmt.Sprintf("peer%04d", p.count), string(f.TID))
	p.write(mine)
	p.status(200)
	p.write(mine) // used again: a new request
	p.status(200)
	p.answer(f, 200)
	p.answer(f, 200) // repeated: ignored
	wait(t, h.sent, "outcome")
	p.probe()
	if len(h.messages) != 2 || len(h.sent) != 0 {
		t.Errorf("%d messages, %d outcomes too many", len(h.messages), len(h.sent))
	}
	conform.Covers(t, "MSRP-FRM-25", "MSRP-RSP-12")
}

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

func TestAcceptsType(t *testing.T) {
	for _, tt := range []struct {
		list, name string
		want       bool
	}{
		{"text/plain", "text/plain", true},
		{"text/plain", "TEXT/Plain; charset=utf-8", true},
		{"text/plain", "text/html", false},
		{"text/*", "text/html", true},
		{"text/*", "texts/html", false},
		{"text/*", "image/png", false},
		{"*", "image/png", true},
		{"message/cpim text/plain", "text/plain", true},
		{"", "text/plain", false},
	} {
		if got := AcceptsType(strings.Fields(tt.list), tt.name); got != tt.want {
			t.Errorf("%q takes %q: %v", tt.list, tt.name, got)
		}
	}
	conform.Covers(t, "MSRP-SND-12")
}

func TestAssemblyAgainstModel(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var a assembly
		a.total = -1
		model, have := make([]byte, 200), make([]bool, 200)
		for step := range 40 {
			at, n := r.IntN(180), r.IntN(20)
			p := []byte(strings.Repeat(string(rune('a'+step%26)), n))
			if !a.write(int64(at), p) {
				t.Fatal("refused")
			}
			held := int64(0)
			for i := range p {
				model[at+i], have[at+i] = p[i], true
			}
			for _, h := range have {
				if h {
					held++
				}
			}
			if a.held != held {
				t.Fatalf("seed %d step %d: holds %d octets, want %d", seed, step, a.held, held)
			}
			for _, e := range a.extents {
				if string(e.buf) != string(model[e.at:e.end()]) {
					t.Fatalf("seed %d step %d: extent at %d differs", seed, step, e.at)
				}
			}
		}
	}
}
