package msrp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

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

// TestRegisteredStatus: whatever a handler refuses with, only registered codes
// with the meaning they have for an endpoint are written.
func TestRegisteredStatus(t *testing.T) {
	registered := map[int]bool{
		400: true, 403: true, 404: true, 413: true, 415: true, 424: true, 425: true, 428: true, 481: true, 501: true, 506: true,
	}
	h := exampleHandler()
	refused := 0
	h.decide = func(*Incoming) error { return &Error{Status: refused} }
	h.request = func(r *NicknameRequest) { r.Respond(&Error{Status: refused}) }
	_, _, _, p := example(t, SessionConfig{Handler: h})
	for refused = 1; refused < 1000; refused++ {
		want := refused
		if !registered[refused] {
			want = msrpwire.StatusForbidden
		}
		p.send("Message-ID: m"+strconv.Itoa(refused), "hello", "$")
		p.status(want)
		if refused%100 == 0 {
			p.write(p.request("NICKNAME", `Use-Nickname: "x"`, nil, "$"))
			p.status(want)
		}
	}
	conform.Covers(t, "MSRP-RSP-07")
}
