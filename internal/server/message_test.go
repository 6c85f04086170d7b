package server

import (
	"strconv"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// largest is the message limit of the server in these tests, in octets.
const largest = 16384

// chunk sends a chunk of a CPIM message with a Byte-Range.
func (g *guest) chunk(id, byteRange, body string, flag msrpwire.Flag, fields ...string) string {
	g.rig.t.Helper()
	fields = append([]string{"Message-ID: " + id, "Byte-Range: " + byteRange}, fields...)
	return g.msrp.Chunk("SEND", "message/cpim", body, flag, fields...)
}

// TestMessageChecks goes through the table of what the mixer answers, row by
// row. After each the sender's connection still works, and what another user
// gets is the next good message and nothing else.
func TestMessageChecks(t *testing.T) {
	conform.Covers(t, "SW-PUB-01", "SW-PUB-02", "SW-PUB-03", "SW-PRV-02",
		"SW-PRV-03", "CPIM-12")
	r := serve(t, func(c *config.Config) { c.MSRP.MaxMessage = largest })
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("udp", "bob").join(lobby).connect()
	plain := r.guest("tcp", "plain")
	plain.sdp = strings.Replace(plain.sdp, "a=chatroom:private-messages", "a=chatroom", 1)
	plain.join(lobby).connect()

	n := 0
	wrapped := func(body string) func() string {
		return func() string {
			n++
			return alice.msrp.Send("id"+strconv.Itoa(n), "message/cpim", body)
		}
	}
	headers := func(lines ...string) string { return testnet.Lines(lines...) + "\r\nContent-Type: text/plain\r\n\r\nx" }
	from, to := "From: <sip:alice@example.test>", "To: <"+lobby+">"
	good := headers(from, to)
	tests := []struct {
		name   string
		send   func() string
		status int
	}{
		{"1 duplicate header", func() string { return alice.chunk("dup1", "1-1/1", "x", '$', "Message-ID: dup2") }, 400},
		{"2 not a session of ours", func() string {
			defer func(remote string) { alice.msrp.Remote = remote }(alice.msrp.Remote)
			alice.msrp.Remote = strings.Replace(alice.msrp.Remote, ";tcp", "x;tcp", 1)
			return wrapped(good)()
		}, 481},
		{"2 another From-Path", func() string {
			defer func(own string) { alice.msrp.Own = own }(alice.msrp.Own)
			alice.msrp.Own = "msrp://127.0.0.1:2855/mallory;tcp"
			return wrapped(good)()
		}, 481},
		{"5 not CPIM", func() string { return alice.msrp.Send("plain1", "text/plain", "hello") }, 415},
		{"5 comes before 6", func() string {
			return alice.msrp.Chunk("SEND", "text/plain", "x", '$', "Message-ID: big0", "Byte-Range: 1-1/99999")
		}, 415},
		{"6 declared total", func() string { return alice.chunk("big1", "1-10/99999", good, '$') }, 413},
		{"6 octets received", func() string { return alice.chunk("big2", "1-*/*", good+strings.Repeat("x", largest), '$') }, 413},
		{"7 a refused message goes on", func() string { return alice.chunk("big1", "11-20/20", good, '+') }, 413},
		{"8 no header block", wrapped("hello"), 400},
		{"8 line without colon", wrapped(headers(from, to, "nonsense")), 400},
		{"8 control character", wrapped(headers(from, to, "Subject: a\x01b")), 400},
		{"8 invalid UTF-8", wrapped(headers(from, to, "Subject: \xff")), 400},
		{"8 From in another case", wrapped(headers(from, to, "FROM: <sip:bob@example.test>")), 400},
		{"8 too large a header", wrapped(headers(from, to, "Subject: "+strings.Repeat("x", 8200))), 400},
		{"8 no To", wrapped(headers(from)), 400},
		{"9 no From", wrapped(headers(to)), 403},
		{"9 spoofed From", wrapped(headers("From: <sip:bob@example.test>", to)), 403},
		{"9 two From", wrapped(headers(from, from, to)), 403},
		{"9 two To", wrapped(headers(from, to, to)), 403},
		{"9 cc", wrapped(headers(from, to, "cc: <sip:bob@example.test>")), 403},
		{"11 nobody of that name", wrapped(headers(from, "To: <sip:nobody@example.test>")), 404},
		{"12 shows no private messages", wrapped(headers(from, "To: <sip:plain@example.test>")), 428},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			alice.rig, bob.rig = r.on(t), r.on(t)
			alice.msrp.Expect(test.send(), test.status)
			good := "after" + strconv.Itoa(i)
			alice.say(good)
			bob.hear(good)
			plain.hear(good)
		})
	}
}

