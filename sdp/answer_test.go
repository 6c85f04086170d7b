package sdp

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestAnswerGolden(t *testing.T) {
	conform.Covers(t, "SDP-01", "SDP-06", "SDP-07", "SDP-15", "WS-08")
	const v4, v6 = "198.51.100.20", "2001:db8:20::1"
	print1, _ := parseFingerprint("sha-256 A1:5E:02:7C:99:D4:3F:B8:60:EB:17:C2:8D:34:F9:70:5A:06:CE:93:41:BD:28:E5:7F:1C:A0:D6:6B:84:39:F2")
	for _, tt := range []struct {
		name, address, uri string
		id                 uint64
		edit               func(*Local)
	}{
		{"tcp", v4, "msrp://conf.ims.example:2855/kV3x9QmT0aZbY7LrWc5NsA;tcp", 7710021, func(*Local) {}},
		{
			"tls", v4, "msrps://conf.ims.example:2856/Zr81uQpX4mKd0vTgY6bHsw;tcp", 7710022,
			func(l *Local) { l.Fingerprints = []Fingerprint{print1} },
		},
		{
			"ws", v4, "msrps://conf.ims.example:443/uE4rT8yQ1wZ6xC9vB3nM5k;ws", 7710023,
			func(l *Local) {
				l.AcceptWrappedTypes = ParseTypeList("text/plain application/im-iscomposing+xml *")
			},
		},
		{
			"cema", v6, "msrps://[2001:db8:20::1]:2856/Lk0jH9gF8dS7aP6oI5uY4t;tcp", 7710024,
			func(l *Local) {
				l.AcceptWrappedTypes = ParseTypeList("text/plain application/im-iscomposing+xml message/imdn+xml *")
				l.Fingerprints, l.CEMA = []Fingerprint{print1}, true
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := room(t, tt.address, tt.uri)
			tt.edit(&l)
			got, stream, effect := answer(t, focus(tt.id), golden(t, tt.name+"_offer"), l)
			if diff := cmp.Diff(golden(t, tt.name+"_answer"), got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if effect != EffectNew || stream.Role != RolePassive || stream.Direction != SendRecv {
				t.Errorf("stream %+v, effect %d", stream, effect)
			}
			if stream.Local != l.URI {
				t.Errorf("our URI %s, want %s", stream.Local, l.URI)
			}
			if !strings.Contains(golden(t, tt.name+"_offer"), "a=path:"+stream.Peer.Path[0].String()+"\r\n") {
				t.Errorf("peer's path %v is not the offered one", stream.Peer.Path)
			}
		})
	}
}

func TestAnswerRoles(t *testing.T) {
	conform.Covers(t, "SDP-01", "SDP-12", "SDP-14")
	const none = Role(9)
	for _, tt := range []struct {
		setup string
		reach Reach
		want  Role
		lines []string // in the answer
	}{
		{"a=setup:actpass", ReachBoth, RolePassive, []string{"m=message 2855 TCP/MSRP *", "a=setup:passive"}},
		{"a=setup:active", ReachBoth, RolePassive, []string{"m=message 2855 TCP/MSRP *", "a=setup:passive"}},
		{"a=x:none", ReachBoth, RolePassive, []string{"m=message 2855 TCP/MSRP *", "a=setup:passive"}},
		{"a=setup:holdconn", ReachBoth, RolePassive, []string{"m=message 2855 TCP/MSRP *", "a=setup:passive"}},
		{"a=setup:passive", ReachBoth, RoleActive, []string{"m=message 9 TCP/MSRP *", "a=setup:active"}},
		{"a=setup: ACTIVE", ReachListen, RolePassive, []string{"a=setup:passive"}},
		{"a=setup:passive", ReachListen, none, nil},
		{"a=setup:actpass", ReachDial, RoleActive, []string{"m=message 9 TCP/MSRP *", "a=setup:active"}},
		{"a=setup:passive", ReachDial, RoleActive, []string{"a=setup:active"}},
		{"a=setup:active", ReachDial, none, nil},
		{"a=x:none", ReachDial, none, nil},
	} {
		n := focus(1)
		n.Policy.Reach = tt.reach
		p, err := n.Receive(mustParse(t, lines("1", chat(tt.setup, "a=connection:existing"))))
		if err != nil {
			if e := refusal(t, err); tt.want != none {
				t.Errorf("%s, reach %d: %v", tt.setup, tt.reach, e)
			}
			continue
		}
		s, stream := n.Answer(p, plainRoom(t))
		if stream.Role != tt.want {
			t.Errorf("%s, reach %d: role %s", tt.setup, tt.reach, stream.Role)
		}
		for _, l := range tt.lines {
			if !strings.Contains(s.String(), l+"\r\n") {
				t.Errorf("%s, reach %d: no %q in\n%s", tt.setup, tt.reach, l, s)
			}
		}
		if strings.Contains(s.String(), "connection:") {
			t.Errorf("connection attribute in\n%s", s)
		}
	}
}

func TestOfferRefused(t *testing.T) {
	conform.Covers(t, "SDP-03", "SDP-04", "SDP-05", "SDP-25", "FT-02", "MSRP-URI-07", "WS-08")
	own := func(u msrpwire.URI) bool { return u.Host == "conf.ims.example" }
	tls := Policy{Needs: TypeCPIM, Protos: []Proto{ProtoTLS}}
	cpim := Policy{Needs: TypeCPIM, Own: own}
	m := func(proto string, attributes ...string) string {
		return strings.Join(append([]string{"m=message 51872 " + proto + " *"}, attributes...), "\r\n")
	}
	const types, path = "a=accept-types:message/cpim", "a=path:msrp://192.0.2.10:51872/a;tcp"
	for _, tt := range []struct {
		name   string
		policy Policy
		line   string
		code   int
	}{
		{"no message stream", cpim, "m=audio 4000 RTP/AVP 0", WarnMedia},
		{"removed from the start", cpim, "m=message 0 TCP/MSRP *", WarnMedia},
		{"file only", cpim, chat(`a=file-selector:name:"x"`), WarnMedia},
		{"no path", cpim, m("TCP/MSRP", types), WarnOther},
		{"bad second URI", cpim, m("TCP/MSRP", types, path+" msrp:x"), WarnOther},
		{"path without port", cpim, m("TCP/MSRP", types, "a=path:msrp://192.0.2.10/a;tcp"), WarnOther},
		{"path without transport", cpim, m("TCP/MSRP", types, "a=path:msrp://192.0.2.10:51872/a"), WarnOther},
		{"9 URIs in path", cpim, m("TCP/MSRP", types, path+strings.Repeat(" msrp://192.0.2.11:2855/r;tcp", 8)), WarnOther},
		{"no accept-types", cpim, m("TCP/MSRP", path), WarnFormat},
		{"no cpim", cpim, m("TCP/MSRP", path, "a=accept-types:text/plain"), WarnFormat},
		{"TLS forced", tls, chat(), WarnTransport},
		{"insecure WebSocket", cpim, m("TCP/WS/MSRP", types, path), WarnTransport},
		{"unknown transport", cpim, m("UDP/DTLS/SCTP", types, path), WarnTransport},
		{"scheme contradicts", cpim, m("TCP/MSRP", types, "a=path:msrps://192.0.2.10:51872/a;tcp"), WarnTransport},
		{"scheme contradicts TLS", cpim, m("TCP/TLS/MSRP", types, path), WarnTransport},
		{"we would dial a WebSocket", cpim, m("TCP/MSRP", types, "a=path:msrp://x.invalid:1/a;ws", "a=setup:passive"), WarnTransport},
		{
			"relay that claims to be ours", cpim,
			m("TCP/TLS/MSRP", types, "a=path:msrps://conf.ims.example:443/r;ws msrps://x.invalid:1/a;ws"), WarnOther,
		},
	} {
		n := &Negotiation{ID: 1, Policy: tt.policy}
		_, err := n.Receive(mustParse(t, lines("1", tt.line)))
		if e := refusal(t, err); e.Code != tt.code || e.Text == "" {
			t.Errorf("%s: %v, code %d, want %d", tt.name, e, e.Code, tt.code)
		}
		if _, ok := n.Stream(); ok {
			t.Errorf("%s: stream in force", tt.name)
		}
	}
}

func TestOfferAcceptedDespiteOddities(t *testing.T) {
	conform.Covers(t, "SDP-04", "SDP-05", "SDP-28", "MSRP-URI-07")
	for _, line := range []string{
		"m=message 1 TCP/MSRP *\r\na=accept-types: Message/CPIM;x=y\r\na=path:msrp://h:1/a;tcp",
		"m=message 1 TCP/MSRP *\r\na=accept-types:text/plain message/*\r\na=path:msrp://h:1/a;tcp",
		"m=message 1 TCP/MSRP *\r\na=accept-types:*\r\na=path:msrp://h:1/a;tcp" + strings.Repeat(" msrp://h:2/b;tcp", 7),
		"m=message 1 TCP/MSRP 98 99\r\na=accept-types:*\r\na=path:msrp://h:1/a;tcp",
		"m=message 1 TCP/MSRP *\r\na=accept-types:*\r\na=path:msrp://relay:2/r;tcp msrp://x.invalid:1/a;ws\r\na=setup:passive",
		"m=message 1 TCP/MSRP *\r\na=accept-types:*\r\na=path:msrp://x.invalid:1/a;ws\r\na=setup:active",
		"m=message 1 TCP/WSS/MSRP *\r\na=accept-types:*\r\na=path:msrps://x.invalid:1/a;ws",
	} {
		text, _, _ := answer(t, focus(1), lines("1", line), plainRoom(t))
		want := strings.Fields(line)[2]
		if got := strings.Fields(mlines(text)); got[2] != want || got[1] == "0" || got[3] != "*" {
			t.Errorf("answer %v to\n%s", got, line)
		}
	}
}

func TestInsecureWebSocketByPolicy(t *testing.T) {
	conform.Covers(t, "SDP-28")
	n := focus(1)
	n.Policy.Protos = []Proto{ProtoTCP, ProtoWS}
	offer := lines("1", "m=message 1 TCP/WS/MSRP *\r\na=accept-types:*\r\na=path:msrp://x.invalid:1/a;ws")
	if text, _, _ := answer(t, n, offer, plainRoom(t)); mlines(text) != "m=message 2855 TCP/WS/MSRP *" {
		t.Errorf("got %s", text)
	}
}

func TestAnswerKeepsOrderAndNumber(t *testing.T) {
	conform.Covers(t, "SDP-16", "SDP-17", "FT-02", "DC-01")
	const selector = `a=file-selector:name:"plan b.pdf" type:application/pdf size:81920 hash:sha-1:72:24:5F:E8`
	text, stream, _ := answer(t, focus(1), lines("1",
		"m=audio 4000/2 RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000",
		chat(selector, "a=file-transfer-id:9c1d", "a=sendonly"),
		"m=message 51872 TCP/MSRP *\r\na=accept-types:text/plain\r\na=path:msrp://192.0.2.10:51872/b;tcp",
		chat(),
		chat(),
		"m=application 5000 UDP/DTLS/SCTP webrtc-datachannel",
	), plainRoom(t))
	want := "m=audio 0 RTP/AVP 0 8|m=message 0 TCP/MSRP *|m=message 0 TCP/MSRP *|m=message 2855 TCP/MSRP *|" +
		"m=message 0 TCP/MSRP *|m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
	if diff := cmp.Diff(want, mlines(text)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if stream.Index != 3 {
		t.Errorf("stream at %d, want the first acceptable line, 3", stream.Index)
	}
	if mirrored := "m=message 0 TCP/MSRP *\r\n" + selector + "\r\na=file-transfer-id:9c1d\r\nm="; !strings.Contains(text, mirrored) {
		t.Errorf("file not named again in\n%s", text)
	}
}

func TestAnswerDirection(t *testing.T) {
	conform.Covers(t, "SDP-18")
	for _, tt := range []struct {
		offered string
		allowed Direction
		want    Direction
	}{
		{"a=x", SendRecv, SendRecv},
		{"a=sendrecv", SendRecv, SendRecv},
		{"a=sendonly", SendRecv, RecvOnly},
		{"a=recvonly", SendRecv, SendOnly},
		{"a=inactive", SendRecv, Inactive},
		{"c=IN IP4 0.0.0.0", SendRecv, Inactive},
		{"a=sendrecv", SendOnly, SendOnly}, // moderator took the floor away
		{"a=sendonly", SendOnly, Inactive},
		{"a=recvonly", SendOnly, SendOnly},
	} {
		l := plainRoom(t)
		l.Direction = tt.allowed
		text, stream, _ := answer(t, focus(1), lines("1", chat(tt.offered)), l)
		if stream.Direction != tt.want {
			t.Errorf("%s, allowed %s: agreed %s, want %s", tt.offered, tt.allowed, stream.Direction, tt.want)
		}
		m, err := mustParse(t, text).Message(0)
		if err != nil || m.Direction != tt.want {
			t.Errorf("%s, allowed %s: answer says %s (%v), want %s", tt.offered, tt.allowed, m.Direction, err, tt.want)
		}
	}
}

func TestChatroomPolicies(t *testing.T) {
	conform.Covers(t, "SDP-07", "SDP-09")
	for want, c := range map[string]Chatroom{
		"a=chatroom:nickname private-messages": {Declared: true, Nickname: true, PrivateMessages: true},
		"a=chatroom:nickname":                  {Declared: true, Nickname: true},
		"a=chatroom:private-messages":          {Declared: true, PrivateMessages: true},
		"a=chatroom":                           {Declared: true},
		"a=chatroom:nickname org.example.x":    {Declared: true, Nickname: true, Other: []string{"org.example.x"}},
	} {
		l := plainRoom(t)
		l.Chatroom = c
		// The offer declares nothing: that does not keep the answer from it.
		if text, stream, _ := answer(t, focus(1), lines("1", chat()), l); !strings.Contains(text, want+"\r\n") || stream.Peer.Chatroom.Declared {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestErrorAsWarning(t *testing.T) {
	t.Parallel()
	err := error(refuse(WarnFormat, "message/cpim not accepted"))
	if !errors.Is(err, &Error{Code: WarnFormat}) || errors.Is(err, &Error{Code: WarnMedia}) {
		t.Error("errors.Is does not go by the code")
	}
	if got, want := refusal(t, err).Warning("conf.ims.example"), `305 conf.ims.example "message/cpim not accepted"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
