package participant

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const suspending = "a=curr:qos local sendrecv\r\na=curr:qos remote none\r\na=des:qos none local sendrecv\r\n" +
	"a=des:qos mandatory remote sendrecv\r\na=conf:qos remote sendrecv"

// earlyAnswer sends a reliable 183 of a branch and takes its PRACK.
func (x *stage) earlyAnswer(tag string, rseq int, answer string) {
	x.t.Helper()
	x.focus.Answer(x.invite, 183, tag, contactOf+fmt.Sprintf("\nRequire: 100rel, precondition\nRSeq: %d\nAllow: PRACK, UPDATE\n", rseq)+
		"Content-Type: application/sdp", answer)
	x.focus.Answer(x.focus.Request(sipmsg.PRACK), 200, "", "", "")
}

// TestPreconditions is flow F-B from the side of the UE, in the way of IMS and in that of
// RFC 3312; the call forks, and the second branch is the one that answers.
func TestPreconditions(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-02", "FOC-OUT-18")
	for _, way := range []Preconditions{SupportPreconditions, RequirePreconditions} {
		var reserve []func(bool)
		cfg := Config{Preconditions: way, Reserve: func(done func(bool)) { reserve = append(reserve, done) }}
		bubbleWith(t, cfg, func(x *stage) {
			t := x.t
			inv, result := x.call(t.Context(), Options{NoSubscribe: true})
			h := &inv.Header
			if !h.HasToken("Supported", "precondition") || !h.HasToken("Supported", "100rel") || !h.HasToken("Allow", "UPDATE") ||
				h.HasToken("Require", "precondition") != (way == RequirePreconditions) {
				t.Errorf("INVITE\n%s", inv.Append(nil))
			}
			const first = "a=curr:qos local none\r\na=curr:qos remote none\r\n" +
				"a=des:qos mandatory local sendrecv\r\na=des:qos none remote sendrecv\r\n"
			if !strings.Contains(string(inv.Body), first) {
				t.Errorf("offer\n%s", inv.Body)
			}
			x.earlyAnswer("g", 7, x.answerTo(inv.Body, suspending))
			x.earlyAnswer("f", 90, x.answerTo(inv.Body, suspending))
			x.focus.Quiet(time.Second) // the bearer takes its time
			if len(reserve) != 2 {
				t.Fatalf("%d reservations", len(reserve))
			}
			reserve[1](true)
			upd := x.focus.Request(sipmsg.UPDATE)
			const then = "a=curr:qos local sendrecv\r\na=curr:qos remote sendrecv\r\n" +
				"a=des:qos mandatory local sendrecv\r\na=des:qos none remote sendrecv\r\n"
			if !strings.Contains(string(upd.Body), then) || !strings.Contains(string(upd.Body), " 2 IN IP4") || upd.Header.ToTag() != "f" {
				t.Errorf("UPDATE\n%s", upd.Append(nil))
			}
			met := strings.NewReplacer("remote none", "remote sendrecv", "\r\na=conf:qos remote sendrecv", "").Replace(suspending)
			answer := strings.Replace(x.description(x.leg.session.URI(), met), "5501 1", "5501 2", 1)
			x.focus.Answer(upd, 200, "", contactOf+"\nContent-Type: application/sdp", answer)
			x.focus.Answer(inv, 200, "f", contactOf, "")
			x.focus.Request(sipmsg.ACK)
			out := <-result
			if out.err != nil {
				t.Fatal(out.err)
			}
			<-x.leg.bound
			x.talks(out.conference)
		})
	}
}

// TestWithoutAnswerToPreconditions: a focus that does not know them answers at once.
func TestWithoutAnswerToPreconditions(t *testing.T) {
	t.Parallel()
	bubbleWith(t, Config{Preconditions: SupportPreconditions}, func(x *stage) {
		x.talks(x.join())
	})
}

// TestResourcesFail: no resources, no call.
func TestResourcesFail(t *testing.T) {
	t.Parallel()
	cfg := Config{Preconditions: SupportPreconditions, Reserve: func(done func(bool)) { done(false) }}
	bubbleWith(t, cfg, func(x *stage) {
		_, result := x.call(x.t.Context(), Options{NoSubscribe: true})
		x.earlyAnswer("f", 7, x.answerTo(x.invite.Body, suspending))
		x.focus.Answer(x.focus.Request(sipmsg.CANCEL), 200, "f", "", "")
		x.focus.Answer(x.invite, 487, "f", "", "")
		x.focus.Request(sipmsg.ACK)
		if out := <-result; !errors.Is(out.err, errResources) {
			x.t.Errorf("error %v", out.err)
		}
	})
}

// TestPreconditionsNotMet: the focus does not wait any longer.
func TestPreconditionsNotMet(t *testing.T) {
	t.Parallel()
	cfg := Config{Preconditions: SupportPreconditions, Reserve: func(func(bool)) {}}
	bubbleWith(t, cfg, func(x *stage) {
		_, result := x.call(x.t.Context(), Options{NoSubscribe: true})
		x.earlyAnswer("f", 7, x.answerTo(x.invite.Body, suspending))
		x.focus.Answer(x.invite, 580, "f", "", "")
		x.focus.Request(sipmsg.ACK)
		synctest.Wait()
		if out := <-result; !errors.Is(out.err, &sip.Error{Status: 580}) {
			x.t.Errorf("error %v", out.err)
		}
	})
}