// on is the rig as a subtest uses it.
func (r *rig) on(t *testing.T) *rig {
	t.Helper()
	return &rig{Server: r.Server, t: t}
}

// TestSessionOfAnotherConnection has somebody claim a session that is bound.
func TestSessionOfAnotherConnection(t *testing.T) {
	conform.Covers(t, "MSRP-CON-05")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	thief := testnet.DialMSRP(t, alice.msrp.Own, alice.msrp.Remote)
	thief.Expect(thief.Send("theft", "message/cpim", cpim(alice.aor(), lobby, "stolen")), 506)
	alice.say("mine")
	bob.hear("mine")
	bob.say("back")
	alice.hear("back")
}

// TestDirectionForbidsSending has a participant who said that he only listens.
func TestDirectionForbidsSending(t *testing.T) {
	conform.Covers(t, "SDP-20")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice")
	alice.sdp += "a=recvonly\r\n"
	alice.join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	alice.msrp.Expect(alice.msrp.Send("quiet", "message/cpim", cpim(alice.aor(), lobby, "x")), 403)
	bob.say("heard")
	alice.hear("heard")
}

// TestPrivateMessages shows one that arrives, and a conference without.
func TestPrivateMessages(t *testing.T) {
	conform.Covers(t, "SW-PRV-01", "SW-PRV-04")
	r := serve(t, func(c *config.Config) {
		closed := c.Defaults
		closed.PrivateMessages = false
		c.Conferences = append(c.Conferences, config.Conference{URI: "sip:strict@conf.localhost", Policy: closed})
	})
	for uri, status := range map[string]int{lobby: 200, "sip:strict@conf.localhost": 403} {
		alice := r.guest("tcp", "alice").join(uri).connect()
		bob := r.guest("tcp", "bob").join(uri).connect()
		carol := r.guest("tcp", "carol").join(uri).connect()
		alice.msrp.Expect(alice.msrp.Send("secret", "message/cpim", cpim(alice.aor(), bob.aor(), "psst")), status)
		if status == 200 {
			bob.hear("psst")
		}
		alice.msrp.Expect(alice.msrp.Send("open", "message/cpim", cpim(alice.aor(), uri, "all")), 200)
		bob.hear("all")
		carol.hear("all")
		if got := attribute(t, alice.ok.Body, "chatroom"); strings.Contains(got, "private-messages") != (status == 200) {
			t.Errorf("%s: a=chatroom:%s", uri, got)
		}
	}
}

// TestOctetsUntouched sends a wrapper with odd but legal spacing.
func TestOctetsUntouched(t *testing.T) {
	conform.Covers(t, "SW-PUB-06", "SW-PUB-07", "MSRP-FRM-22")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("tcp", "bob").join(lobby).connect()
	var every strings.Builder
	for c := range 256 {
		every.WriteByte(byte(c))
	}
	body := "DateTime: 1970-01-01T00:00:00Z\r\nFrom:   Alice <sip:alice@example.test>\r\nTo: <" + lobby + ">\r\n" +
		"X-Odd:\r\n\r\nContent-type: application/octet-stream\nContent-Transfer-Encoding:\n\n" + every.String()
	alice.msrp.Expect(alice.msrp.Send("mine", "message/cpim", body, "X-Foo: bar"), 200)
	m := bob.msrp.Receive()
	if string(m.Body) != body {
		t.Errorf("got  %q\nwant %q", m.Body, body)
	}
	if m.MessageID == "mine" || m.To != bob.msrp.Own || m.From != bob.msrp.Remote || m.Fields["X-Foo"] != "" ||
		m.Range != (msrpwire.Range{Start: 1, End: int64(len(body)), Total: int64(len(body))}) {
		t.Errorf("%+v", m)
	}
}
