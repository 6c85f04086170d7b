package msrp

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

// TestRewritten: who has looked at the beginning is told when it is no longer
// what he has seen.
func TestRewritten(t *testing.T) {
	for name, test := range map[string]struct {
		again string
		want  bool
	}{
		"the same again": {"head", false}, "something else": {"HEAD", true}, "what nobody has seen yet": {"head and more", false},
	} {
		t.Run(name, func(t *testing.T) {
			ep := newEndpoint(t, Config{})
			h := newRecorder()
			fixedSession(t, ep, SessionConfig{Handler: h}, roomURI, aliceURI)
			near, far := net.Pipe()
			if err := ep.ServeConn(far); err != nil {
				t.Fatal(err)
			}
			p := peerOn(t, near)
			for _, c := range []struct{ from, text, flag string }{{"1", "head", "+"}, {"1", test.again, "+"}, {"5", " and more", "$"}} {
				p.write(p.request("SEND", "Message-ID: one\nByte-Range: "+c.from+"-*/13", []byte(c.text), c.flag))
				p.status(200)
			}
			if in := <-h.messages; in.Rewritten() != test.want {
				t.Errorf("%q: rewritten %v", in.Body(), in.Rewritten())
			}
		})
	}
}

// TestPaceInTheMiddle slows a sender down of whom much has been read at once, the
// last of it half a header: while nobody reads, he is not the slow one.
func TestPaceInTheMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ep := newEndpoint(t, Config{HeaderTimeout: 10 * time.Second, KeepAlive: -1})
		h := newRecorder()
		h.decide = func(in *Incoming) error {
			in.Pace(3 * time.Second)
			return nil
		}
		fixedSession(t, ep, SessionConfig{Handler: h}, roomURI, aliceURI)
		near, far := net.Pipe()
		if err := ep.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		p := peerOn(t, near)
		var all []byte
		for range 6 {
			all = append(all, p.request("SEND", "Message-ID: "+NewMessageID()+"\nByte-Range: 1-5/5", []byte("hello"), "$")...)
		}
		p.write(string(all[:20]))
		p.write(string(all[20:]))
		for range 6 {
			p.status(200)
		}
		pause(20 * time.Second)
		if len(h.ended) > 0 {
			t.Error(<-h.ended)
		}
	})
}

// TestPaceAndTimeouts slows a sender down for long. What he has said meanwhile, the answer
// to a message of ours and the rest of one of his, waits to be read: he is not late.
func TestPaceAndTimeouts(t *testing.T) {
	for _, patient := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			ep := timedEndpoint(t, Config{})
			h := newRecorder()
			h.decide = func(in *Incoming) error {
				if len(in.Body()) == 5 {
					in.Pace(4 * time.Second)
				}
				return nil
			}
			s := fixedSession(t, ep, SessionConfig{Handler: h, Patient: patient}, roomURI, aliceURI)
			near, far := net.Pipe()
			if err := ep.ServeConn(far); err != nil {
				t.Fatal(err)
			}
			p := peerOn(t, near)
			p.bind()
			if err := s.Send(text("ours"), 7); err != nil {
				t.Fatal(err)
			}
			ours := p.next()
			rest := NewMessageID()
			p.write(p.request("SEND", "Message-ID: "+rest+"\nByte-Range: 1-4/8", []byte("half"), "+"))
			p.status(200)
			for range 40 { // 160 s
				p.write(p.request("SEND", "Message-ID: "+NewMessageID()+"\nByte-Range: 1-5/5", []byte("hello"), "$"))
				p.status(200)
			}
			p.answer(ours, 200)
			p.write(p.request("SEND", "Message-ID: "+rest+"\nByte-Range: 5-8/8", []byte("half"), "$"))
			p.status(200)
			if o := wait(t, h.sent, "outcome"); o.ref != 7 || o.err != nil {
				t.Errorf("%+v", o)
			}
			if len(h.ended) > 0 {
				t.Error(<-h.ended)
			}
		})
	}
	conform.Covers(t, "SW-FLOW-05")
}
