package participant

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

func TestJoin(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-06", "PAR-CRE-03", "PAR-SUB-01", "MSRP-CON-01")
	bubble(t, func(x *stage) {
		invite, result := x.call(x.t.Context(), Options{Subject: "tea"})
		h := &invite.Header
		if got := invite.URI.String(); got != lobby {
			x.t.Errorf("Request-URI %s", got)
		}
		if got := h.Value("From"); !strings.HasPrefix(got, `Alice <sip:alice@ims.example>;tag=`) {
			x.t.Errorf("From %s", got)
		}
		if got := h.Value("Contact"); got != `<sip:alice@10.0.0.1:49153>;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000001>"` {
			x.t.Errorf("Contact %s", got)
		}
		if h.Value("Subject") != "tea" || h.Value("User-Agent") != "confab" || h.HasToken("Supported", "precondition") ||
			h.Has("Require") {
			x.t.Errorf("header %v", h.Fields)
		}
		offer := string(invite.Body)
		for _, line := range []string{
			"m=message 9 TCP/MSRP *", "a=setup:active", "a=accept-types:message/cpim", "a=accept-wrapped-types:*",
			"a=path:msrp://10.0.0.1:9/", "a=max-size:1048576",
		} {
			if !strings.Contains(offer, line) {
				x.t.Errorf("no %s in the offer", line)
			}
		}
		if strings.Contains(offer, "a=curr") || strings.Contains(offer, "a=des") {
			x.t.Error("preconditions in the offer")
		}
		x.focus.Answer(invite, 200, "f", contactOf+"\nP-Asserted-Identity: <"+lobby+">\nContent-Type: application/sdp", x.answerTo(invite.Body))
		ack := x.focus.Request(sipmsg.ACK)
		if got := ack.URI.String(); got != "sip:lobby@10.0.0.2" {
			x.t.Errorf("ACK to %s", got)
		}
		x.subscribed()
		s := &x.sub.Header
		if x.sub.URI.String() != "sip:lobby@10.0.0.2" || s.Value("Event") != "conference" || s.Value("Expires") != "3600" ||
			s.Value("Accept") != "application/conference-info+xml" || s.CallID() == h.CallID() || s.ToTag() != "" {
			x.t.Errorf("SUBSCRIBE %s %v", x.sub.URI, s.Fields)
		}
		out := <-result
		if out.err != nil {
			x.t.Fatal(out.err)
		}
		<-x.leg.bound
		if len(x.leg.messages) != 0 {
			x.t.Error("the first SEND has a body")
		}
		if c := out.conference; c.URI() != lobby || c.FocusURI() != "sip:lobby@10.0.0.2" {
			x.t.Errorf("conference %s at %s", c.URI(), c.FocusURI())
		}
	})
}

func TestNoRoster(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-SUB-01")
	for _, tt := range []struct {
		name   string
		fields string
		option Options
	}{
		{"not wanted", "", Options{NoSubscribe: true}},
		{"not served", "Allow-Events: refer, presence", Options{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(x *stage) {
				c := x.joined(tt.option, tt.fields)
				x.focus.Quiet(time.Hour)
				none(x.t, c)
			})
		})
	}
}

func TestNoFocus(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-02")
	bubble(t, func(x *stage) {
		invite, result := x.call(x.t.Context(), Options{})
		x.focus.Answer(invite, 183, "f", contactOf, "")
		x.focus.Answer(invite, 200, "f", "Contact: <sip:lobby@10.0.0.2>\nContent-Type: application/sdp", x.answerTo(invite.Body))
		x.focus.Request(sipmsg.ACK)
		bye := x.focus.Request(sipmsg.BYE)
		x.focus.Answer(bye, 200, "", "", "")
		if out := <-result; !errors.Is(out.err, ErrNoFocus) {
			x.t.Errorf("joined: %v", out.err)
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 403, 404, 415, 470, 480, 486, 488, 603} {
		bubble(t, func(x *stage) {
			invite, result := x.call(x.t.Context(), Options{})
			x.focus.Answer(invite, status, "f", "Retry-After: 9", "")
			x.focus.Request(sipmsg.ACK)
			out := <-result
			if !errors.Is(out.err, &sip.Error{Status: status}) {
				x.t.Errorf("%d: %v", status, out.err)
			}
			if refused := sip.AsError(out.err); refused.RetryAfter != 9*time.Second {
				x.t.Errorf("%d: Retry-After %v", status, refused.RetryAfter)
			}
		})
	}
}

func TestBadAnswer(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"none":      "",
		"garbage":   "what?",
		"no stream": "v=0\r\no=- 1 1 IN IP4 10.0.0.2\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\nm=message 0 TCP/MSRP *\r\n",
	} {
		bubble(t, func(x *stage) {
			invite, result := x.call(x.t.Context(), Options{})
			x.focus.Answer(invite, 200, "f", contactOf+"\nContent-Type: application/sdp", answer)
			x.focus.Request(sipmsg.ACK)
			x.focus.Answer(x.focus.Request(sipmsg.BYE), 200, "", "", "")
			if out := <-result; out.err == nil {
				x.t.Errorf("%s: joined", name)
			}
		})
	}
}

func TestGiveUp(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-LVE-03")
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			ctx, cancel := context.WithCancel(x.t.Context())
			invite, result := x.call(ctx, Options{})
			cancel()
			if out := <-result; !errors.Is(out.err, context.Canceled) {
				x.t.Errorf("joined: %v", out.err)
			}
			x.focus.Quiet(400 * time.Millisecond) // no CANCEL before a provisional response
			x.focus.Answer(invite, 183, "f", contactOf, "")
			x.focus.Answer(x.focus.Request(sipmsg.CANCEL), 200, "f", "", "")
			x.focus.Answer(invite, 487, "f", "", "")
			x.focus.Request(sipmsg.ACK)
		})
	})
	t.Run("crossing", func(t *testing.T) {
		t.Parallel()
		bubble(t, func(x *stage) {
			ctx, cancel := context.WithCancel(x.t.Context())
			invite, result := x.call(ctx, Options{})
			x.focus.Answer(invite, 183, "f", contactOf, "")
			cancel()
			<-result
			x.focus.Answer(x.focus.Request(sipmsg.CANCEL), 200, "f", "", "")
			x.focus.Answer(invite, 200, "f", contactOf+"\nContent-Type: application/sdp", x.answerTo(invite.Body))
			x.focus.Request(sipmsg.ACK)
			x.focus.Answer(x.focus.Request(sipmsg.BYE), 200, "", "", "")
			x.focus.Quiet(time.Second)
		})
	})
}

