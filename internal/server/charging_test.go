package server

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// vector reads the one P-Charging-Vector of a message.
func vector(t *testing.T, m sipmsg.Message) sipmsg.ChargingVector {
	t.Helper()
	if n := len(m.Head().Values("P-Charging-Vector")); n != 1 {
		t.Fatalf("%d charging vectors in\n%s", n, m.Append(nil))
	}
	v, err := m.Head().ChargingVector()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestChargingOfCalls: calls to trusted peers have an identifier of their own, which
// stays the same throughout the dialog; its ACK has none.
func TestChargingOfCalls(t *testing.T) {
	conform.Covers(t, "CHG-01", "FOC-DSP-07", "IDN-11")
	r := serve(t, func(c *config.Config) { c.SIP.IOI = "home1.net" })
	alice := r.guest("tcp", "alice").join(lobby, `P-Charging-Vector: icid-value="of alice"`)
	seen := make(map[string]bool)
	for _, name := range []string{"bob", "carol"} {
		callee := r.callee("tcp", name)
		i, invite := r.invited(callee)
		v := vector(t, invite)
		if ioi, _ := v.Params.Lookup("orig-ioi"); ioi != "home1.net" || v.ICIDValue == "of alice" {
			t.Errorf("charging vector %s", v)
		}
		seen[v.ICIDValue] = true
		callee.Send(callee.call.Accept(invite, callee.sdp))
		ack := callee.Request()
		if ack.Method != sipmsg.ACK || ack.Header.Has("P-Charging-Vector") || ack.Header.Has("P-Asserted-Identity") {
			t.Errorf("want an ACK without charging vector and identity, got\n%s", ack.Append(nil))
		}
		i.reportedLast()
		callee.Send(callee.call.Request(sipmsg.BYE))
		callee.Expect(200, sipmsg.BYE)
	}
	if len(seen) != 2 {
		t.Errorf("identifiers %v", seen)
	}
	alice.leave()
	r.vacant()
}

// TestChargingOfTrustedCallers: what a trusted peer brings comes back in responses and
// in our requests; nothing of it goes to others.
func TestChargingOfTrustedCallers(t *testing.T) {
	conform.Covers(t, "CHG-02")
	r := serve(t, func(c *config.Config) { c.SIP.IOI = "home1.net" })
	const given = `P-Charging-Vector: icid-value=9d01;orig-ioi="visited.net"`
	alice := r.guest("tcp", "alice").join(lobby, given,
		"P-Charging-Function-Addresses: ccf=192.0.2.1", "P-Access-Network-Info: 3GPP-E-UTRAN;utran-cell-id-3gpp=1")
	check := func(m sipmsg.Message) {
		t.Helper()
		v := vector(t, m)
		orig, _ := v.Params.Lookup("orig-ioi")
		term, _ := v.Params.Lookup("term-ioi")
		if v.ICIDValue != "9d01" || orig != "visited.net" || term != "home1.net" {
			t.Errorf("charging vector %s", v)
		}
	}
	check(alice.ok)
	r.end()
	for {
		req := alice.Request()
		alice.Send(sipmsg.NewResponse(req, 200, ""))
		if req.Method == sipmsg.BYE {
			check(req)
			return
		}
	}
}

// TestChargingOfOthers: peers that are not trusted neither get charging fields nor the
// conference's asserted identity, and what they bring has no effect.
func TestChargingOfOthers(t *testing.T) {
	conform.Covers(t, "CHG-03", "IDN-11")
	r := serve(t, func(c *config.Config) {
		c.SIP.Trust = []config.Peer{{Prefix: netip.MustParsePrefix("192.0.2.0/24")}} // and auth.local
	})
	internal := []string{"P-Charging", "P-Access-Network-Info", "P-Asserted-Identity", "9d01"}
	clean := func(m sipmsg.Message) {
		t.Helper()
		for _, word := range internal {
			if text := string(m.Append(nil)); strings.Contains(text, word) {
				t.Errorf("%s in\n%s", word, text)
			}
		}
	}
	alice := r.guest("tcp", "alice").join(lobby, `P-Charging-Vector: icid-value=9d01`,
		"P-Charging-Function-Addresses: ccf=192.0.2.1", "P-Access-Network-Info: 3GPP-E-UTRAN;utran-cell-id-3gpp=1")
	clean(alice.ok)
	bob := r.callee("tcp", "bob")
	i, invite := r.invited(bob)
	clean(invite)
	bob.Send(bob.call.Respond(invite, 180))
	alice.leave()
	for { // the conference ends, and with it the call
		req := bob.Request()
		clean(req)
		bob.Send(sipmsg.NewResponse(req, 200, ""))
		if req.Method == sipmsg.CANCEL {
			break
		}
	}
	bob.Send(bob.call.Respond(invite, 487))
	clean(bob.Request())
	i.reportedLast()
	r.vacant()
}
