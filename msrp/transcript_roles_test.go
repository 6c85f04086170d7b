package msrp

import (
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// spoken is a message of a transcript.
type spoken struct {
	msrpwire.Head

	body []byte
}

// messages takes what one side says apart.
func messages(t *testing.T, text string) []spoken {
	t.Helper()
	var all []spoken
	dec := msrpwire.NewDecoder(msrpwire.Limits{})
	b := []byte(text)
	var m spoken
	for {
		ev, n, err := dec.Next(b)
		switch {
		case err != nil:
			t.Fatal(err)
		case ev == msrpwire.GotHead:
			m = spoken{Head: *dec.Head()}
		case ev == msrpwire.GotBody:
			m.body = append(m.body, b[:n]...)
		case ev == msrpwire.GotEnd:
			all = append(all, m)
		case ev == msrpwire.NeedMore:
			return all
		}
		b = b[n:]
	}
}

// role is an endpoint that plays one side of a transcript.
type role struct {
	t    *testing.T
	tr   transcript
	mine func(turn) bool

	ep      *Endpoint
	session *Session
	handler *recorder
	wire    net.Conn
	early   []byte            // of what the endpoint says, looked at already
	names   map[string]string // our transaction identifiers by those of the transcript
	count   int
}

// playRole plays the server's side of a transcript, or the client's. What the
// other side says is cut by cut.
func playRole(t *testing.T, tr transcript, server bool, cfg SessionConfig, cut func([]byte) [][]byte) {
	t.Helper()
	r := &role{t: t, tr: tr, mine: func(x turn) bool { return x.server == server }, names: make(map[string]string)}
	r.begin(cfg)
	defer r.close()
	for i, x := range tr {
		if r.mine(x) {
			r.say(i, x.text)
		} else {
			r.write(x.text, cut)
		}
	}
}

// write has the other side say something, cut by cut.
func (r *role) write(text string, cut func([]byte) [][]byte) {
	r.t.Helper()
	for _, p := range cut([]byte(r.renamed(text))) {
		if _, err := r.wire.Write(p); err != nil {
			r.t.Fatal(err)
		}
	}
}

// begin makes the session, with its connection unless the transcript begins with
// the first request on it.
func (r *role) begin(cfg SessionConfig) {
	r.t.Helper()
	first := messages(r.t, r.tr[0].text)[0]
	own, peer := string(first.ToPath), string(first.FromPath)
	if r.mine(r.tr[0]) {
		own, peer = peer, own
	}
	c := r.connect()
	r.handler, _ = cfg.Handler.(*recorder)
	r.session = fixedSession(r.t, r.ep, cfg, own, peer)
	switch mine := r.mine(r.tr[0]); {
	case mine && binds(&first):
		r.session.bindTo(c)
	case mine, r.session.uri.Secure: // which no peer binds without TLS
		carry(c, r.session)
	}
}

// connect makes an endpoint with a connection to the test.
func (r *role) connect() *conn {
	r.t.Helper()
	r.ep = New(Config{KeepAlive: -1})
	near, far := net.Pipe()
	if err := near.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	r.wire = near
	c, err := r.ep.start(far, true, "")
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *role) close() {
	r.t.Helper()
	_ = r.wire.Close()
	if err := r.ep.Close(); err != nil {
		r.t.Error(err)
	}
}

// carry puts a session on a connection as if it had been bound.
func carry(c *conn, s *Session) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.attach(s)
	s.conn.Store(c)
	s.ready = true
}

// binds reports that m is what an endpoint binds a session with by itself.
func binds(m *spoken) bool {
	return m.Method == msrpwire.SEND && !m.HasBody && !m.SuccessReport && m.FailureReport != msrpwire.FailureNo
}

// say has the endpoint say what the transcript says, and checks it.
func (r *role) say(turn int, text string) {
	r.t.Helper()
	for _, m := range messages(r.t, text) {
		if m.IsRequest() {
			r.ask(&m)
		}
	}
	r.hear(turn, text)
}

// hear checks what the endpoint says: each octet but those that are drawn at
// random.
func (r *role) hear(turn int, text string) {
	r.t.Helper()
	got := r.read(len(drawn(r.t, text)))
	said := messages(r.t, got)
	for i, m := range messages(r.t, text) {
		if i >= len(said) || !m.IsRequest() {
			continue
		}
		r.names[string(m.TID)] = string(said[i].TID)
		got = strings.ReplaceAll(got, string(said[i].TID), string(m.TID))
		if binds(&m) {
			got = strings.Replace(got, string(said[i].MessageID), string(m.MessageID), 1)
		}
	}
	if diff := cmp.Diff(text, got); diff != "" {
		r.t.Fatalf("turn %d (-want +got)\n%s", turn, diff)
	}
}

