package sdp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

const dialOut = "v=0\r\n" +
	"o=- 7 1 IN IP4 conf.ims.example\r\n" +
	"s=-\r\n" +
	"c=IN IP4 conf.ims.example\r\n" +
	"t=0 0\r\n" +
	"m=message 2855 TCP/MSRP *\r\n" +
	"a=setup:actpass\r\n" +
	"a=accept-types:message/cpim\r\n" +
	"a=accept-wrapped-types:text/plain text/html application/im-iscomposing+xml message/imdn+xml *\r\n" +
	"a=max-size:1048576\r\n" +
	"a=path:msrp://conf.ims.example:2855/one;tcp\r\n" +
	"a=chatroom:nickname private-messages\r\n"

// addressless is a room without Address, so c= shows the host of the URI.
func addressless(t *testing.T) Local {
	t.Helper()
	l := plainRoom(t)
	l.Address = ""
	return l
}

func TestOfferGolden(t *testing.T) {
	conform.Covers(t, "SDP-01", "SDP-02", "SDP-06", "SDP-07", "SDP-11")
	if diff := cmp.Diff(dialOut, focus(7).Offer(addressless(t)).String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A client that nobody can connect to.
	n, l := focus(7), addressless(t)
	n.Policy.Reach = ReachDial
	want := strings.NewReplacer("m=message 2855", "m=message 9", "actpass", "active").Replace(dialOut)
	if diff := cmp.Diff(want, n.Offer(l).String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// TLS and IPv6.
	l = addressless(t)
	l.URI = mustURI(t, "msrps://[2001:db8::1]:2856/x;tcp")
	for _, line := range []string{
		"o=- 7 1 IN IP6 2001:db8::1", "c=IN IP6 2001:db8::1", "m=message 2856 TCP/TLS/MSRP *",
		"a=path:msrps://[2001:db8::1]:2856/x;tcp",
	} {
		if text := focus(7).Offer(l).String(); !strings.Contains(text, line+"\r\n") {
			t.Errorf("no %q in\n%s", line, text)
		}
	}
}

func TestAcceptRoles(t *testing.T) {
	conform.Covers(t, "SDP-13", "SDP-02")
	const none = Role(9)
	for _, tt := range []struct {
		reach Reach
		setup string
		want  Role
	}{
		{ReachBoth, "a=setup:active", RolePassive},
		{ReachBoth, "a=setup:passive", RoleActive},
		{ReachBoth, "a=x", RoleActive},
		{ReachBoth, "a=setup:holdconn", RoleActive},
		{ReachListen, "a=setup:active", RolePassive},
		{ReachListen, "a=x", none},
		{ReachDial, "a=setup:passive", RoleActive},
		{ReachDial, "a=x", RoleActive},
		{ReachDial, "a=setup:active", none},
	} {
		n := focus(7)
		n.Policy.Reach = tt.reach
		n.Offer(plainRoom(t))
		// c= and m= lead elsewhere: without CEMA only the path counts.
		effect, s, err := n.Accept(mustParse(t, lines("1", chat("c=IN IP4 203.0.113.9", tt.setup))))
		if err != nil {
			if e := refusal(t, err); tt.want != none {
				t.Errorf("reach %d, %s: %v", tt.reach, tt.setup, e)
			}
			continue
		}
		if effect != EffectNew || s.Role != tt.want || s.Local.SessionID != "one" || s.Peer.Path[0].Host != "192.0.2.10" {
			t.Errorf("reach %d, %s: effect %d, stream %+v", tt.reach, tt.setup, effect, s)
		}
	}
}

func TestAcceptRefuses(t *testing.T) {
	conform.Covers(t, "SDP-25")
	for name, answer := range map[string]string{
		"refused":        lines("1", "m=message 0 TCP/MSRP *"),
		"one line more":  lines("1", chat(), chat()),
		"other medium":   lines("1", "m=audio 4000 RTP/AVP 0"),
		"other proto":    lines("1", "m=message 1 TCP/TLS/MSRP *\r\na=accept-types:*\r\na=path:msrps://h:1/a;tcp"),
		"other scheme":   lines("1", "m=message 1 TCP/MSRP *\r\na=accept-types:*\r\na=path:msrps://h:1/a;tcp"),
		"no path":        lines("1", "m=message 1 TCP/MSRP *\r\na=accept-types:*"),
		"no cpim":        lines("1", "m=message 1 TCP/MSRP *\r\na=accept-types:text/*\r\na=path:msrp://h:1/a;tcp"),
		"websocket only": lines("1", "m=message 1 TCP/MSRP *\r\na=accept-types:*\r\na=path:msrp://h:1/a;ws"),
	} {
		n := focus(7)
		n.Offer(plainRoom(t))
		_, _, err := n.Accept(mustParse(t, answer))
		_ = refusal(t, err)
		if _, ok := n.Stream(); ok || n.Description() != nil {
			t.Errorf("%s: something is in force", name)
		}
		if _, _, err := n.Accept(mustParse(t, answer)); err == nil {
			t.Errorf("%s: second answer taken", name)
		}
	}
}

func TestAcceptDirection(t *testing.T) {
	conform.Covers(t, "SDP-18")
	for _, tt := range []struct {
		ours   Direction
		theirs string
		want   Direction
	}{
		{SendRecv, "a=recvonly", SendOnly},
		{SendRecv, "a=sendonly", RecvOnly},
		{SendRecv, "a=inactive", Inactive},
		{SendOnly, "a=sendrecv", SendOnly}, // he may not: we offered less
		{SendOnly, "a=recvonly", SendOnly},
	} {
		n, l := focus(7), plainRoom(t)
		l.Direction = tt.ours
		n.Offer(l)
		if _, s, err := n.Accept(mustParse(t, lines("1", chat(tt.theirs)))); err != nil || s.Direction != tt.want {
			t.Errorf("%s offered, %s: %s (%v), want %s", tt.ours, tt.theirs, s.Direction, err, tt.want)
		}
	}
}

func TestOurReoffers(t *testing.T) {
	conform.Covers(t, "SDP-11", "SDP-24", "SDP-28")
	n, l := focus(7), plainRoom(t)
	first, _, _ := answer(t, n, lines("1", "m=audio 4000 RTP/AVP 0", chat("a=setup:active")), l)

	// The answer said passive, an offer never does.
	second := n.Offer(l).String()
	want := strings.NewReplacer("setup:passive", "setup:actpass", "o=- 7 1 ", "o=- 7 2 ").Replace(first)
	if diff := cmp.Diff(want, second); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	ours := lines("2", "m=audio 0 RTP/AVP 0", chat("a=setup:active"))
	effect, s, err := n.Accept(mustParse(t, ours))
	if err != nil || effect != EffectChange || s.Role != RolePassive || s.Index != 1 {
		t.Errorf("effect %d, stream %+v, %v", effect, s, err)
	}
	// Said again without change: same version (an offerless re-INVITE).
	if again := n.Offer(l).String(); again != second {
		t.Errorf("offer differs:\n%s", again)
	}
	n.Withdraw()
	// Changed, refused, and the old one in force offered again.
	l.Direction = SendOnly
	if v := version(t, n.Offer(l).String()); v != 3 {
		t.Errorf("version %d, want 3", v)
	}
	n.Withdraw()
	l.Direction = SendRecv
	if again := n.Offer(l).String(); again != second {
		t.Errorf("offer differs from the description in force:\n%s", again)
	}
	n.Withdraw()
	// What the peer refused does not lend its version to something else.
	l.Direction = Inactive
	if v := version(t, n.Offer(l).String()); v != 4 {
		t.Errorf("version %d, want 4", v)
	}
	// The peer removes the stream in his answer.
	effect, _, err = n.Accept(mustParse(t, lines("3", "m=audio 0 RTP/AVP 0", "m=message 0 TCP/MSRP *")))
	if _, ok := n.Stream(); err != nil || effect != EffectRemove || ok {
		t.Errorf("effect %d, %v, stream in force: %t", effect, err, ok)
	}
}

func TestOurReofferMovesTheStream(t *testing.T) {
	conform.Covers(t, "SDP-21", "SDP-28")
	n, l := focus(7), plainRoom(t)
	ws := "m=message 1 TCP/WSS/MSRP *\r\na=setup:active\r\na=accept-types:*\r\na=path:msrps://x.invalid:1/a;ws"
	answer(t, n, lines("1", ws), l)
	if got := mlines(n.Offer(l).String()); got != "m=message 2855 TCP/WSS/MSRP *" {
		t.Errorf("the session that goes on changed its word: %s", got)
	}
	n.Withdraw()
	l.URI = mustURI(t, "msrps://conf.ims.example:443/two;ws")
	if got := mlines(n.Offer(l).String()); got != "m=message 443 TCP/TLS/MSRP *" {
		t.Errorf("offer of a new session: %s", got)
	}
	effect, s, err := n.Accept(mustParse(t, lines("2", strings.Replace(ws, "WSS", "TLS", 1))))
	if err != nil || effect != EffectNew || s.Local != l.URI {
		t.Errorf("effect %d, stream %+v, %v", effect, s, err)
	}
	// Removed by the peer, offered again by us in the same slot.
	answer(t, n, lines("3", "m=message 0 TCP/TLS/MSRP *"), l)
	if got := mlines(n.Offer(l).String()); got != "m=message 443 TCP/TLS/MSRP *" {
		t.Errorf("got %s", got)
	}
	n.Withdraw()
}

func TestBothRolesAgree(t *testing.T) {
	conform.Covers(t, "SDP-13")
	server, client := focus(1), &Negotiation{ID: 2, Policy: Policy{Needs: TypeCPIM, Reach: ReachDial}}
	offer := mustParse(t, server.Offer(plainRoom(t)).String())
	p, err := client.Receive(offer)
	if err != nil {
		t.Fatal(err)
	}
	us := Local{URI: mustURI(t, "msrp://10.0.0.7:9/c;tcp"), AcceptTypes: TypeList{TypeCPIM}, AcceptWrappedTypes: TypeList{"*"}}
	answer, mine := client.Answer(p, us)
	effect, theirs, err := server.Accept(mustParse(t, answer.String()))
	if err != nil || effect != EffectNew {
		t.Fatalf("effect %d, %v", effect, err)
	}
	if mine.Role != RoleActive || theirs.Role != RolePassive {
		t.Errorf("roles %s and %s", mine.Role, theirs.Role)
	}
	if !mine.Peer.Path[0].Equal(theirs.Local) || !theirs.Peer.Path[0].Equal(mine.Local) {
		t.Errorf("paths do not meet: %+v, %+v", mine, theirs)
	}
	if p.Transport() != "tcp" {
		t.Errorf("transport %q", p.Transport())
	}
}

func TestCapability(t *testing.T) {
	conform.Covers(t, "SDP-27")
	l := plainRoom(t)
	l.Fingerprints, l.CEMA, l.Direction = []Fingerprint{{Hash: "sha-256", Digest: []byte{1}}}, true, Inactive
	want := "v=0\r\no=- 0 0 IN IP4 198.51.100.20\r\ns=-\r\nc=IN IP4 198.51.100.20\r\nt=0 0\r\n"
	for _, proto := range []string{"TCP/MSRP", "TCP/TLS/MSRP"} {
		want += "m=message 0 " + proto + " *\r\na=accept-types:message/cpim\r\n" +
			"a=accept-wrapped-types:text/plain text/html application/im-iscomposing+xml message/imdn+xml *\r\n" +
			"a=max-size:1048576\r\na=chatroom:nickname private-messages\r\n"
	}
	got := Capability(l, ProtoTCP, ProtoTLS).String()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	mustParse(t, got)
}
