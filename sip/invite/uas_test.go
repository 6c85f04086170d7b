package invite_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const conferenceContact = "<sip:conf@10.0.0.1>;isfocus"

// request writes a request of the peer in the call c1. toTag is empty outside a dialog.
func request(method, branch string, cseq int, toTag string, more ...string) string {
	if toTag != "" {
		toTag = ";tag=" + toTag
	}
	body := ""
	if n := len(more); n > 0 && strings.HasPrefix(more[n-1], "v=0") {
		more, body = append(more[:n-1:n-1], "Content-Type: application/sdp"), more[n-1]
	}
	lines := append([]string{
		method + " sip:conf@10.0.0.1 SIP/2.0",
		"Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK" + branch,
		"Max-Forwards: 70",
		`From: "Alice" <sip:alice@ims.example>;tag=a1`,
		"To: <sip:conf@10.0.0.1>" + toTag,
		"Call-ID: c1",
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		"Contact: <sip:alice@10.0.0.2;x=1>",
	}, more...)
	return strings.Join(lines, "\n") + "\n\n" + body
}

func toTag(m sipmsg.Message) string {
	to, _ := m.Head().To()
	return to.Tag()
}

const (
	offer  = "v=0\no=alice 1 1 IN IP4 10.0.0.2\n"
	answer = "v=0\no=focus 1 1 IN IP4 10.0.0.1\n"
)

// accepting answers every INVITE with 200 at once.
func accepting(h *record) invite.Handler {
	return serve(func(in *invite.Incoming) {
		h.session = in.Accept(invite.Answer{Body: []byte(answer), Contact: conferenceContact}, h)
	})
}

// establish plays INVITE, 200, ACK and returns our tag.
func establish(p *testnet.Peer) string {
	p.Send(request("INVITE", "i1", 1, "", offer))
	tag := toTag(p.Response(200))
	p.Send(request("ACK", "k1", 1, tag))
	return tag
}

func TestAcceptedSession(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "COM-12")
	h := &record{}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		p.Send(request("INVITE", "i1", 1, "",
			"Record-Route: <sip:p2.example;lr;x=1>, <sip:10.0.0.2;lr>", offer))
		ok := p.Response(200)
		if got := ok.Header.Value("Contact"); got != conferenceContact {
			t.Errorf("Contact %q", got)
		}
		if got := ok.Header.Value("Allow"); !strings.Contains(got, "BYE") {
			t.Errorf("Allow %q", got)
		}
		wantRR := []string{"<sip:p2.example;lr;x=1>", "<sip:10.0.0.2;lr>"}
		if diff := cmp.Diff(wantRR, ok.Header.Values("Record-Route")); diff != "" {
			t.Errorf("Record-Route (-want +got):\n%s", diff)
		}
		if string(ok.Body) != answer {
			t.Errorf("body %q", ok.Body)
		}
		p.Send(request("ACK", "k1", 1, toTag(ok)))
		p.Quiet(time.Minute)
		h.alive(t)
		if len(h.acks) != 1 {
			t.Fatalf("%d ACKs told", len(h.acks))
		}
		p.Send(request("BYE", "b1", 2, toTag(ok), `Reason: SIP;cause=200;text="bye"`))
		p.Response(200)
		h.ended(t, invite.RemoteBye)
		if got := h.ends[0].Request.Header.Reasons()[0].Text; got != "bye" {
			t.Errorf("reason %q", got)
		}
		p.Send(request("BYE", "b2", 3, toTag(ok)))
		p.Response(481)
	})
}

func TestByeOfOurs(t *testing.T) {
	t.Parallel()
	inSession(t, func(x *scene, h *record, _ string) {
		t, p := x.t, x.peer
		h.session.Bye(sipmsg.Field{Name: "Reason", Value: "SIP;cause=200"})
		bye := p.Request(sipmsg.BYE)
		h.ended(t, invite.LocalBye)
		if got := bye.URI.String(); got != "sip:alice@10.0.0.2;x=1" {
			t.Errorf("Request-URI %s", got)
		}
		if got := bye.Header.Value("Reason"); got != "SIP;cause=200" {
			t.Errorf("Reason %q", got)
		}
		p.Answer(bye, 200, "", "", "")
		p.Quiet(time.Minute)
	})
}

func TestAnswerIsRepeatedUntilAck(t *testing.T) {
	t.Parallel()
	h := &record{}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		p.Send(request("INVITE", "i1", 1, "", offer))
		start := time.Now()
		var at []time.Duration
		for {
			m := p.Next(time.Minute)
			if req, ok := m.(*sipmsg.Request); ok {
				if req.Method != sipmsg.BYE {
					t.Fatal(testnet.Line(m))
				}
				p.Answer(req, 200, "", "", "")
				break
			}
			at = append(at, time.Since(start).Round(100*time.Millisecond))
		}
		want := []time.Duration{0}
		for _, ms := range []int{500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500} {
			want = append(want, time.Duration(ms)*time.Millisecond)
		}
		if diff := cmp.Diff(want, at); diff != "" {
			t.Errorf("200 sent at (-want +got):\n%s", diff)
		}
		if d := time.Since(start).Round(100 * time.Millisecond); d != 32*time.Second {
			t.Errorf("BYE after %v", d)
		}
		h.ended(t, invite.Unacknowledged)
	})
}