// read takes what the endpoint says until that is n octets, with what was
// looked at before.
func (r *role) read(n int) string {
	r.t.Helper()
	if n > len(r.early) {
		more := make([]byte, n-len(r.early))
		k, err := io.ReadFull(r.wire, more)
		r.early = append(r.early, more[:k]...)
		if err != nil {
			r.t.Fatalf("%v behind\n%s", err, r.early)
		}
	}
	got := string(r.early[:n])
	r.early = r.early[n:]
	return got
}

// look waits until the endpoint has said n octets.
func (r *role) look(n int) {
	r.t.Helper()
	r.early = []byte(r.read(n))
}

// drawn puts identifiers as long as those that an endpoint draws into text.
func drawn(t *testing.T, text string) string {
	t.Helper()
	for _, m := range messages(t, text) {
		if !m.IsRequest() {
			continue
		}
		text = strings.ReplaceAll(text, string(m.TID), "0123456789AB")
		if binds(&m) {
			text = strings.Replace(text, string(m.MessageID), NewMessageID(), 1)
		}
	}
	return text
}

// ask has the endpoint make a request, unless it makes it by itself.
func (r *role) ask(m *spoken) {
	r.t.Helper()
	var err error
	r.count++
	switch {
	case m.Method == msrpwire.SEND && !binds(m):
		err = r.session.Send(Message{
			ID: string(m.MessageID), Header: slices.Clone(m.Fields), ContentType: string(m.ContentType), Body: m.body,
			SuccessReport: m.SuccessReport, FailureReport: m.FailureReport,
		}, uint64(r.count))
	case m.Method == msrpwire.NICKNAME:
		var name string
		if name, err = msrpwire.ParseNickname(m.UseNickname, true); err == nil {
			err = r.session.SetNickname(name, func(err error) { r.handler.sent <- outcome{err: err} })
		}
	case m.Method == "FILE_OFFSET": // a method that no session has
		err = r.session.request(m.Method, func(err error) { r.handler.sent <- outcome{err: err} })
	case m.Method == msrpwire.REPORT && m.ReportStatus.Code != msrpwire.StatusOK:
		wait(r.t, r.handler.messages, "message to report on")
		err = r.session.SendReport(Report{
			MessageID: string(m.MessageID), Range: m.ByteRange, Status: m.ReportStatus.Code,
			Comment: string(m.ReportStatus.Comment), ContentType: string(m.ContentType), Body: m.body,
		})
	}
	if err != nil {
		r.t.Fatal(err)
	}
}

// request sends a request that is nothing but its method.
func (s *Session) request(m msrpwire.Method, done func(error)) error {
	c := s.conn.Load()
	c.mu.Lock()
	defer c.mu.Unlock()
	s.push(&outgoing{method: m, request: []byte{}, done: done})
	c.pump(s)
	return nil
}

// renamed puts our transaction identifiers into answers to us.
func (r *role) renamed(text string) string {
	for theirs, ours := range r.names {
		answer := regexp.MustCompile(`(?m)^MSRP ` + regexp.QuoteMeta(theirs) + ` \d`)
		if answer.MatchString(text) {
			text = strings.ReplaceAll(text, theirs, ours)
		}
	}
	return text
}

