package sdp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

// TestAnchoredOffer: an offer with msrp-cema is answered so, and a connection of
// ours follows its address lines.
func TestAnchoredOffer(t *testing.T) {
	const elsewhere = "m=message 7000 TCP/MSRP *\r\nc=IN IP4 198.51.100.99\r\na=accept-types:message/cpim"
	path := "a=path:msrp://ue1.invalid:2855/alice;tcp"
	relayed := "a=path:msrp://relay.example:9000/r;tcp msrp://192.0.2.10:51872/alice;tcp"
	for name, test := range map[string]struct {
		offer    []string
		role     Role
		anchored bool
		target   string
	}{
		"we wait":                     {offer: []string{elsewhere, path, "a=msrp-cema", "a=setup:active"}, anchored: true, target: "198.51.100.99:7000"},
		"we connect":                  {offer: []string{elsewhere, path, "a=msrp-cema", "a=setup:passive"}, role: RoleActive, anchored: true, target: "198.51.100.99:7000"},
		"relayed, offerer may wait":   {offer: []string{elsewhere, relayed, "a=msrp-cema", "a=setup:actpass"}, anchored: true, target: "198.51.100.99:7000"},
		"relayed, offerer connects":   {offer: []string{elsewhere, relayed, "a=msrp-cema", "a=setup:active"}, target: "relay.example:9000"},
		"relayed, offerer of RFC4975": {offer: []string{elsewhere, relayed, "a=msrp-cema"}, target: "relay.example:9000"},
		"not anchored":                {offer: []string{chat("a=setup:passive")}, role: RoleActive, target: "192.0.2.10:51872"},
	} {
		t.Run(name, func(t *testing.T) {
			text, stream, _ := answer(t, focus(1), lines("1", test.offer...), plainRoom(t))
			if stream.Role != test.role || stream.Anchored != test.anchored {
				t.Errorf("%v, anchored %v", stream.Role, stream.Anchored)
			}
			if got := strings.Contains(text, "a=msrp-cema\r\n"); got != test.anchored || !strings.Contains(text, "a=setup:"+test.role.String()) {
				t.Errorf("answer\n%s", text)
			}
			if host, port := stream.Target(); fmt.Sprintf("%s:%d", host, port) != test.target {
				t.Errorf("target %s:%d, want %s", host, port, test.target)
			}
		})
	}
	conform.Covers(t, "CEMA-02")
}

// TestAddressMismatch: without msrp-cema another address than the path's is
// refused where we had to dial it, in strict mode always.
func TestAddressMismatch(t *testing.T) {
	media := func(address, path string, port int) string {
		return fmt.Sprintf("m=message %d TCP/MSRP *\r\nc=IN IP4 %s\r\na=accept-types:message/cpim\r\na=path:%s", port, address, path)
	}
	knows := func(name, address string) bool { return name == "ue.example" && address == "192.0.2.10" }
	for name, test := range map[string]struct {
		media                string
		waits, dials, strict bool // what is accepted
	}{
		"same":                 {media: media("192.0.2.10", "msrp://192.0.2.10:2855/x;tcp", 2855), waits: true, dials: true, strict: true},
		"same in IPv6":         {media: strings.Replace(media("2001:db8::1", "msrp://[2001:DB8:0::1]:2855/x;tcp", 2855), "IP4", "IP6", 1), waits: true, dials: true, strict: true},
		"another address":      {media: media("192.0.2.99", "msrp://192.0.2.10:2855/x;tcp", 2855), waits: true},
		"another port":         {media: media("192.0.2.10", "msrp://192.0.2.10:2855/x;tcp", 7000), waits: true},
		"name, known as it":    {media: media("192.0.2.10", "msrp://ue.example:2855/x;tcp", 2855), waits: true, dials: true, strict: true},
		"name, not known":      {media: media("192.0.2.10", "msrp://other.example:2855/x;tcp", 2855), waits: true, dials: true},
		"second URI of a path": {media: media("192.0.2.10", "msrp://relay.example:9/r;tcp msrp://192.0.2.10:2855/x;tcp", 2855), waits: true, dials: true, strict: true},
		"held":                 {media: media("0.0.0.0", "msrp://192.0.2.10:2855/x;tcp", 2855), waits: true, dials: true, strict: true},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(mode string, want, strict bool, setup string) {
				n := focus(1)
				n.Policy.Strict, n.Policy.Resolves = strict, knows
				_, err := n.Receive(mustParse(t, lines("1", test.media, "a=setup:"+setup)))
				if (err == nil) != want {
					t.Errorf("%s: %v", mode, err)
				}
				if err != nil {
					_ = refusal(t, err)
				}
			}
			check("we wait", test.waits, false, "active")
			check("we dial", test.dials, false, "passive")
			check("strict", test.strict, true, "active")
		})
	}
	conform.Covers(t, "CEMA-03")
}

