package msrp

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

// TestSessionEndsWithinAChunk: what is read after the end of the session gets 481, also
// when the request began before. Nothing is delivered, and the connection lives on.
func TestSessionEndsWithinAChunk(t *testing.T) {
	for _, tt := range []struct{ name, rest, flag string }{
		{"more octets", "defg", "$"},
		{"more octets, not the last", "defg", "+"},
		{"nothing but the end-line", "", "$"},
		{"nothing but the end-line, not the last", "", "+"},
		{"nobody waits for an answer", "defg", "$"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, begun := exampleHandler(), make(chan struct{}, 2)
			h.inspect = func(*Incoming) (bool, error) { begun <- struct{}{}; return true, nil }
			ep, s, h, p := example(t, SessionConfig{Handler: h})
			fields := "Message-ID: m1\nByte-Range: 1-*/7"
			silent := tt.name == "nobody waits for an answer"
			if silent {
				fields += "\nFailure-Report: no"
			}
			raw := p.request("SEND", fields, []byte("abc"+tt.rest), tt.flag)
			cut := strings.Index(raw, "abc") + len("abc")
			p.write(raw[:cut])
			wait(t, begun, "first octets")
			s.Close()
			p.write(raw[cut:])
			if !silent {
				p.status(481)
			}
			p.write(p.request("SEND", "Message-ID: m2", nil, "$"))
			p.status(481)
			if len(h.messages) != 0 || s.held != 0 || ep.partials.Load() != 0 {
				t.Errorf("%d messages, %d octets on account", len(h.messages), s.held)
			}
		})
	}
	conform.Covers(t, "MSRP-CON-17")
}

// TestChunkRefusedBeforeTheStart: a message of which a chunk came too early stays
// refused when the session takes messages.
func TestChunkRefusedBeforeTheStart(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	s.Gate(refusal(403))
	p.chunk("m1", chunkOf{1, "abc", "6", "+"})
	p.status(403)
	s.Gate(nil)
	p.chunk("m1", chunkOf{4, "def", "6", "$"})
	p.status(413)
	p.chunk("m2", chunkOf{1, "abc", "6", "+"})
	p.status(200)
	s.Gate(refusal(403)) // and one that began well
	p.chunk("m2", chunkOf{4, "d", "6", "+"})
	p.status(403)
	s.Gate(nil)
	p.chunk("m2", chunkOf{5, "ef", "6", "$"})
	p.status(413)
	if len(h.messages) != 0 || s.held != 0 {
		t.Errorf("%d messages, %d octets on account", len(h.messages), s.held)
	}
	conform.Covers(t, "SW-PUB-19")
}

// TestEmptyBodyBinds: in the request that binds a body of no octets counts as none,
// whatever would be said of it otherwise; later it does not.
func TestEmptyBodyBinds(t *testing.T) {
	for name, shut := range map[string]bool{"open": false, "not open yet": true} {
		t.Run(name, func(t *testing.T) {
			ep := newEndpoint(t, Config{KeepAlive: -1})
			s, h := exampleSession(t, ep, SessionConfig{AcceptTypes: []string{"text/plain"}})
			later := 415
			if shut {
				s.Gate(refusal(403))
				later = 403
			}
			p := newPeer(t, ep, "pipe")
			p.send("Message-ID: m1", "", "$")
			p.status(200)
			wait(t, h.bound, "bind")
			p.send("Message-ID: m2", "", "$")
			p.status(later)
			if len(h.messages) != 0 {
				t.Error("delivered")
			}
		})
	}
	conform.Covers(t, "CPIM-14")
}

// TestRefusedWhole: a message that the application refuses when it is complete is
// refused for a minute, like one that it has refused earlier.
func TestRefusedWhole(t *testing.T) {
	h := exampleHandler()
	h.decide = func(in *Incoming) error {
		if in.ID() == "bad" {
			return refusal(404)
		}
		return nil
	}
	_, _, h, p := example(t, SessionConfig{Handler: h})
	for _, tt := range []struct {
		id     string
		status int
	}{{"bad", 404}, {"bad", 413}, {"good", 200}, {"bad", 413}} {
		p.send("Message-ID: "+tt.id, "hello", "$")
		p.status(tt.status)
	}
	if len(h.messages) != 2 {
		t.Errorf("%d messages shown", len(h.messages))
	}
	conform.Covers(t, "SW-PUB-19")
}
