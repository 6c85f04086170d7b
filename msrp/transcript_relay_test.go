package msrp

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// relayed is what the relay at the front of To-Path makes of a request.
// RFC 4976 §6.4.1.
func relayed(request string) string {
	paths := regexp.MustCompile(`(?m)^To-Path: (\S+) (.*)\r\nFrom-Path: `)
	return paths.ReplaceAllString(request, "To-Path: $2\r\nFrom-Path: $1 ")
}

// TestRelayedCopy: what a relay makes of the copy of the example is what its
// receiver plays, and what the relay makes of his report is that of the example.
func TestRelayedCopy(t *testing.T) {
	sent, arrived := readTranscript(t, "relayedcopy"), readTranscript(t, "relayedarrival")
	tids := strings.NewReplacer("tW3pYd8FhR5jLs6E", "r1LaYd8FhR5jLs6E")
	if diff := cmp.Diff(relayed(tids.Replace(sent[0].text)), arrived[0].text); diff != "" {
		t.Error(diff)
	}
	report := func(tr transcript) string {
		_, after, _ := strings.Cut(tr[1].text, "$\r\n")
		return after
	}
	if diff := cmp.Diff(report(sent), relayed(report(arrived))); diff != "" {
		t.Error(diff)
	}
	conform.Covers(t, "MSRP-PTH-02", "MSRP-RPT-02")
}

// asks plays who asks a relay to serve a session, and returns what became of it.
func asks(t *testing.T, tr transcript, expires time.Duration, cut func([]byte) [][]byte) (*Session, error) {
	t.Helper()
	first := messages(t, tr[0].text)[0]
	to, err := first.ToPath.URIs()
	if err != nil {
		t.Fatal(err)
	}
	r := &role{t: t, names: make(map[string]string)}
	c := r.connect()
	defer r.close()
	r.ep.cnonce = func() string { return "f00dfeed0a1b" }
	relay := Relay{URI: to[0], Username: "dave", Password: "correct horse 7", Expires: expires}
	s := newSession(t, r.ep, SessionConfig{Handler: recorderOf(16), Secure: true})
	if s.uri, err = msrpwire.ParseURI(string(first.FromPath)); err != nil {
		t.Fatal(err)
	}
	reached(t, c, relay.URI)
	asked := make(chan error, 1)
	go func() { asked <- s.UseRelays(t.Context(), relay) }()
	for i, x := range tr {
		if x.server {
			r.write(x.text, cut)
		} else {
			r.hear(i, x.text)
		}
	}
	return s, wait(t, asked, "outcome")
}

// reached makes c the connection to a relay.
func reached(t *testing.T, c *conn, relay msrpwire.URI) {
	t.Helper()
	to, err := c.ep.relayTarget(t.Context(), relay)
	if err != nil {
		t.Fatal(err)
	}
	d := &dialling{done: make(chan struct{}), conn: c}
	close(d.done)
	c.ep.mu.Lock()
	defer c.ep.mu.Unlock()
	c.ep.dialled[to.key()] = d
}

// TestAuthTranscript plays the client of the example with its password and nonces,
// so that it proves itself with the digest that is written there, and believes the
// one of the relay.
func TestAuthTranscript(t *testing.T) {
	tr := readTranscript(t, "auth")
	for _, cut := range everyCut(tr, true) {
		s, err := asks(t, tr, 1800*time.Second, cut)
		if err != nil {
			t.Fatal(err)
		}
		const way = "msrps://conf.ims.example:443/rW2eR5tY8uI1oP4a;ws msrps://q8f2ml0z.invalid:2855/Ws7eD4rF1tG8yH5uJ2iK9o;ws"
		if got := msrpwire.MakePath(s.Path()...); string(got) != way {
			t.Fatalf("reached by %s", got)
		}
		if l := s.relay.logins[0].credentials; l.Challenge.Nonce != "kq0Lx81nVz55Tt2c" || l.Count != 0 {
			t.Fatalf("the next time with %q, %d", l.Challenge.Nonce, l.Count)
		}
	}
	conform.Covers(t, "REL-02")
}

// TestNoRelayTranscript: who is no relay refuses to serve.
func TestNoRelayTranscript(t *testing.T) {
	tr := exchange(t, "errors", "e6ZxQ8wE5rT2yU9i")
	for _, cut := range everyCut(tr, true) {
		if _, err := asks(t, tr, 0, cut); asError(err).Status != msrpwire.StatusUnknownMethod {
			t.Fatalf("got %v", err)
		}
	}
	conform.Covers(t, "REL-02")
}

// exchange takes out of a transcript what has a transaction identifier.
func exchange(t *testing.T, name, tid string) (tr transcript) {
	t.Helper()
	for _, x := range readTranscript(t, name) {
		begin := strings.Index(x.text, "MSRP "+tid)
		if begin < 0 {
			continue
		}
		end := begin + strings.Index(x.text[begin:], "-------"+tid) + len("-------"+tid+"$\r\n")
		tr = append(tr, turn{server: x.server, text: x.text[begin:end]})
	}
	if len(tr) == 0 {
		t.Fatalf("%s has no %s", name, tid)
	}
	return tr
}

// TestRefusedRequestTranscripts plays the client of the errors of a session that
// is bound, and goes on.
func TestRefusedRequestTranscripts(t *testing.T) {
	for _, tid := range []string{"e3ZxQ8wE5rT2yU9i", "e4ZxQ8wE5rT2yU9i", "e5ZxQ8wE5rT2yU9i"} {
		tr := exchange(t, "errors", tid)
		// What comes next finds the session as it was.
		to := string(messages(t, tr[0].text)[0].ToPath)
		for _, x := range exchange(t, "chunked", "s5ZxQ8wE5rT2yU9j") {
			tr = append(tr, turn{server: x.server, text: strings.ReplaceAll(x.text, roomURI, to)})
		}
		for _, cut := range everyCut(tr, true) {
			refusedRequest(t, tr, cut)
		}
	}
	conform.Covers(t, "MSRP-FRM-14")
}

func refusedRequest(t *testing.T, tr transcript, cut func([]byte) [][]byte) {
	t.Helper()
	r := &role{t: t, tr: tr, mine: func(x turn) bool { return !x.server }, names: make(map[string]string)}
	r.begin(exampleConfig(playedHandler()))
	defer r.close()
	for i, x := range tr {
		if !x.server {
			r.say(i, x.text)
			continue
		}
		r.write(x.text, cut)
		got, status := wait(t, r.handler.sent, "outcome"), msrpwire.StatusOK
		if got.err != nil {
			status = asError(got.err).Status
		}
		if status != messages(t, x.text)[0].Status {
			t.Fatalf("turn %d: outcome %d", i, status)
		}
	}
}
