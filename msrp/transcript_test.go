package msrp

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// A transcript is a conversation as text: "== client" and "== server" stand in
// front of what each side writes. Lines end with CRLF on the wire.
// [[n octets: a-b]] stands for the octets a to b of a body, and {1}, {2} for
// transaction identifiers of the server's own requests, in their order.
type transcript []turn

type turn struct {
	server bool
	text   string
}

func readTranscript(t *testing.T, name string) transcript {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	var tr transcript
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "#"):
		case line == "== client", line == "== server":
			tr = append(tr, turn{server: line == "== server"})
		default:
			tr[len(tr)-1].text += line + "\r\n"
		}
	}
	for i := range tr {
		tr[i].text = fillBodies(tr[i].text)
	}
	return tr
}

func fillBodies(s string) string {
	placeholder := regexp.MustCompile(`\[\[\d+ octets: (\d+)-(\d+)\]\]`)
	return placeholder.ReplaceAllStringFunc(s, func(m string) string {
		groups := placeholder.FindStringSubmatch(m)
		from, _ := strconv.Atoi(groups[1])
		to, _ := strconv.Atoi(groups[2])
		b := make([]byte, 0, to-from+1)
		for i := from; i <= to; i++ {
			b = append(b, "abcdefghijklmnop\r\n-"[i%19])
		}
		return string(b)
	})
}

// The addresses of the specification's examples.
const (
	aliceURI = "msrp://192.0.2.10:51872/0pLkJ8hGf5DsAqWeRtYu2i;tcp"
	roomURI  = "msrp://conf.ims.example:2855/kV3x9QmT0aZbY7LrWc5NsA;tcp"
)

// fixedSession makes a session whose URI is given instead of random.
func fixedSession(t *testing.T, ep *Endpoint, cfg SessionConfig, own, peer string) *Session {
	t.Helper()
	s := newSession(t, ep, cfg)
	ep.remove(s)
	var err error
	if s.uri, err = msrpwire.ParseURI(own); err != nil {
		t.Fatal(err)
	}
	if err = ep.add(s); err != nil {
		t.Fatal(err)
	}
	path, err := msrpwire.Path(peer).URIs()
	if err != nil {
		t.Fatal(err)
	}
	s.SetRemote(path)
	return s
}

// exampleHandler behaves as the switch of the examples does.
func exampleHandler() *recorder { return exampleOf(newRecorder()) }

// playedHandler is an exampleHandler with no more room than a transcript needs.
func playedHandler() *recorder { return exampleOf(recorderOf(16)) }

func exampleOf(h *recorder) *recorder {
	h.request = func(r *NicknameRequest) {
		name, err := msrpwire.ParseNickname(r.Value, true)
		if err == nil && strings.HasPrefix(name, "The") {
			err = refusal(msrpwire.StatusNicknameInUse)
		}
		r.Respond(err)
	}
	return h
}

func exampleConfig(h Handler) SessionConfig {
	return SessionConfig{Handler: h, AcceptTypes: []string{"message/cpim"}, MaxSize: 1 << 20}
}

// play writes the client's part of tr to an endpoint, cut by cuts, and checks
// that the server answers as written.
func play(t *testing.T, ep *Endpoint, tr transcript, cut func(b []byte) [][]byte) {
	t.Helper()
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	if err := ep.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	if err := near.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	written := make(chan error, 1)
	written <- nil
	for i := 0; i < len(tr); i++ {
		if tr[i].server {
			got := make([]byte, len(sized(tr[i].text)))
			n, err := io.ReadFull(near, got)
			said := string(got[:n])
			if said != tr[i].text {
				said = named(said)
			}
			if diff := cmp.Diff(tr[i].text, said); diff != "" || err != nil {
				t.Fatalf("turn %d: %v (-want +got)\n%s", i, err, diff)
			}
			continue
		}
		if err := <-written; err != nil {
			t.Fatal(err)
		}
		go func() {
			var err error
			for _, p := range cut([]byte(tr[i].text)) {
				if _, err = near.Write(p); err != nil {
					break
				}
			}
			written <- err
		}()
	}
	if err := <-written; err != nil {
		t.Fatal(err)
	}
}