// TestTranscriptRoles plays the examples of the specification in both roles: an
// endpoint as the switch, and one as the client.
func TestTranscriptRoles(t *testing.T) {
	refuse := func(status int) func() SessionConfig {
		return func() SessionConfig {
			h := playedHandler()
			h.decide = func(*Incoming) error { return refusal(status) }
			return exampleConfig(h)
		}
	}
	good := func() SessionConfig { return exampleConfig(playedHandler()) }
	texts := func() SessionConfig {
		return SessionConfig{Handler: playedHandler(), AcceptTypes: []string{"text/plain"}}
	}
	for _, x := range []struct {
		name           string
		server, client func() SessionConfig // nil: not played in that role
		rows           []string
	}{
		{"bind", good, good, []string{"MSRP-CON-01", "MSRP-CON-03"}},
		{"bindreportsend", nil, good, []string{"MSRP-RPT-07"}},
		{"unknown", nil, good, nil},
		{"elsewhere", nil, good, nil},
		{"public", good, good, []string{"MSRP-RSP-01", "MSRP-RSP-05"}},
		{"copy", good, good, []string{"MSRP-RPT-01"}},
		{"refusedcopy", good, texts, []string{"MSRP-RCV-12"}},
		{"relayedcopy", good, nil, []string{"MSRP-PTH-01", "MSRP-PTH-02"}},
		{"relayedarrival", nil, good, []string{"MSRP-PTH-03", "MSRP-RPT-02"}}, // see TestRelayedCopy
		{"steps", nil, good, []string{"MSRP-RCV-01"}},                         // see TestStepsAsSender
		{"private", good, good, []string{"MSRP-RPT-02"}},
		{"privatecopy", good, good, nil},
		{"private428", refuse(428), good, nil},
		{"private404", refuse(404), good, nil},
		{"private403", refuse(403), good, nil},
		{"latefailure", good, good, []string{"MSRP-RPT-06"}},
		{"names", good, good, []string{"MSRP-RSP-04"}},
		{"composing", good, good, []string{"MSRP-RSP-03"}},
		{"notification", good, good, nil},
		{"notice", good, good, []string{"MSRP-FRM-08"}},
	} {
		tr := readTranscript(t, x.name)
		for side, cfg := range map[string]func() SessionConfig{"server": x.server, "client": x.client} {
			if cfg == nil {
				continue
			}
			t.Run(x.name+" as "+side, func(t *testing.T) {
				for _, cut := range everyCut(tr, side == "client") {
					playRole(t, tr, side == "server", cfg(), cut)
				}
			})
		}
		conform.Covers(t, append(x.rows, "MSRP-FRM-14")...)
	}
}

// everyCut leaves what a side says whole, cuts it into single octets, and in two
// at every octet.
func everyCut(tr transcript, server bool) []func([]byte) [][]byte {
	longest := 0
	for _, x := range tr {
		if x.server == server {
			longest = max(longest, len(x.text))
		}
	}
	cuts := []func([]byte) [][]byte{whole, octets}
	for at := 1; at < longest; at++ {
		cuts = append(cuts, func(b []byte) [][]byte {
			k := min(at, len(b))
			return slices.DeleteFunc([][]byte{b[:k], b[k:]}, func(p []byte) bool { return len(p) == 0 })
		})
	}
	return cuts
}

// TestDeliveredAsWritten: what arrives is what the transcript holds.
func TestDeliveredAsWritten(t *testing.T) {
	for _, name := range []string{"public", "private", "notification"} {
		tr := readTranscript(t, name)
		h := exampleHandler()
		playRole(t, tr, true, exampleConfig(h), whole)
		want := messages(t, tr[0].text)[0]
		if in := wait(t, h.messages, "message"); string(in.Body()) != string(want.body) || in.ID() != string(want.MessageID) {
			t.Errorf("%s: got %s %q", name, in.ID(), in.Body())
		}
		if n := strconv.Itoa(len(want.body)); want.ByteRange.Total != int64(len(want.body)) {
			t.Errorf("%s: the example has %s octets", name, n)
		}
	}
}

// TestRefusedFirstRequest: whose first request is refused has no session.
func TestRefusedFirstRequest(t *testing.T) {
	for name, status := range map[string]int{"unknown": msrpwire.StatusNoSuchSession, "elsewhere": msrpwire.StatusBoundElsewhere} {
		h := exampleHandler()
		tr := readTranscript(t, name)
		r := &role{t: t, tr: tr, mine: func(x turn) bool { return !x.server }, names: make(map[string]string)}
		r.begin(exampleConfig(h))
		r.say(0, tr[0].text)
		if _, err := io.WriteString(r.wire, r.renamed(tr[1].text)); err != nil {
			t.Fatal(err)
		}
		if err := wait(t, h.ended, "end"); asError(err).Status != status {
			t.Errorf("%s: ended with %v", name, err)
		}
		if len(h.bound) > 0 {
			t.Errorf("%s: bound", name)
		}
		_ = r.wire.Close()
		if err := r.ep.Close(); err != nil {
			t.Error(err)
		}
	}
	conform.Covers(t, "MSRP-RSP-08", "MSRP-CON-01")
}
