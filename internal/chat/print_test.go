package chat

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
)

// events is one of each kind.
func events() []any {
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	return []any{
		joined{conference: "sip:lobby@conf.example", focus: "sip:lobby@10.0.0.2"},
		participant.Roster{Users: []participant.User{
			{URI: "sip:alice@ims.example", Display: "Alice", Status: "connected", Roles: []string{"owner"}},
			{URI: "sip:bob@ims.example", Nickname: "Bobby", Status: "on-hold"},
		}},
		participant.Message{
			From: "sip:bob@ims.example", To: "sip:lobby@conf.example", ContentType: "text/plain", Body: []byte("old\nnews"),
			ID: "m1", Time: at, Nickname: "Bobby", Display: "Bob", History: true, Seq: 7,
		},
		participant.Message{
			From: "sip:bob@ims.example", To: "sip:alice@ims.example", Private: true, ContentType: "image/png", Body: []byte{1, 2, 3}, ID: "m2", Time: at,
		},
		sent{id: "m3"},
		participant.Delivered{ID: "m3"},
		participant.Failed{ID: "m4", Status: 404, Reason: "Recipient unknown"},
		participant.Typing{From: "sip:bob@ims.example", Active: true},
		participant.Problem{Status: 403, Reason: "Forbidden"},
		participant.Overflow{Dropped: 3},
		participant.Referral{Target: "sip:carol@ims.example", Status: 100, Reason: "Trying"},
		participant.Referral{Target: "sip:carol@ims.example", Status: 486, Reason: "Busy Here", Final: true},
		participant.Referral{Target: "sip:dave@ims.example", Final: true},
		invitation{of: &participant.Invitation{
			Conference: "sip:lobby@conf.example", By: "sip:bob@ims.example", Others: []participant.Other{{URI: "sip:erin@ims.example"}},
		}, pending: true},
		invitation{of: &participant.Invitation{Conference: "sip:lobby@conf.example", Referred: true}, accepted: true},
		nicknamed{name: "Dopey", status: 200},
		nicknamed{name: "Owl", status: 425, reason: "in use"},
		nicknamed{status: 200},
		listening{contact: "sip:alice@10.0.0.1:5070"},
		transferred{peer: "sip:bob@ims.example", name: "plan.pdf", contentType: "application/pdf", size: 81920, state: fileStarted},
		transferred{peer: "sip:bob@ims.example", name: "plan.pdf", size: 81920, state: fileDone},
		transferred{peer: "sip:bob@ims.example", name: "plan.pdf", size: 81920, state: fileFailed, status: 413, reason: "Stop"},
		transferred{incoming: true, peer: "sip:bob@ims.example", name: "a\nb", size: 5, state: fileDone, path: "in/a_b"},
		transferred{incoming: true, peer: "sip:bob@ims.example", name: "a", size: 5, state: fileRefused, reason: "no folder"},
		lost{conference: "sip:lobby@conf.example", reason: "connection reset", retry: 1500 * time.Millisecond},
		participant.Left{Reason: "Conference ended", ByFocus: true},
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	want := `{"event":"joined","conference":"sip:lobby@conf.example","focus":"sip:lobby@10.0.0.2"}
{"event":"roster","users":[{"uri":"sip:alice@ims.example","nickname":"","display":"Alice","status":"connected","roles":["owner"]},{"uri":"sip:bob@ims.example","nickname":"Bobby","display":"","status":"on-hold","roles":[]}]}
{"event":"message","from":"sip:bob@ims.example","to":"sip:lobby@conf.example","private":false,"type":"text/plain","text":"old\nnews","id":"m1","time":"2024-05-01T12:00:00Z","nickname":"Bobby","display":"Bob","history":true,"seq":7}
{"event":"message","from":"sip:bob@ims.example","to":"sip:alice@ims.example","private":true,"type":"image/png","text":"","body":"AQID","id":"m2","time":"2024-05-01T12:00:00Z","nickname":"","display":""}
{"event":"sent","id":"m3"}
{"event":"delivered","id":"m3"}
{"event":"failed","id":"m4","status":404,"reason":"Recipient unknown"}
{"event":"typing","from":"sip:bob@ims.example","active":true}
{"event":"error","status":403,"reason":"Forbidden"}
{"event":"error","status":0,"reason":"3 events dropped"}
{"event":"refer","target":"sip:carol@ims.example","status":100,"reason":"Trying","final":false}
{"event":"refer","target":"sip:carol@ims.example","status":486,"reason":"Busy Here","final":true}
{"event":"refer","target":"sip:dave@ims.example","status":0,"reason":"","final":true}
{"event":"invited","conference":"sip:lobby@conf.example","by":"sip:bob@ims.example","accepted":false,"pending":true,"others":["sip:erin@ims.example"]}
{"event":"referred","conference":"sip:lobby@conf.example","by":"","accepted":true}
{"event":"nickname","ok":true,"status":200,"nickname":"Dopey"}
{"event":"nickname","ok":false,"status":425,"reason":"in use","nickname":"Owl"}
{"event":"nickname","ok":true,"status":200,"nickname":""}
{"event":"listening","contact":"sip:alice@10.0.0.1:5070"}
{"event":"file","direction":"out","peer":"sip:bob@ims.example","name":"plan.pdf","type":"application/pdf","size":81920,"state":"started"}
{"event":"file","direction":"out","peer":"sip:bob@ims.example","name":"plan.pdf","type":"","size":81920,"state":"done"}
{"event":"file","direction":"out","peer":"sip:bob@ims.example","name":"plan.pdf","type":"","size":81920,"state":"failed","status":413,"reason":"Stop"}
{"event":"file","direction":"in","peer":"sip:bob@ims.example","name":"a\nb","type":"","size":5,"state":"done","path":"in/a_b"}
{"event":"file","direction":"in","peer":"sip:bob@ims.example","name":"a","type":"","size":5,"state":"refused","reason":"no folder"}
{"event":"lost","conference":"sip:lobby@conf.example","reason":"connection reset","retry":1.5}
{"event":"left","reason":"Conference ended"}
`
	var out, diagnostics strings.Builder
	p := (&Config{JSON: true, Out: &out, Err: &diagnostics}).printer()
	for _, e := range events() {
		p.show(e)
	}
	p.help("some help")
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := diagnostics.String(); got != "some help\n" {
		t.Errorf("diagnostics %q", got)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	clock := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC).Local().Format("15:04:05")
	want := "* joined sip:lobby@conf.example\n" +
		"* here: alice, Bobby (bob) [on-hold]\n" +
		"* from before you joined:\n" +
		clock + " Bobby: old\n    news\n" +
		"* from now on:\n" +
		clock + " bob (private): [image/png, 3 octets]\n" +
		"* sip:carol@ims.example: 486 Busy Here\n" +
		"* sip:dave@ims.example: nobody tells what came of it\n" +
		"* called into sip:lobby@conf.example by sip:bob@ims.example, as it is said; also invited: sip:erin@ims.example: /accept or /decline?\n" +
		"* asked to join sip:lobby@conf.example: accepted\n" +
		"* you are Dopey\n* you have no nickname any more\n" +
		"* waiting to be invited as sip:alice@10.0.0.1:5070\n" +
		"* plan.pdf (81920 octets) for sip:bob@ims.example: on its way\n* plan.pdf (81920 octets) for sip:bob@ims.example: arrived\n" +
		"* a\n    b (5 octets) from sip:bob@ims.example, as it is said: saved as in/a_b\n" +
		"* a (5 octets) from sip:bob@ims.example, as it is said: refused, no folder\n" +
		"* lost sip:lobby@conf.example: connection reset; coming back in 1.5s\n" +
		"* left: Conference ended\n"
	wantErr := "confab: 404 message not delivered: Recipient unknown\nconfab: 403 Forbidden\nconfab: 3 events dropped\nconfab: 425 no nickname Owl: in use\n" +
		"confab: 413 plan.pdf (81920 octets) for sip:bob@ims.example: Stop\n"
	var out, diagnostics strings.Builder
	p := (&Config{Out: &out, Err: &diagnostics}).printer()
	for _, e := range events() {
		p.show(e)
	}
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := diagnostics.String(); got != wantErr {
		t.Errorf("got\n%s\nwant\n%s", got, wantErr)
	}
}

func TestHarmless(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain — ü 日本":         "plain — ü 日本",
		"\x1b[2Jgone":          "\ufffd[2Jgone",
		"a\r\nb\rc":            "a\n    b\ufffdc",
		"\u009b31m":            "\ufffd31m",
		"abc\u202edef\u2066":   "abc\ufffddef\ufffd",
		"tab\tstays":           "tab\tstays",
		"bad \xff utf-8":       "bad \ufffd utf-8",
		"hi\n12:00:00 eve: no": "hi\n    12:00:00 eve: no",
	} {
		if got := harmless(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	users := []participant.User{
		{URI: "sip:alice@a.example", Nickname: "Al"},
		{URI: "sip:bob@a.example", Nickname: "alice"},
		{URI: "sip:carol@a.example"},
		{URI: "sip:carol@b.example"},
		{URI: "tel:+4930"},
	}
	for who, want := range map[string]string{
		"sip:dave@x": "sip:dave@x", "Al": "sip:alice@a.example",
		"alice": "sip:bob@a.example", // a nickname is unique, a user part need not be
		"bob":   "sip:bob@a.example", "carol": "", "dave": "",
	} {
		got, err := find(users, who)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", who, got, err)
		}
	}
}

func TestReadLines(t *testing.T) {
	t.Parallel()
	lines := readLines(t.Context(), strings.NewReader("one\r\n\ntwo"))
	for _, want := range []string{"one", "", "two"} {
		if l := <-lines; l.text != want || l.err != nil {
			t.Errorf("%+v, want %q", l, want)
		}
	}
	if l := <-lines; l.err == nil {
		t.Errorf("%+v after the end", l)
	}
	lines = readLines(t.Context(), strings.NewReader(strings.Repeat("x", maxLine+1)))
	if l := <-lines; l.err == nil || !strings.Contains(l.err.Error(), "longer") {
		t.Errorf("%v for a line that is too long", l.err)
	}
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	refused := &sip.Error{Status: 403, Warning: `399 conf.example "Members only"`}
	if p := problemOf(refused); p != (participant.Problem{Status: 403, Reason: "Forbidden: Members only"}) {
		t.Errorf("a refusal with a warning is %+v", p)
	}
	broken := &sip.Error{Status: 503, Reason: "Transport Failure", Cause: errors.New("connection refused")}
	if p := problemOf(broken); p != (participant.Problem{Status: 503, Reason: "Transport Failure: connection refused"}) {
		t.Errorf("a broken transport is %+v", p)
	}
	if p := problemOf(errors.New("why")); p != (participant.Problem{Reason: "why"}) {
		t.Errorf("%+v", p)
	}
}