// sized puts identifiers as long as those of a new connection into s.
func sized(s string) string {
	if !strings.Contains(s, "{") {
		return s
	}
	return regexp.MustCompile(`\{\d\}`).ReplaceAllString(s, "0123456789AB") // as long as a first identifier
}

// named replaces the identifiers of the server's requests by {1}, {2}.
func named(s string) string {
	for i, m := range regexp.MustCompile(`(?m)^MSRP (\S+) (SEND|REPORT)\r$`).FindAllStringSubmatch(s, -1) {
		s = strings.ReplaceAll(s, m[1], "{"+strconv.Itoa(i+1)+"}")
	}
	return s
}

func whole(b []byte) [][]byte { return [][]byte{b} }

func octets(b []byte) [][]byte { return bytes.SplitAfter(b, nil) }

// exampleEndpoint is an endpoint with the switch's session for alice.
func exampleEndpoint(t *testing.T) *Endpoint {
	t.Helper()
	ep := New(Config{KeepAlive: -1})
	fixedSession(t, ep, exampleConfig(playedHandler()), roomURI, aliceURI)
	return ep
}

func TestTranscripts(t *testing.T) {
	rows := map[string][]string{
		"bind":       {"MSRP-CON-03", "MSRP-PTH-03", "MSRP-RSP-05"},
		"bindreport": {"MSRP-RPT-05", "MSRP-RPT-02"},
		"public":     {"MSRP-RSP-01"},
		"nickname":   {"MSRP-RSP-04", "MSRP-PTH-04"},
		"chunked":    {"MSRP-RPT-02", "MSRP-RPT-03", "MSRP-RSP-12"},
		"toolarge":   {"MSRP-RCV-06"},
		"errors":     {"MSRP-RSP-03", "MSRP-FRM-24"},
		"unknown":    {"MSRP-CON-04"},
	}
	for name, ids := range rows {
		t.Run(name, func(t *testing.T) {
			tr := readTranscript(t, name)
			for _, cut := range everyCut(tr, false) {
				ep := exampleEndpoint(t)
				play(t, ep, tr, cut)
				if err := ep.Close(); err != nil {
					t.Fatal(err)
				}
			}
			conform.Covers(t, append(ids, "MSRP-FRM-14")...)
		})
	}
}

func TestBoundElsewhere(t *testing.T) {
	tr := readTranscript(t, "elsewhere")
	for _, cut := range everyCut(tr, false) {
		boundElsewhere(t, tr, cut)
	}
	conform.Covers(t, "MSRP-CON-05")
}

func boundElsewhere(t *testing.T, tr transcript, cut func([]byte) [][]byte) {
	t.Helper()
	var log strings.Builder
	ep := newEndpoint(t, Config{KeepAlive: -1, Log: slog.New(slog.NewTextHandler(&log, nil))})
	h := exampleHandler()
	s := fixedSession(t, ep, exampleConfig(h), roomURI, aliceURI)
	near, far := net.Pipe()
	defer func() { _ = near.Close() }()
	if err := ep.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	bind := readTranscript(t, "bind")
	if _, err := io.WriteString(near, bind[0].text); err != nil {
		t.Fatal(err)
	}
	wait(t, h.bound, "bind")
	if _, err := io.ReadFull(near, make([]byte, len(bind[1].text))); err != nil {
		t.Fatal(err)
	}
	play(t, ep, tr, cut)
	if !strings.Contains(log.String(), "level=WARN") || strings.Contains(log.String(), "kV3x9QmT0aZbY7LrWc5NsA") {
		t.Errorf("the log says %q", &log)
	}
	if err := s.Send(text("still here"), 1); err != nil {
		t.Errorf("first binding: %v", err)
	}
	if b, err := near.Read(make([]byte, 100)); err != nil {
		t.Errorf("first binding: %d octets, %v", b, err)
	}
	if err := ep.Close(); err != nil {
		t.Error(err)
	}
}
