package participant

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/resourcelist"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// refused answers the INVITE of a call and takes the ACK.
func (x *stage) refused(invite *sipmsg.Request, status int, fields string) {
	x.t.Helper()
	x.focus.Answer(invite, status, "r", fields, "")
	x.focus.Request(sipmsg.ACK)
}

// welcomes answers the INVITE of a call, whose offer may stand beside other bodies.
func (x *stage) welcomes(invite *sipmsg.Request, result <-chan outcome, fields string) *Conference {
	x.t.Helper()
	parts, err := sipmsg.Bodies(invite, sipmsg.Limits{})
	if err != nil {
		x.t.Fatal(err)
	}
	x.focus.Answer(invite, 200, "f", contactOf+"\nContent-Type: application/sdp\n"+fields, x.answerTo(parts[0].Body))
	x.focus.Request(sipmsg.ACK)
	<-x.leg.bound
	out := <-result
	if out.err != nil {
		x.t.Fatal(out.err)
	}
	return out.conference
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-03")
	for name, test := range map[string]struct {
		status int
		fields string
		pause  time.Duration
	}{
		"503": {503, "Retry-After: 9", 9 * time.Second},
		"491": {491, "", time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(x *stage) {
				first, result := x.call(x.t.Context(), Options{NoSubscribe: true})
				x.refused(first, test.status, test.fields)
				x.focus.Quiet(test.pause - 10*time.Millisecond)
				again := x.focus.Request(sipmsg.INVITE)
				x.refused(again, test.status, test.fields)
				if out := <-result; !errors.Is(out.err, &sip.Error{Status: test.status}) {
					x.t.Errorf("refused twice: %v", out.err)
				}
			})
		})
	}
}

func TestRedirected(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-03")
	bubble(t, func(x *stage) {
		first, result := x.call(x.t.Context(), Options{NoSubscribe: true, Invite: []Invitee{{URI: "sip:bob@ims.example"}}})
		x.refused(first, 302, "Contact: <sip:low@10.0.0.2>;q=0.1, <tel:+1>, <sip:high@10.0.0.2?Subject=x>;q=0.7")
		second := x.focus.Request(sipmsg.INVITE)
		if second.URI.String() != "sip:high@10.0.0.2" || !strings.Contains(string(second.Body), "sip:bob@ims.example") ||
			second.Header.CallID() == first.Header.CallID() {
			x.t.Errorf("followed to\n%s", second.Append(nil))
		}
		x.refused(second, 301, "Contact: <"+lobby+">, <sip:other@10.0.0.2>")
		third := x.focus.Request(sipmsg.INVITE)
		if third.URI.String() != "sip:other@10.0.0.2" {
			x.t.Errorf("followed to %s", third.URI)
		}
		x.refused(third, 302, "Contact: <sip:high@10.0.0.2>")
		if out := <-result; !errors.Is(out.err, &sip.Error{Status: 302}) {
			x.t.Errorf("going round: %v", out.err)
		}
	})
}

func TestCreateWithList(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-04")
	bubble(t, func(x *stage) {
		invite, result := x.call(x.t.Context(), Options{NoSubscribe: true, Invite: []Invitee{
			{URI: "sip:bob@ims.example", Display: "Bob", Copy: "to"},
			{URI: "sip:alice@ims.example"},
			{URI: "sip:carol@ims.example", Copy: "cc", Anonymous: true},
			{URI: "sip:bob@IMS.example"},
			{URI: "sip:erin@ims.example"},
		}})
		if invite.Header.Value("Require") != "recipient-list-invite" {
			x.t.Errorf("INVITE %v", invite.Header.Fields)
		}
		parts, err := sipmsg.Bodies(invite, sipmsg.Limits{})
		if err != nil || len(parts) != 2 || parts[0].Header.Value("Content-Type") != "application/sdp" ||
			parts[1].Header.Value("Content-Disposition") != "recipient-list" {
			x.t.Fatalf("bodies %v, %v", parts, err)
		}
		const want = `<?xml version="1.0" encoding="UTF-8"?>
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
  <list>
    <entry uri="sip:bob@ims.example" cp:copyControl="to"><display-name>Bob</display-name></entry>
    <entry uri="sip:carol@ims.example" cp:copyControl="cc" cp:anonymize="true"/>
    <entry uri="sip:erin@ims.example"/>
  </list>
</resource-lists>
`
		if got := string(parts[1].Body); got != want {
			x.t.Errorf("list\n%s\nwant\n%s", got, want)
		}
		if _, err := resourcelist.Parse(parts[1].Body, resourcelist.Limits{Strict: true}); err != nil {
			x.t.Error(err)
		}
		x.welcomes(invite, result, "")
	})
	if _, err := (&UE{}).recipients([]Invitee{{URI: "sip:bob@x", Copy: "all"}}); err == nil {
		t.Error("copy control taken")
	}
}

func TestListRefused(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-05")
	bubble(t, func(x *stage) {
		first, result := x.call(x.t.Context(), Options{NoSubscribe: true, Invite: []Invitee{
			{URI: "sip:bob@ims.example"}, {URI: "sip:carol@ims.example"},
		}})
		x.refused(first, 420, "Unsupported: recipient-list-invite")
		second := x.focus.Request(sipmsg.INVITE)
		if second.Header.Has("Require") || second.Header.Value("Content-Type") != "application/sdp" {
			x.t.Errorf("second INVITE\n%s", second.Append(nil))
		}
		x.focus.Answer(second, 200, "f", contactOf+"\nContent-Type: application/sdp", x.answerTo(second.Body))
		x.focus.Request(sipmsg.ACK)
		<-x.leg.bound
		for _, who := range []string{"bob", "carol"} {
			r := x.focus.Request(sipmsg.REFER)
			if r.Header.Value("Refer-To") != "<sip:"+who+"@ims.example>" || r.URI.String() != "sip:lobby@10.0.0.2" {
				x.t.Errorf("REFER\n%s", r.Append(nil))
			}
			x.focus.Answer(r, map[string]int{"bob": 202, "carol": 403}[who], "x", contactOf, "")
		}
		out := <-result
		if out.err != nil {
			x.t.Fatal(out.err)
		}
		if p := next[Problem](x.t, out.conference); p.Status != 403 {
			x.t.Errorf("problem %+v", p)
		}
	})
}