// TestAnchoredOfferOfOurs: what the answer to it says about the connection.
func TestAnchoredOfferOfOurs(t *testing.T) {
	l := plainRoom(t)
	l.CEMA = true
	const elsewhere = "m=message 7000 TCP/MSRP *\r\nc=IN IP4 198.51.100.99\r\na=accept-types:message/cpim"
	one, two := "a=path:msrp://192.0.2.10:51872/alice;tcp", "a=path:msrp://relay.example:9000/r;tcp msrp://192.0.2.10:51872/alice;tcp"
	for name, test := range map[string]struct {
		answer []string
		target string
		again  bool
	}{
		"anchored":                     {answer: []string{elsewhere, one, "a=msrp-cema", "a=setup:passive"}, target: "198.51.100.99:7000"},
		"plain":                        {answer: []string{chat("a=setup:passive")}, target: "192.0.2.10:51872"},
		"plain, relayed":               {answer: []string{strings.Replace(chat(two, "a=setup:passive"), one+"\r\n", "", 1)}, target: "relay.example:9000"},
		"elsewhere, we connect":        {answer: []string{elsewhere, one, "a=setup:passive"}, target: "198.51.100.99:7000"},
		"elsewhere, no setup":          {answer: []string{elsewhere, one}, target: "198.51.100.99:7000"},
		"elsewhere, we wait":           {answer: []string{elsewhere, one, "a=setup:active"}, again: true},
		"elsewhere, relayed":           {answer: []string{elsewhere, two, "a=setup:passive"}, again: true},
		"elsewhere, relayed, anchored": {answer: []string{elsewhere, two, "a=setup:passive", "a=msrp-cema"}, target: "198.51.100.99:7000"},
	} {
		t.Run(name, func(t *testing.T) {
			n := focus(1)
			offer := n.Offer(l).String()
			if !strings.Contains(offer, "a=msrp-cema\r\n") || !strings.Contains(offer, "a=setup:actpass\r\n") {
				t.Fatalf("offer\n%s", offer)
			}
			_, stream, err := n.Accept(mustParse(t, lines("1", test.answer...)))
			if err != nil {
				t.Fatal(err)
			}
			if stream.Again != test.again {
				t.Errorf("another offer: %v", stream.Again)
			}
			if host, port := stream.Target(); !test.again && fmt.Sprintf("%s:%d", host, port) != test.target {
				t.Errorf("target %s:%d, want %s", host, port, test.target)
			}
			if !test.again {
				return
			}
			l := l
			l.CEMA = false
			if next := n.Offer(l).String(); strings.Contains(next, "msrp-cema") || !strings.Contains(next, "o=- 1 2 ") {
				t.Errorf("the next offer is\n%s", next)
			}
			// Nothing has come about yet: what is agreed now begins.
			next := strings.Replace(lines("2", test.answer...), "a=setup:active", "a=setup:passive", 1)
			if effect, stream, err := n.Accept(mustParse(t, next)); err != nil || effect != EffectNew || stream.Again {
				t.Errorf("the next answer: %v, %+v, %v", effect, stream, err)
			}
		})
	}
	conform.Covers(t, "CEMA-01", "CEMA-04")
}

// TestCarries: TCP/TLS/MSRP is accepted over the transports that are served.
func TestCarries(t *testing.T) {
	n := focus(1)
	n.Policy.Carries = func(proto Proto, transport string) bool { return proto == ProtoTLS && transport == "ws" }
	secure := func(transport string) string {
		return lines("1", "m=message 2855 TCP/TLS/MSRP *", "a=accept-types:*", "a=path:msrps://x.invalid:2855/alice;"+transport)
	}
	if _, err := n.Receive(mustParse(t, secure("tcp"))); err == nil {
		t.Error("TLS is accepted where only WebSocket is served")
	}
	p, err := n.Receive(mustParse(t, secure("ws")))
	if err != nil || p.Transport() != "ws" {
		t.Errorf("%v, %v", p, err)
	}
}
