package participant

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestAnonymous joins without telling the others who one is.
func TestAnonymous(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-04")
	bubble(t, func(x *stage) {
		x.ue.cfg.Anonymous = true
		invite, result := x.call(x.t.Context(), Options{})
		hidden := func(req *sipmsg.Request) {
			h := &req.Header
			if from, err := h.From(); err != nil || from.URI.String() != "sip:anonymous@anonymous.invalid" ||
				h.Value("Privacy") != "id" || h.Has("P-Preferred-Identity") || strings.Contains(strings.ToLower(string(req.Append(nil))), "alice") {
				x.t.Errorf("tells\n%s", req.Append(nil))
			}
		}
		hidden(invite)
		x.focus.Answer(invite, 200, "f", contactOf+"\nContent-Type: application/sdp", x.answerTo(invite.Body))
		x.focus.Request(sipmsg.ACK)
		x.subscribed()
		hidden(x.sub)
		<-x.leg.bound
		c := (<-result).conference
		x.notify(1, 200, "active;expires=3600", strings.ReplaceAll(document("full", 1, "anonymous7", "bob"), "anonymous7@ims.example", "anonymous7@anonymous.invalid"))
		next[Roster](x.t, c)
		if _, err := c.Send(x.t.Context(), "guess"); err != nil {
			x.t.Fatal(err)
		}
		if in := <-x.leg.messages; !strings.HasPrefix(string(in.Body()), "From: <sip:anonymous7@anonymous.invalid>\r\n") {
			x.t.Errorf("message\n%s", in.Body())
		}
	})
}

// TestPreferredIdentity tells a hop that is trusted, and no other.
func TestPreferredIdentity(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-04")
	for trusted, want := range map[bool]string{true: "<sip:alice@ims.example>", false: ""} {
		bubble(t, func(x *stage) {
			x.ue.cfg.Trusted = trusted
			invite, result := x.call(x.t.Context(), Options{NoSubscribe: true})
			if got := invite.Header.Value("P-Preferred-Identity"); got != want || invite.Header.Has("Privacy") {
				x.t.Errorf("P-Preferred-Identity %q", got)
			}
			x.welcomes(invite, result, "")
		})
	}
}
