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
	names   map[string]string // our transaction identifiers by those of the transcript
	count   int
}

// playRole plays the server's side of a transcript, or the client's. What the
// other side says is cut by cut.
func playRole(t *testing.T, tr transcript, server bool, cfg SessionConfig, cut func([]byte) [][]byte) {
	t.Helper()
	r := &role{t: t, tr: tr, mine: func(x turn) bool { return x.server == server }, names: make(map[string]string)}
	r.begin(cfg)
	defer func() {
		_ = r.wire.Close()
		if err := r.ep.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i, x := range tr {
		if r.mine(x) {
			r.say(i, x.text)
			continue
		}
		for _, p := range cut([]byte(r.renamed(x.text))) {
			if _, err := r.wire.Write(p); err != nil {
				t.Fatal(err)
			}
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
	r.ep = New(Config{KeepAlive: -1})
	r.handler, _ = cfg.Handler.(*recorder)
	r.session = fixedSession(r.t, r.ep, cfg, own, peer)
	near, far := net.Pipe()
	if err := near.SetDeadline(time.Now().Add(patience)); err != nil {
		r.t.Fatal(err)
	}
	r.wire = near
	c, err := r.ep.start(far, true, "")
	if err != nil {
		r.t.Fatal(err)
	}
	if r.mine(r.tr[0]) && !first.HasBody && first.Method == msrpwire.SEND {
		r.session.bindTo(c)
		return
	}
	if r.mine(r.tr[0]) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.attach(r.session)
		r.session.conn.Store(c)
		r.session.ready = true
	}
}

// say has the endpoint say what the transcript says, and checks each octet but
// those that are drawn at random.
func (r *role) say(turn int, text string) {
	r.t.Helper()
	want := text
	for _, m := range messages(r.t, text) {
		if m.IsRequest() {
			r.ask(&m)
			want = strings.ReplaceAll(want, string(m.TID), "0123456789AB")
			if m.Method == msrpwire.SEND && !m.HasBody {
				want = strings.Replace(want, string(m.MessageID), NewMessageID(), 1)
			}
		}
	}
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r.wire, got); err != nil {
		r.t.Fatalf("turn %d: %v behind\n%s", turn, err, got[:n])
	}
	said := messages(r.t, string(got))
	result := string(got)
	for i, m := range messages(r.t, text) {
		if i >= len(said) || !m.IsRequest() {
			continue
		}
		r.names[string(m.TID)] = string(said[i].TID)
		result = strings.ReplaceAll(result, string(said[i].TID), string(m.TID))
		if m.Method == msrpwire.SEND && !m.HasBody {
			result = strings.Replace(result, string(said[i].MessageID), string(m.MessageID), 1)
		}
	}
	if diff := cmp.Diff(text, result); diff != "" {
		r.t.Fatalf("turn %d (-want +got)\n%s", turn, diff)
	}
}

// ask has the endpoint make a request, unless it makes it by itself.
func (r *role) ask(m *spoken) {
	r.t.Helper()
	var err error
	r.count++
	switch {
	case m.Method == msrpwire.SEND && m.HasBody:
		err = r.session.Send(Message{
			ID: string(m.MessageID), Header: slices.Clone(m.Fields), ContentType: string(m.ContentType), Body: m.body,
			SuccessReport: m.SuccessReport, FailureReport: m.FailureReport,
		}, uint64(r.count))
	case m.Method == msrpwire.NICKNAME:
		var name string
		if name, err = msrpwire.ParseNickname(m.UseNickname, true); err == nil {
			err = r.session.SetNickname(name, func(err error) { r.handler.sent <- outcome{err: err} })
		}
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
			h := exampleHandler()
			h.decide = func(*Incoming) error { return refusal(status) }
			return exampleConfig(h)
		}
	}
	good := func() SessionConfig { return exampleConfig(exampleHandler()) }
	texts := func() SessionConfig {
		return SessionConfig{Handler: exampleHandler(), AcceptTypes: []string{"text/plain"}}
	}
	for _, x := range []struct {
		name           string
		server, client func() SessionConfig // nil: not played in that role
		rows           []string
	}{
		{"bind", good, good, []string{"MSRP-CON-01", "MSRP-CON-03"}},
		{"unknown", nil, good, nil},
		{"elsewhere", nil, good, nil},
		{"public", good, good, []string{"MSRP-RSP-01", "MSRP-RSP-05"}},
		{"copy", good, good, []string{"MSRP-RPT-01"}},
		{"refusedcopy", good, texts, []string{"MSRP-RCV-12"}},
		{"relayedcopy", good, nil, []string{"MSRP-PTH-01", "MSRP-PTH-02"}},
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
				playRole(t, tr, side == "server", cfg(), whole)
				playRole(t, tr, side == "server", cfg(), octets)
				longest := 0
				for _, turn := range tr {
					longest = max(longest, len(turn.text))
				}
				for at := 1; at < longest; at++ {
					playRole(t, tr, side == "server", cfg(), func(b []byte) [][]byte {
						k := min(at, len(b))
						return slices.DeleteFunc([][]byte{b[:k], b[k:]}, func(p []byte) bool { return len(p) == 0 })
					})
				}
			})
		}
		conform.Covers(t, append(x.rows, "MSRP-FRM-14")...)
	}
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
