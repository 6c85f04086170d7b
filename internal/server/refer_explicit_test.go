package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// referExplicitly sends a REFER that requires explicitsub and returns the URI of its
// reports.
func (i *issuer) referExplicitly(to string) string {
	t := i.rig.t
	t.Helper()
	resp := i.refer(lobby, to, "Require: explicitsub")
	at := resp.Header.Value("Refer-Events-At")
	if resp.Status != 200 || !strings.HasPrefix(at, "<sip:lobby@127.0.0.1:") || !strings.HasSuffix(at, ">") {
		t.Fatalf("%s", resp.Append(nil))
	}
	return strings.Trim(at, "<>")
}

// inquires subscribes to the reports at uri and returns the status of the answer.
func (i *issuer) inquires(uri string) int {
	i.rig.t.Helper()
	i.dialog = i.Dialog(i.aor(), uri)
	i.Send(i.dialog.Request(sipmsg.SUBSCRIBE, "Event: refer"))
	resp := i.Response()
	if resp.Status == 200 {
		i.dialog.Learn(resp)
	}
	return resp.Status
}

// TestReferExplicitSubscription lets the issuer, and nobody else, subscribe to what comes
// of a REFER, also after the conference has ended.
func TestReferExplicitSubscription(t *testing.T) {
	conform.Covers(t, "FOC-REF-12", "FOC-REF-06")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	i := r.issuer("alice")
	carol := r.callee("udp", "carol")
	uri := i.referExplicitly(carol.referTo(""))
	invite := carol.called()
	if status := r.issuer("bob").inquires(uri); status != 403 {
		t.Errorf("somebody else is answered %d", status)
	}
	if status := i.inquires(uri + "x"); status != 403 {
		t.Errorf("a guess is answered %d", status)
	}
	if status := i.inquires(uri); status != 200 {
		t.Fatalf("the issuer is answered %d", status)
	}
	i.reported("SIP/2.0 100 Trying", "active")
	carol.pickUp(invite)
	i.reported("SIP/2.0 200 OK", "terminated")
	carol.leave()
	over := i.referExplicitly("<" + alice.aor() + ">")
	alice.leave()
	r.vacant()
	if status := i.inquires(over); status != 200 {
		t.Fatalf("the conference is over: %d", status)
	}
	i.reported("SIP/2.0 200 OK", "terminated")
}
