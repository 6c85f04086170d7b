package msrp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// chunkOf says which octets of a body a chunk carries.
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
