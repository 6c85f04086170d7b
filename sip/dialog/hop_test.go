package dialog_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestWhereRequestsGo has one peer at the address that everything comes from: whatever
// arrives there took the flow, whatever does not was sent elsewhere.
func TestWhereRequestsGo(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contact string
		fields        []string
		here          bool
		asked         []string
	}{
		{name: "contact", contact: "<sip:alice@10.0.0.2:5060>", here: true},
		{name: "other port", contact: "<sip:alice@10.0.0.2:5070>"},
		{name: "other host", contact: "<sip:alice@10.0.0.3>"},
		{name: "invalid", contact: "<sip:x@df7jal23ls0d.invalid;transport=udp>", here: true},
		{name: "outbound", contact: "<sip:alice@203.0.113.9;ob>", here: true},
		{name: "outbound, name", contact: "<sip:alice@phone.example;ob>", here: true},
		{name: "unspecified", contact: "<sip:alice@0.0.0.0>", here: true},
		{
			name: "behind NAT", contact: "<sip:alice@10.9.9.9>", here: true,
			fields: []string{"Via: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKnat"},
		},
		{
			name: "behind a proxy", contact: "<sip:alice@10.9.9.9>",
			fields: []string{"Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bKp, SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKnat"},
		},
		{name: "loopback", contact: "<sip:alice@127.0.0.1>", here: true},
		{
			name: "route", contact: "<sip:x@df7jal23ls0d.invalid>", here: true,
			fields: []string{"Record-Route: <sip:10.0.0.2;lr>"},
		},
		{
			name: "route elsewhere", contact: "<sip:alice@10.0.0.2>",
			fields: []string{"Record-Route: <sip:10.0.0.9;lr>"},
		},
		{name: "name", contact: "<sip:alice@phone.example>", here: true, asked: []string{"phone.example"}},
		{name: "unknown name", contact: "<sip:alice@nowhere.example>", here: true, asked: []string{"nowhere.example"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			conform.Covers(t, "COM-16", "FOC-DSP-10")
			play(t, func(x *scene) {
				x.names.addr["phone.example"] = netip.MustParseAddrPort("10.0.0.2:5060")
				x.establish(append(tt.fields, "Contact: "+tt.contact)...)
				x.send(sipmsg.OPTIONS)
				req, ok := x.peer.Next(1500 * time.Millisecond).(*sipmsg.Request)
				if ok != tt.here {
					x.t.Fatalf("request arrived: %v", ok)
				}
				if ok && "<"+req.URI.String()+">" != tt.contact {
					x.t.Errorf("Request-URI %s", req.URI.String())
				}
				if ok {
					x.peer.Answer(req, 200, "", "", "")
				}
				synctest.Wait()
				if diff := cmp.Diff(tt.asked, x.names.asked); diff != "" {
					x.t.Errorf("names looked up (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestOrderWhileResolving: requests leave in order although the first waits for a name,
// which is looked up once for all of them.
func TestOrderWhileResolving(t *testing.T) {
	t.Parallel()
	play(t, func(x *scene) {
		x.names.addr["phone.example"] = netip.MustParseAddrPort("10.0.0.2:5060")
		x.establish("Contact: <sip:alice@phone.example>")
		x.names.wait = []time.Duration{time.Second, time.Millisecond}
		for _, m := range []sipmsg.Method{sipmsg.INFO, sipmsg.MESSAGE, sipmsg.OPTIONS} {
			x.send(m)
		}
		for _, m := range []sipmsg.Method{sipmsg.INFO, sipmsg.MESSAGE, sipmsg.OPTIONS} {
			x.peer.Answer(x.peer.Request(m), 200, "", "", "")
		}
		x.send(sipmsg.BYE)
		x.peer.Answer(x.peer.Request(sipmsg.BYE), 200, "", "", "")
		<-time.After(2 * time.Minute)
		x.send(sipmsg.OPTIONS)
		x.peer.Answer(x.peer.Request(sipmsg.OPTIONS), 200, "", "", "")
		if n := len(x.names.asked); n != 2 {
			x.t.Errorf("looked up %d times", n)
		}
	})
}
