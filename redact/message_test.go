package redact_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/redact"
)

func TestMessage(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{
			"digest", `Authorization: Digest username="alice", realm="a, b", nonce="n0nce", uri="sip:conf@x", response="deadbeef", cnonce="c", qop=auth, nc=00000001, opaque="o"`,
			`Authorization: Digest username="alice", realm="a, b", nonce="***", uri="sip:conf@x", response="***", cnonce="***", qop=auth, nc=00000001, opaque="***"`,
		},
		{"other case", `PROXY-authorization : digest response=deadbeef,realm="x"`, `PROXY-authorization : digest response="***", realm="x"`},
		{"challenge", `WWW-Authenticate: Digest realm="x", nonce="n", stale=true`, `WWW-Authenticate: Digest realm="x", nonce="***", stale=true`},
		{"info", `Authentication-Info: nextnonce="n", rspauth="r", qop=auth`, `Authentication-Info: nextnonce="***", rspauth="***", qop=auth`},
		{"bearer", `Authorization: Bearer abc.def`, `Authorization: Bearer ***`},
		{"basic", `Authorization: Basic dTpw`, `Authorization: Basic ***`},
		{"nothing", `Authorization:`, `Authorization:  ***`},
		{"quoted pair", `Authorization: Digest realm="a\", nonce=", nonce="n"`, `Authorization: Digest realm="a\", nonce=", nonce="***"`},
		{"password", `To: "A" <sip:alice:secret@x:5060;transport=tcp>;tag=1`, `To: "A" <sip:alice:***@x:5060;transport=tcp>;tag=1`},
		{"several", `Route: <sips:a:p@x>, <SIP:b:q@y>, <sip:z:5060;lr>`, `Route: <sips:a:***@x>, <SIP:b:***@y>, <sip:z:5060;lr>`},
		{"no password", `Contact: sip:alice@x:5060`, `Contact: sip:alice@x:5060`},
		{"header part", `Refer-To: <sip:c@x?Replaces=1&Authorization=Digest%20response>`, `Refer-To: <sip:c@x?Replaces=1&Authorization=***>`},
		{"start line", `INVITE sip:a:b@x SIP/2.0`, `INVITE sip:a:***@x SIP/2.0`},
		{"other field", `Call-ID: nonce="n"`, `Call-ID: nonce="n"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			frame := func(line string) string { return line + "\r\nX: y\r\n\r\nAuthorization: in the body\r\n" }
			if diff := cmp.Diff(frame(tt.want), string(redact.Message(nil, []byte(frame(tt.in))))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFolded(t *testing.T) {
	t.Parallel()
	in := "Authorization: Digest realm=\"x\",\r\n response=\"dead\",\r\n\tnonce=\"beef\"\r\nTo: <sip:a\r\n :b@x>\r\n\r\n"
	want := "Authorization: Digest realm=\"x\"\r\nTo: <sip:a\r\n :b@x>\r\n\r\n"
	if diff := cmp.Diff(want, string(redact.Message(nil, []byte(in)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzMessage: the body stays, nothing grows without bound, and what was redacted is
// not redacted any further.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("INVITE sip:a:b@x SIP/2.0\r\nAuthorization: Digest response=\"x\"\r\n\r\nbody"))
	f.Add([]byte("MSRP x AUTH\r\nAuthorization: Digest nonce=\"x\"\r\n"))
	f.Fuzz(func(t *testing.T, message []byte) {
		once := redact.Message(nil, message)
		if _, body, found := bytes.Cut(message, []byte("\r\n\r\n")); found && !bytes.HasSuffix(once, body) {
			t.Errorf("body of %q lost: %q", message, once)
		}
		if len(once) > 10*len(message)+10 {
			t.Errorf("%q grew to %q", message, once)
		}
		if strings.Contains(string(once), "response=\"dead") && bytes.HasPrefix(message, []byte("Authorization: Digest")) {
			t.Errorf("%q kept its secret: %q", message, once)
		}
	})
}
