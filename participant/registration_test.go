package participant

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

const publicGRUU = "sip:alice@ims.example;gr=urn:uuid:00000000-0000-4000-8000-000000000001"

// bound writes the answer to a REGISTER.
func bound(req *sipmsg.Request, seconds string) string {
	return "Contact: <sip:alice@10.0.0.9>;expires=7, " + req.Header.Value("Contact") + `;expires=` + seconds + `;pub-gruu="` + publicGRUU + `"` +
		"\nService-Route: <sip:orig@10.0.0.2;lr>, <sip:second.example;lr>"
}

// TestRegister registers, calls by way of the Service-Route with the GRUU, refreshes and
// gives the binding up in the end.
func TestRegister(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-01", "PAR-GEN-07")
	bubble(t, func(x *stage) {
		x.ue.login = digest.NewClient("alice", "secret")
		done := make(chan error, 1)
		go func() { done <- x.ue.Register(x.t.Context()) }()
		first := x.focus.Request(sipmsg.REGISTER)
		h := &first.Header
		if first.URI.String() != "sip:ims.example" || h.Value("Supported") != "path, gruu" || h.Value("Expires") != "3600" ||
			h.Value("To") != "Alice <sip:alice@ims.example>" || !strings.HasPrefix(h.Value("Contact"), "<sip:alice@10.0.0.1:49153>;+sip.instance=") {
			x.t.Errorf("REGISTER\n%s", first.Append(nil))
		}
		x.focus.Answer(first, 423, "r", "Min-Expires: 7200", "")
		req := x.focus.Request(sipmsg.REGISTER)
		req = x.challenged(req, challenges("n1"))
		if req.Header.Value("Expires") != "7200" {
			x.t.Errorf("REGISTER\n%s", req.Append(nil))
		}
		x.focus.Answer(req, 200, "r", bound(req, "1000"), "")
		if err := <-done; err != nil {
			x.t.Fatal(err)
		}
		invite, result := x.call(x.t.Context(), Options{NoSubscribe: true})
		if got := invite.Header.Value("Route"); got != "<sip:orig@10.0.0.2;lr>, <sip:second.example;lr>" {
			x.t.Errorf("Route %s", got)
		}
		if got := invite.Header.Value("Contact"); !strings.HasPrefix(got, "<"+publicGRUU+">;+sip.instance=") {
			x.t.Errorf("Contact %s", got)
		}
		x.welcomes(invite, result, "")
		x.focus.Quiet(800 * time.Second)
		again, ok := x.focus.Next(2 * time.Minute).(*sipmsg.Request)
		if !ok {
			x.t.Fatal("not refreshed")
		}
		if again.Header.CallID() != h.CallID() || !strings.HasPrefix(again.Header.Value("Contact"), "<sip:alice@10.0.0.1:49153>") {
			x.t.Errorf("REGISTER\n%s", again.Append(nil))
		}
		again = x.challenged(again, challenges("n2"))
		x.focus.Answer(again, 200, "r", bound(again, "1000"), "")
		closed := make(chan error, 1)
		go func() { closed <- x.ue.Close(context.Background()) }()
		x.focus.Answer(x.focus.Request(sipmsg.BYE), 200, "", "", "")
		last := x.focus.Request(sipmsg.REGISTER)
		if last.Header.Value("Expires") != "0" {
			x.t.Errorf("REGISTER\n%s", last.Append(nil))
		}
		x.focus.Answer(last, 200, "r", "", "")
		if err := <-closed; err != nil {
			x.t.Error(err)
		}
	})
}

func TestRegisterRefused(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		done := make(chan error, 1)
		go func() { done <- x.ue.Register(x.t.Context()) }()
		x.focus.Answer(x.focus.Request(sipmsg.REGISTER), 403, "r", "", "")
		if err := <-done; !errors.Is(err, &sip.Error{Status: 403}) {
			x.t.Errorf("registered: %v", err)
		}
	})
}
