package msrpwire_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestMatching(t *testing.T) {
	t.Parallel()
	own := mustURI(t, toRoom)
	for _, tt := range []struct {
		got             string
		session, strict bool
	}{
		{toRoom, true, true},
		{strings.Replace(toRoom, "conf.ims.example:2855", "10.0.0.1:9", 1), true, false},
		{strings.Replace(toRoom, ":2855", "", 1), false, false},
		{strings.Replace(toRoom, "msrp:", "msrps:", 1), false, false},
		{strings.Replace(toRoom, ";tcp", ";ws", 1), false, false},
		{strings.Replace(toRoom, "kV3x", "kv3x", 1), false, false},
		{"msrp://conf.ims.example:2855;tcp", false, false},
	} {
		got := mustURI(t, tt.got)
		if a, b := msrpwire.MatchSessionID.To(own, got), msrpwire.MatchStrict.To(own, got); a != tt.session || b != tt.strict {
			t.Errorf("%s addresses the session: %v, strictly %v", tt.got, a, b)
		}
	}
	relay := mustURI(t, "msrps://relay.example:9000/abc;tcp")
	alice, moved := mustURI(t, toAlice), mustURI(t, strings.Replace(toAlice, "192.0.2.10:51872", "203.0.113.1:1024", 1))
	for _, tt := range []struct {
		peer, got       []msrpwire.URI
		session, strict bool
	}{
		{[]msrpwire.URI{alice}, []msrpwire.URI{alice}, true, true},
		{[]msrpwire.URI{alice}, []msrpwire.URI{moved}, true, false},
		{[]msrpwire.URI{relay, alice}, []msrpwire.URI{relay, alice}, true, true},
		{[]msrpwire.URI{relay, alice}, []msrpwire.URI{alice}, true, false},
		{[]msrpwire.URI{alice}, []msrpwire.URI{alice, relay}, false, false},
		{[]msrpwire.URI{alice}, []msrpwire.URI{own}, false, false},
		{[]msrpwire.URI{alice}, nil, false, false},
		{nil, []msrpwire.URI{alice}, false, false},
	} {
		if a, b := msrpwire.MatchSessionID.From(tt.peer, tt.got), msrpwire.MatchStrict.From(tt.peer, tt.got); a != tt.session || b != tt.strict {
			t.Errorf("From-Path %v of a peer %v: %v, strictly %v", tt.got, tt.peer, a, b)
		}
	}
}
