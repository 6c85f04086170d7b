package msrp

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// beside names the paths of a second session, between the same two endpoints.
var beside = strings.NewReplacer(
	"0pLkJ8hGf5DsAqWeRtYu2i", "1qMlK9iHg6EtBrXfSuZv3j", "kV3x9QmT0aZbY7LrWc5NsA", "lW4yA0RnU1bAcZ8MsXd6Ot",
	"m4Nq7Rz2Lw9Xc1Vb8TyUeA", "n5Or8Sa3Mx0Yd2Wc9UzVfB", "Zr81uQpX4mKd0vTgY6bHsw", "As92vRqY5nLe1wUhZ7cItx",
)

// sender is an endpoint that sends one message in several chunks.
type sender struct {
	*role

	long, other *Session
	said        string // all that it says
}

// newSender makes an endpoint that says a turn of a transcript. What of it has
// the transaction identifier between belongs to another session: the messages
// of one session stay in their order, as they may, and never interleave.
func newSender(t *testing.T, said, between string, cfg SessionConfig) *sender {
	t.Helper()
	r := &sender{role: &role{t: t, names: make(map[string]string)}, said: said}
	for _, m := range messages(t, said) {
		if string(m.TID) == between {
			end := strings.Index(said, "-------"+between)
			begin := strings.LastIndex(said[:end], "MSRP "+between)
			r.said = said[:begin] + beside.Replace(said[begin:end]) + said[end:]
		}
	}
	r.handler = recorderOf(16)
	cfg.Handler = r.handler
	c := r.connect()
	first := messages(t, said)[0]
	own, peer := string(first.FromPath), string(first.ToPath)
	r.long = fixedSession(t, r.ep, cfg, own, peer)
	r.other = fixedSession(t, r.ep, cfg, beside.Replace(own), beside.Replace(peer))
	carry(c, r.long)
	carry(c, r.other)
	return r
}

// begins has the message go out whose first chunk is the first that is said. Its
// first octets are on their way when begins returns.
func (r *sender) begins(body []byte, ref uint64) {
	r.t.Helper()
	m := messages(r.t, r.said)[0]
	queue(r.t, r.long, Message{
		ID: string(m.MessageID), Header: m.Fields, ContentType: string(m.ContentType), Body: body,
		SuccessReport: m.SuccessReport,
	}, ref)
	synctest.Wait()
}

// joined is the body whose chunks are said with one Message-ID, filled up to size
// octets.
func joined(t *testing.T, said string, size int) []byte {
	t.Helper()
	all, body := messages(t, said), make([]byte, 0, size)
	for _, m := range all {
		if m.IsRequest() && string(m.MessageID) == string(all[0].MessageID) {
			body = append(body, m.body...)
		}
	}
	return body[:size]
}

// says waits until all of text has been said but the last octets, which are on
// their way when it returns.
func (r *sender) says(text string, last int) {
	r.t.Helper()
	r.look(len(drawn(r.t, text)) - last)
	r.names[string(messages(r.t, text)[0].TID)] = strings.Fields(string(r.early))[1]
	synctest.Wait()
}

// sends has a session send a message of the transcript beside the long one.
func (r *sender) sends(s *Session, text, tid string, ref uint64) {
	r.t.Helper()
	for _, m := range messages(r.t, text) {
		if string(m.TID) == tid && m.IsRequest() {
			queue(r.t, s, Message{ID: string(m.MessageID), ContentType: string(m.ContentType), Body: m.body}, ref)
		}
	}
	synctest.Wait()
}

// outcomes expects the outcomes of messages, in their order.
func (r *sender) outcomes(refs ...uint64) {
	r.t.Helper()
	for _, ref := range refs {
		if got := wait(r.t, r.handler.sent, "outcome"); got.ref != ref || got.err != nil {
			r.t.Fatalf("outcome %+v, want that of %d", got, ref)
		}
	}
}