func TestByeWaitsForAck(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-RMV-12")
	h := &record{}
	bubble(t, accepting(h), func(x *scene) {
		t, p := x.t, x.peer
		p.Send(request("INVITE", "i1", 1, "", offer))
		ok := p.Response(200)
		h.alive(t)
		h.session.Bye()
		h.ended(t, invite.LocalBye)
		for range 2 { // at 0.5 and 1.5 s
			p.Response(200)
		}
		p.Quiet(time.Second)
		p.Send(request("ACK", "k1", 1, toTag(ok)))
		p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
		p.Quiet(time.Minute)
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	t.Run("before the answer", func(t *testing.T) {
		t.Parallel()
		var in *invite.Incoming
		h, ended := &record{}, 0
		bubble(t, serve(func(i *invite.Incoming) {
			in = i
			in.OnCancel(func(invite.End) { ended++ })
			in.Provisional(180, invite.Answer{})
		}), func(x *scene) {
			t, p := x.t, x.peer
			p.Send(request("INVITE", "i1", 1, "", offer))
			p.Response(180)
			p.Send(request("CANCEL", "i1", 1, ""))
			p.Response(200)
			gone := p.Response(487)
			p.Send(request("ACK", "i1", 1, toTag(gone)))
			synctest.Wait()
			if ended != 1 {
				t.Errorf("told %d times", ended)
			}
			in.Accept(invite.Answer{}, h)
			h.ended(t, invite.Cancelled)
			p.Quiet(time.Minute)
		})
	})
	t.Run("after the answer", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		bubble(t, accepting(h), func(x *scene) {
			t, p := x.t, x.peer
			p.Send(request("INVITE", "i1", 1, "", offer))
			tag := toTag(p.Response(200))
			p.Send(request("CANCEL", "i1", 1, ""))
			if resp := p.Response(200); !strings.HasSuffix(resp.Header.Value("CSeq"), "CANCEL") {
				t.Errorf("answer to %s", resp.Header.Value("CSeq"))
			}
			p.Send(request("ACK", "k1", 1, tag))
			h.alive(t)
			p.Send(request("BYE", "b1", 2, tag))
			p.Response(200)
		})
	})
}

func TestByeInEarlyDialog(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LVE-02")
	ended := 0
	bubble(t, serve(func(in *invite.Incoming) {
		in.OnCancel(func(invite.End) { ended++ })
		in.Provisional(183, invite.Answer{})
	}), func(x *scene) {
		t, p := x.t, x.peer
		p.Send(request("BYE", "b0", 7, "stale"))
		p.Response(481)
		p.Send(request("INVITE", "i1", 1, "", offer))
		tag := toTag(p.Response(183))
		p.Send(request("BYE", "b1", 2, tag))
		p.Response(200)
		p.Response(487)
		p.Send(request("ACK", "i1", 1, tag))
		synctest.Wait()
		if ended != 1 {
			t.Errorf("told %d times", ended)
		}
	})
}

func TestOfferInAnswer(t *testing.T) {
	t.Parallel()
	t.Run("answered in ACK", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		bubble(t, accepting(h), func(x *scene) {
			t, p := x.t, x.peer
			p.Send(request("INVITE", "i1", 1, ""))
			tag := toTag(p.Response(200))
			p.Send(request("ACK", "k1", 1, tag, offer))
			h.alive(t)
			if len(h.acks) != 1 || len(h.acks[0].Body) == 0 {
				t.Errorf("acks %v", h.acks)
			}
			p.Send(request("BYE", "b1", 2, tag))
			p.Response(200)
		})
	})
	t.Run("not answered", func(t *testing.T) {
		t.Parallel()
		h := &record{}
		bubble(t, accepting(h), func(x *scene) {
			t, p := x.t, x.peer
			p.Send(request("INVITE", "i1", 1, ""))
			tag := toTag(p.Response(200))
			p.Send(request("ACK", "k1", 1, tag))
			p.Answer(p.Request(sipmsg.BYE), 200, "", "", "")
			h.ended(t, invite.Unanswered)
		})
	})
}

func TestRejected(t *testing.T) {
	t.Parallel()
	bubble(t, serve(func(in *invite.Incoming) {
		in.Provisional(180, invite.Answer{})
		in.Reject(&sip.Error{Status: 488, Warning: `304 x "no media"`})
		in.Accept(invite.Answer{}, &record{})
	}), func(x *scene) {
		t, r, p := x.t, x.rig, x.peer
		p.Send(request("INVITE", "i1", 1, "", offer))
		tag := toTag(p.Response(180))
		resp := p.Response(488)
		if resp.Header.Value("Warning") == "" || toTag(resp) != tag {
			t.Errorf("488 %v", resp.Header.Fields)
		}
		p.Send(request("ACK", "i1", 1, tag))
		p.Quiet(time.Minute)
		r.Dialogs(t, 0)
	})
}

func TestPendingInviteIsKeptAlive(t *testing.T) {
	t.Parallel()
	var in *invite.Incoming
	bubble(t, serve(func(i *invite.Incoming) {
		in = i
		in.Provisional(180, invite.Answer{})
	}), func(x *scene) {
		p := x.peer
		p.Send(request("INVITE", "i1", 1, "", offer))
		p.Response(180)
		for range 3 {
			p.Quiet(59 * time.Second)
			p.Response(180)
		}
		synctest.Wait()
		in.Reject(&sip.Error{Status: 480})
		tag := toTag(p.Response(480))
		p.Send(request("ACK", "i1", 1, tag))
		p.Quiet(2 * time.Minute)
	})
}
