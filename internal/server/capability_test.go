package server

import (
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestCapabilities says the same in INVITEs, the 200s to them, and to OPTIONS.
func TestCapabilities(t *testing.T) {
	conform.Covers(t, "FOC-DSP-05")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.callee("tcp", "bob")
	i, invite := r.invited(bob)
	alice.Send(alice.other(sipmsg.OPTIONS, lobby))
	options := alice.Expect(200, sipmsg.OPTIONS)
	for name, want := range map[string]string{
		"Allow":        "INVITE, ACK, CANCEL, OPTIONS, BYE, PRACK, UPDATE, REFER, SUBSCRIBE, NOTIFY",
		"Supported":    "100rel, precondition, timer, replaces, norefersub, multiple-refer, tdialog, nosub, explicitsub",
		"Allow-Events": "conference, refer",
		"Accept": "application/sdp, multipart/mixed, message/sipfrag, application/conference-info+xml, " +
			"application/resource-lists+xml",
	} {
		for where, m := range map[string]sipmsg.Message{"INVITE": invite, "200": alice.ok, "OPTIONS": options} {
			got := m.Head().Tokens(name)
			for _, word := range strings.Split(want, ", ") {
				if !slices.Contains(got, word) {
					t.Errorf("%s: %s lacks %s: %s", where, name, word, got)
				}
			}
		}
	}
	bob.Send(bob.call.Respond(invite, 486))
	bob.Request()
	i.reportedLast()
	alice.leave()
	r.vacant()
}

// TestFieldsWithoutEffect come with an INVITE and go no further.
func TestFieldsWithoutEffect(t *testing.T) {
	conform.Covers(t, "FOC-DSP-11")
	r := serve(t, nil)
	fields := []string{
		"History-Info: <sip:secret@x>;index=1", "P-Early-Media: supported", "P-Called-Party-ID: <sip:secret@x>",
		"P-Served-User: <sip:secret@x>", "Alert-Info: <http://secret.test/>", "Call-Info: <http://secret.test/>;purpose=icon",
		"Geolocation: <cid:secret@x>", "Priority: emergency", "Resource-Priority: wps.0",
	}
	alice := r.guest("tcp", "alice").join(lobby, fields...)
	w := r.watch("tcp", "alice")
	w.full()
	carol := r.callee("tcp", "carol")
	i, invite := r.invited(carol)
	for _, text := range []string{string(invite.Append(nil)), strings.Join(w.bodies, "")} {
		for _, f := range fields {
			name, _, _ := strings.Cut(f, ":")
			if strings.Contains(text, name+":") || strings.Contains(text, "secret") {
				t.Errorf("%s in\n%s", name, text)
			}
		}
	}
	carol.Send(carol.call.Respond(invite, 486))
	carol.Request()
	i.reportedLast()
	bob := r.guest("tcp", "bob")
	bob.denied(416, bob.invite("urn:service:sos.police"))
	alice.leave()
}
