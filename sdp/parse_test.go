package sdp

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

func TestParseTolerant(t *testing.T) {
	conform.Covers(t, "SDP-26")
	want := &Session{
		Origin:     Origin{"alice", 7, 1, "IN", "IP4", "192.0.2.10"},
		Connection: Connection{"IN", "IP4", "192.0.2.10"},
		Attributes: []Attribute{{"tool", "x:y"}},
		Media: []Media{
			{Type: "audio", Port: 49170, Proto: "RTP/AVP", Formats: []string{"0", "8"}},
			{
				Type: "message", Port: 51872, Proto: "TCP/MSRP", Formats: []string{"*"},
				Connection: Connection{"IN", "IP6", "2001:db8::1"},
				Attributes: []Attribute{{"path", "msrp://h:1/a;tcp"}, {"chatroom", ""}},
			},
		},
	}
	for name, text := range map[string]string{
		"LF only, no s=, no t=": "v=0\no=alice 7 1 IN IP4 192.0.2.10\nc=IN IP4 192.0.2.10\na=tool:x:y\nm=audio 49170/2 RTP/AVP 0 8\n" +
			"m=message 51872 TCP/MSRP *\nc=IN IP6 2001:db8::1\na=path:msrp://h:1/a;tcp\na=chatroom\n",
		"odd order, empty s=, lines of no use, no final line end": "a=tool:x:y\r\nt=1 2\r\nr=1 2 3\r\nz=0 0\r\nk=clear:x\r\nb=AS:1\r\n" +
			"c=IN IP4 192.0.2.10\r\ne=a@b\r\np=+1\r\nu=http://x/\r\ni=info\r\ns=\r\no=alice 7 1 IN IP4 192.0.2.10\r\nv=0\r\n" +
			"m=audio 49170 RTP/AVP 0 8\r\nb=AS:1\r\n\r\nm=message  51872 TCP/MSRP *\r\na=path:msrp://h:1/a;tcp \r\na=chatroom:\r\n" +
			"i=x\r\nc=IN IP6 2001:db8::1\r\nc=IN IP6 2001:db8::2\r\na=",
	} {
		got, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	conform.Covers(t, "SDP-26")
	const head = "v=0\r\no=a 1 1 IN IP4 h\r\n"
	const m = "m=message 1 TCP/MSRP *\r\n"
	for name, text := range map[string]string{
		"empty":               "",
		"no v=":               "o=a 1 1 IN IP4 h\r\n" + m,
		"no o=":               "v=0\r\n" + m,
		"no m=":               head,
		"version 1":           "v=1\r\no=a 1 1 IN IP4 h\r\n" + m,
		"two o=":              head + "o=a 1 1 IN IP4 h\r\n" + m,
		"short o=":            "v=0\r\no=a 1 IN IP4 h\r\n" + m,
		"words for numbers":   "v=0\r\no=a x 1 IN IP4 h\r\n" + m,
		"version beyond 2^64": "v=0\r\no=a 1 18446744073709551616 IN IP4 h\r\n" + m,
		"unknown letter":      head + "y=1\r\n" + m,
		"no letter":           head + "hello\r\n" + m,
		"capital letter":      head + "A=1\r\n" + m,
		"short c=":            head + "c=IN IP4\r\n" + m,
		"short m=":            head + "m=message 1 TCP/MSRP\r\n",
		"port too large":      head + "m=message 65536 TCP/MSRP *\r\n",
		"negative port":       head + "m=message -1 TCP/MSRP *\r\n",
		"bare CR":             head + m + "a=x:1\ra=y\r\n",
		"NUL":                 head + m + "a=x\x00\r\n",
		"too many m=":         head + strings.Repeat(m, MaxMedia+1),
		"too large":           head + m + "a=" + strings.Repeat("x", MaxSize),
	} {
		_, err := Parse([]byte(text))
		if err == nil {
			t.Errorf("%s: no error", name)
			continue
		}
		_ = refusal(t, err)
	}
	if _, err := Parse([]byte(head + strings.Repeat(m, MaxMedia))); err != nil {
		t.Errorf("%d m-lines: %v", MaxMedia, err)
	}
}

func TestCorpusRoundTrip(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sdp")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		again, err := Parse(s.Append(nil))
		if err != nil {
			t.Fatalf("%s: %v in\n%s", name, err, s)
		}
		if diff := cmp.Diff(s, again); diff != "" && s.Name != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// What deployed clients offer, and what it is understood as.
func TestDeployedClients(t *testing.T) {
	conform.Covers(t, "SDP-26")
	for name, want := range map[string]string{
		"blink_offer": "m=message 2856 TCP/TLS/MSRP *",
		"sylk_offer":  "m=message 2855 TCP/MSRP *",
		"rcs_offer":   "m=message 2855 TCP/MSRP *",
	} {
		uri := "msrp://conf.ims.example:2855/one;tcp"
		if strings.Contains(want, "TLS") {
			uri = "msrps://conf.ims.example:2856/one;tcp"
		}
		text, s, _ := answer(t, focus(1), golden(t, name), room(t, "198.51.100.20", uri))
		if got := mlines(text); got != want || s.Role != RolePassive || !strings.Contains(text, "a=setup:passive\r\n") {
			t.Errorf("%s: %s, role %s", name, got, s.Role)
		}
		if !s.Peer.AcceptsWrapped("text/plain") || !s.Peer.AcceptsWrapped("application/im-iscomposing+xml") {
			t.Errorf("%s: types %v, wrapped %v", name, s.Peer.AcceptTypes, s.Peer.AcceptWrappedTypes)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.sdp")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(lines("1", chat(`a=file-selector:name:"a b%22" type:a/b;c="d e" size:1 hash:sha-1:0a:FF`, "a=curr:qos local none"))))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			return
		}
		text := s.Append(nil)
		again, err := Parse(text)
		if err != nil {
			// Writing adds at most the lines that were missing.
			if len(text) > MaxSize {
				return
			}
			t.Fatalf("%v in\n%q", err, text)
		}
		if got := again.Append(nil); string(got) != string(text) {
			t.Fatalf("written again (-want +got):\n%s", cmp.Diff(string(text), string(got)))
		}
		for i := range s.Media {
			fuzzMessage(t, s, i)
		}
		fuzzNegotiation(t, s)
	})
}

// fuzzMessage: what reads as a message stream is written such that it reads the
// same.
func fuzzMessage(t *testing.T, s *Session, i int) {
	t.Helper()
	m, err := s.Message(i)
	if err != nil {
		return
	}
	wrap := &Session{Media: []Media{m.Media()}}
	again, err := mustParse(t, wrap.String()).Message(0)
	if err != nil {
		t.Fatalf("%v in\n%s", err, wrap)
	}
	if diff := cmp.Diff(m.Media(), again.Media()); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

// fuzzNegotiation: an answer always fits its offer, and can be read.
func fuzzNegotiation(t *testing.T, s *Session) {
	t.Helper()
	n := focus(1)
	p, err := n.Receive(s)
	if err != nil {
		return
	}
	a, stream := n.Answer(p, plainRoom(t))
	back := mustParse(t, a.String())
	if len(back.Media) != len(s.Media) || back.Media[stream.Index].Port == 0 || len(stream.Peer.Path) == 0 {
		t.Fatalf("answer\n%s", a)
	}
	if again, err := n.Receive(s); err != nil || again.Effect != EffectNone {
		t.Fatalf("offer repeated: %v", err)
	}
}

func BenchmarkParse(b *testing.B) {
	text, err := os.ReadFile("testdata/tcp_offer.sdp")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}
