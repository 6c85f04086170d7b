package sdp

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func golden(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".sdp")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustParse(t *testing.T, text string) *Session {
	t.Helper()
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s
}

func mustURI(t *testing.T, text string) msrpwire.URI {
	t.Helper()
	u, err := msrpwire.ParseURI(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// room is what a focus states in the examples of the specification.
func room(t *testing.T, address, uri string) Local {
	t.Helper()
	return Local{
		URI: mustURI(t, uri), Address: address,
		AcceptTypes:        TypeList{TypeCPIM},
		AcceptWrappedTypes: ParseTypeList("text/plain text/html application/im-iscomposing+xml message/imdn+xml *"),
		MaxSize:            1048576,
		Chatroom:           Chatroom{Declared: true, Nickname: true, PrivateMessages: true},
	}
}

func focus(id uint64) *Negotiation {
	return &Negotiation{ID: id, Policy: Policy{Needs: TypeCPIM}}
}

func answer(t *testing.T, n *Negotiation, offer string, l Local) (string, Stream, Effect) {
	t.Helper()
	p, err := n.Receive(mustParse(t, offer))
	if err != nil {
		t.Fatalf("%v for\n%s", err, offer)
	}
	s, stream := n.Answer(p, l)
	return s.String(), stream, p.Effect
}

func TestAnswerGolden(t *testing.T) {
	conform.Covers(t, "SDP-01", "SDP-02", "SDP-06", "SDP-07")
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
