package participant

import (
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const typeSDP = "Content-Type: application/sdp\n\n"

// reinvite sends a re-INVITE and returns the description in the 200.
func (x *stage) reinvite(cseq int, description string) string {
	x.t.Helper()
	x.request(x.invite, "f", "INVITE", cseq, typeSDP+description)
	resp := x.focus.Response(200)
	x.request(x.invite, "f", "ACK", cseq)
	return string(resp.Body)
}

// talks checks that messages pass both ways.
func (x *stage) talks(c *Conference) {
	x.t.Helper()
	id, err := c.Send(x.t.Context(), "there")
	if err != nil {
		x.t.Fatal(err)
	}
	if in := <-x.leg.messages; in.ID() != id {
		x.t.Errorf("message %s, want %s", in.ID(), id)
	}
	next[Delivered](x.t, c)
	if err := x.deliver(msrp.Message{Body: wrapped(x.t, lobby, "and back")}); err != nil {
		x.t.Error(err)
	}
	if m := next[Message](x.t, c); m.Text() != "and back" {
		x.t.Errorf("%+v", m)
	}
}

func TestReinviteAnswered(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-05")
	bubble(t, func(x *stage) {
		c := x.join()
		first := string(x.invite.Body)
		x.talks(c)
		// The same description: a refresh.
		same := x.reinvite(1, x.description(x.leg.session.URI()))
		if path(same) != path(first) {
			x.t.Errorf("refreshed to\n%s", same)
		}
		x.talks(c)
		// Another path: the stream moves.
		moved := strings.Replace(x.answerTo([]byte(first)), "5501 1 IN", "5501 2 IN", 1)
		x.request(x.invite, "f", "INVITE", 2, typeSDP+moved)
		resp := x.focus.Response(200)
		if path(string(resp.Body)) == path(first) {
			x.t.Error("the old path for a new stream")
		}
		x.leg.session.SetRemote(pathOf(x.t, resp.Body))
		x.request(x.invite, "f", "ACK", 2)
		<-x.leg.bound
		x.talks(c)
		// Without an offer: ours comes in the 200.
		x.request(x.invite, "f", "INVITE", 3)
		resp = x.focus.Response(200)
		if !strings.Contains(string(resp.Body), "m=message") {
			x.t.Errorf("no offer in\n%s", resp.Append(nil))
		}
		x.request(x.invite, "f", "ACK", 3, typeSDP+strings.Replace(x.description(x.leg.session.URI()), "5501 1 IN", "5501 2 IN", 1))
		x.talks(c)
		// What cannot be accepted changes nothing.
		x.request(x.invite, "f", "INVITE", 4, typeSDP+"nonsense")
		x.focus.Response(488)
		x.request(x.invite, "f", "ACK", 4)
		x.talks(c)
		for i, method := range []string{"INFO", "MESSAGE", "PUBLISH"} {
			x.request(x.invite, "f", method, 5+i)
			x.focus.Response(405)
		}
		x.request(x.invite, "f", "HUG", 9)
		x.focus.Response(501)
		x.talks(c)
		none(x.t, c)
	})
}

// path is the a=path line of a description.
func path(description string) string {
	for line := range strings.SplitSeq(description, "\r\n") {
		if strings.HasPrefix(line, "a=path:") {
			return line
		}
	}
	return ""
}

func TestStreamRestored(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-CON-15")
	bubble(t, func(x *stage) {
		c := x.join()
		x.leg.mute = true
		id, err := c.Send(x.t.Context(), "unanswered")
		if err != nil {
			x.t.Fatal(err)
		}
		<-x.leg.messages
		_ = (<-x.conns).Close()
		again := x.focus.Request(sipmsg.INVITE)
		if again.Header.CallID() != x.invite.Header.CallID() || again.Header.ToTag() != "f" ||
			path(string(again.Body)) == path(string(x.invite.Body)) {
			x.t.Errorf("re-INVITE %v\n%s", again.Header.Fields, again.Body)
		}
		late, err := c.Send(x.t.Context(), "meanwhile")
		if err != nil {
			x.t.Fatal(err)
		}
		x.focus.Answer(again, 200, "", contactOf+"\nContent-Type: application/sdp", x.answerTo(again.Body))
		x.focus.Request(sipmsg.ACK)
		for _, want := range []string{id, late} {
			if in := <-x.leg.messages; in.ID() != want {
				x.t.Errorf("message %s, want %s", in.ID(), want)
			}
			if e := next[Delivered](x.t, c); e.ID != want {
				x.t.Errorf("delivered %s, want %s", e.ID, want)
			}
		}
		x.talks(c)
	})
}

func TestStreamNotRestored(t *testing.T) {
	t.Parallel()
	for _, status := range []int{488, 481, 500} {
		bubble(t, func(x *stage) {
			c := x.join()
			_ = (<-x.conns).Close()
			again := x.focus.Request(sipmsg.INVITE)
			x.focus.Answer(again, status, "", "", "")
			x.focus.Request(sipmsg.ACK)
			bye := x.focus.Request(sipmsg.BYE)
			x.focus.Answer(bye, 200, "", "", "")
			if e := next[Left](x.t, c); e.Err == nil || e.ByFocus {
				x.t.Errorf("%d: %+v", status, e)
			}
			x.focus.Quiet(time.Minute)
		})
	}
}

func TestStreamNeverStands(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		invite, result := x.call(x.t.Context(), Options{NoSubscribe: true})
		answer := x.answerTo(invite.Body)
		x.leg.session.Close() // the mixer knows nothing of it
		x.focus.Answer(invite, 200, "f", contactOf+"\nContent-Type: application/sdp", answer)
		x.focus.Request(sipmsg.ACK)
		x.focus.Answer(x.focus.Request(sipmsg.BYE), 200, "", "", "")
		if out := <-result; out.err == nil {
			x.t.Error("joined without a stream")
		}
	})
}