// TestChunkedAsSender: a response that is owed, and a message of another session,
// interrupt a long one, which goes on behind them. The octets are those of the
// example but for the paths of the other session.
func TestChunkedAsSender(t *testing.T) {
	tr := readTranscript(t, "chunked")
	tr[1].text = strings.ReplaceAll(tr[1].text, "{1}", "Sr5TgB9yHn3MjU7k")
	owed := "MSRP Sw4CopY7Tid0Abcd SEND\r\nTo-Path: " + aliceURI + "\r\nFrom-Path: " + roomURI + "\r\n" +
		"Message-ID: sw.1\r\nByte-Range: 1-2/2\r\nContent-Type: message/cpim\r\n\r\nhi\r\n-------Sw4CopY7Tid0Abcd$\r\n"
	body := joined(t, tr[0].text, 5000)
	synctest.Test(t, func(t *testing.T) {
		for _, cut := range everyCut(append(tr, turn{server: true, text: owed}), true) {
			r := newSender(t, tr[0].text, "s5ZxQ8wE5rT2yU9j", SessionConfig{})
			r.begins(body, 1)
			r.write(owed, cut)
			synctest.Wait()
			r.sends(r.other, tr[0].text, "s5ZxQ8wE5rT2yU9j", 2)
			r.hear(0, r.said)
			answers := tr[1].text
			at, end := strings.Index(answers, "MSRP s5"), strings.Index(answers, "MSRP c2")
			r.write(answers[:at]+beside.Replace(answers[at:end])+answers[end:], cut)
			r.outcomes(2, 1)
			if rep := wait(t, r.handler.reports, "report"); !rep.Complete || rep.Ref != 1 {
				t.Fatalf("got %+v", rep)
			}
			r.close()
		}
	})
	conform.Covers(t, "MSRP-SND-01", "MSRP-SND-05", "MSRP-SND-07", "MSRP-RPT-07")
}

// TestStepsAsSender: a long copy leaves in steps with exact ranges, between two of
// which there is room for a message of another session.
func TestStepsAsSender(t *testing.T) {
	tr := readTranscript(t, "steps")
	body := joined(t, tr[0].text, 5000)
	const private = "o3AaBbCcDdEeFf03"
	synctest.Test(t, func(t *testing.T) {
		for _, cut := range everyCut(tr, false) {
			r := newSender(t, tr[0].text, private, SessionConfig{ExactRanges: true})
			r.begins(body, 1)
			first, _, _ := strings.Cut(r.said, "MSRP o2")
			r.says(first, 0)
			r.sends(r.other, tr[0].text, private, 2)
			r.hear(0, r.said)
			answers := tr[1].text
			at, end := strings.Index(answers, "MSRP o3"), strings.Index(answers, "MSRP o4")
			r.write(answers[:at]+beside.Replace(answers[at:end])+answers[end:], cut)
			r.outcomes(2, 1)
			r.close()
		}
	})
	conform.Covers(t, "MSRP-SND-02", "MSRP-SND-07")
}

// TestTooLargeAsSender: 413 ends a message while it is leaving; what is behind it
// goes out.
func TestTooLargeAsSender(t *testing.T) {
	tr := readTranscript(t, "toolargesend")
	body := joined(t, tr[0].text, 6_000_000)
	const end = len("\r\n-------0123456789AB#\r\n")
	synctest.Test(t, func(t *testing.T) {
		for _, cut := range everyCut(tr, true) {
			r := newSender(t, tr[0].text, "", SessionConfig{})
			r.begins(body, 1)
			r.says(tr[0].text, end+1)
			r.write(tr[1].text, cut)
			synctest.Wait()
			r.hear(0, tr[0].text)
			if got := wait(t, r.handler.sent, "outcome"); got.ref != 1 || asError(got.err).Status != msrpwire.StatusStopSending {
				t.Fatalf("outcome %+v", got)
			}
			r.sends(r.long, tr[2].text, "s5ZxQ8wE5rT2yU9j", 2)
			r.hear(2, tr[2].text)
			r.write(tr[3].text, cut)
			r.outcomes(2)
			r.close()
		}
	})
	conform.Covers(t, "MSRP-SND-09")
}