func TestConfigRefused(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{
		"no AOR":    {},
		"tel":       {AOR: "tel:+4930"},
		"no user":   {AOR: "sip:ims.example"},
		"transport": {AOR: "sip:a@b", Transport: "sctp"},
		"server":    {AOR: "sip:a@b", Server: "host"},
		"listen":    {AOR: "sip:a@b", Listen: "host"},
		"anywhere":  {AOR: "sip:a@b", Listen: "0.0.0.0"},
	} {
		if _, err := New(cfg); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSpelling(t *testing.T) {
	t.Parallel()
	for fields, want := range map[string]string{
		"": lobby, // what was dialled
		"P-Asserted-Identity: <sip:lobby@conference.example>": "sip:lobby@conference.example",
		"P-Asserted-Identity: <sip:proxy@conf.example>":       lobby,
	} {
		bubble(t, func(x *stage) {
			if c := x.joined(Options{NoSubscribe: true}, fields); c.URI() != want {
				x.t.Errorf("%s: %s, want %s", fields, c.URI(), want)
			}
		})
	}
}

func TestLocalNames(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "conf.localhost": true, "Conf.LOCALHOST.": true, "localhost.example": false, "mylocalhost": false,
	} {
		if local(host) != want {
			t.Errorf("%s: %v", host, !want)
		}
	}
}

func TestCloseDuringCall(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		invite, result := x.call(x.t.Context(), Options{})
		x.focus.Answer(invite, 180, "f", contactOf, "")
		closed := make(chan error)
		ctx, cancel := context.WithTimeout(x.t.Context(), time.Second)
		defer cancel()
		go func() { closed <- x.ue.Close(ctx) }()
		if out := <-result; !errors.Is(out.err, ErrClosed) {
			x.t.Errorf("joined: %v", out.err)
		}
		x.focus.Answer(x.focus.Request(sipmsg.CANCEL), 200, "f", "", "")
		if err := <-closed; err != nil {
			x.t.Errorf("Close: %v", err)
		}
		if _, err := x.ue.Join(x.t.Context(), lobby, Options{}); !errors.Is(err, ErrClosed) {
			x.t.Errorf("joined: %v", err)
		}
	})
}

// TestCloseUnread closes a UE whose events nobody has read: the bubble ends only if
// nothing is left running.
func TestCloseUnread(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		x.join()
		for range 100 {
			if err := x.deliver(msrp.Message{Body: wrapped(x.t, lobby, "hi")}); err != nil {
				x.t.Fatal(err)
			}
		}
		go func() {
			if bye, ok := x.focus.Next(time.Minute).(*sipmsg.Request); ok && bye.Method == sipmsg.BYE {
				x.focus.Answer(bye, 200, "", "", "")
				return
			}
			x.t.Error("closed without BYE")
		}()
		x.close()
	})
}

// TestUncallable: without a listener nobody can call, and that is said.
func TestUncallable(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"tls", "ws", "wss"} {
		u, err := New(Config{AOR: "sip:alice@ims.example", Transport: network})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := u.Listen(t.Context()); !errors.Is(err, ErrUncallable) {
			t.Errorf("%s: %v", network, err)
		}
		if err := u.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
