package server

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestInvitedUserReservesFirst: an invited user rings when his resources are
// there, and tells so by UPDATE in the early dialog.
func TestInvitedUserReservesFirst(t *testing.T) {
	conform.Covers(t, "FOC-OUT-19", "PRE-12")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.callee("tcp", "bob")
	i, invite := r.invited(bob)
	for _, want := range []string{"a=curr:qos local sendrecv", "a=des:qos optional"} {
		if !strings.Contains(string(invite.Body), want) {
			t.Errorf("no %s in\n%s", want, invite.Body)
		}
	}
	if strings.Contains(string(invite.Body), "mandatory") {
		t.Errorf("mandatory preconditions in\n%s", invite.Body)
	}
	status := func(local string) string {
		return "a=curr:qos local " + local + "\r\na=curr:qos remote sendrecv\r\n" +
			"a=des:qos mandatory local sendrecv\r\na=des:qos mandatory remote sendrecv\r\n"
	}
	progress := bob.call.Respond(invite, 183, "Require: 100rel", "RSeq: 1", "Content-Type: application/sdp", "Allow: INVITE, PRACK, UPDATE")
	progress.Body = []byte(bob.sdp + status("none") + "a=conf:qos remote sendrecv\r\n")
	bob.Send(progress)
	var confirmed, acknowledged bool
	for !confirmed || !acknowledged {
		req := bob.Request()
		switch req.Method {
		case sipmsg.PRACK:
			acknowledged = true
			bob.Answer(req, 200)
		case sipmsg.UPDATE: // the confirmation that was asked for
			confirmed = true
			if !strings.Contains(string(req.Body), "a=curr:qos local sendrecv") {
				t.Errorf("%s", req.Append(nil))
			}
			resp := sipmsg.NewResponse(req, 200, "")
			resp.Header.Add("Contact", bob.Contact())
			resp.Header.Add("Content-Type", "application/sdp")
			resp.Body = []byte(strings.Replace(bob.sdp, "bob 1 1 ", "bob 1 2 ", 1) + status("none"))
			bob.Send(resp)
		default:
			t.Fatalf("%s", req.Append(nil))
		}
	}
	bob.Send(bob.call.Offer(sipmsg.UPDATE, strings.Replace(bob.sdp, "bob 1 1 ", "bob 1 3 ", 1)+status("sendrecv")))
	resp := bob.Expect(200, sipmsg.UPDATE)
	if !strings.Contains(string(resp.Body), "a=curr:qos remote sendrecv") || !strings.HasSuffix(resp.Header.Value("Contact"), ">;isfocus") {
		t.Errorf("%s", resp.Append(nil))
	}
	bob.Send(bob.call.Respond(invite, 180))
	bob.sdp = strings.Replace(bob.sdp, "bob 1 1 ", "bob 1 3 ", 1)
	bob.pickUp(invite)
	i.reportedLast()
	alice.say("hello")
	bob.hear("hello")
	bob.leave()
	alice.leave()
	r.vacant()
}
