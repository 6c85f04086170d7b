package participant

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// challenges are those of a server, with its nonce.
func challenges(nonce string) string {
	const line = `WWW-Authenticate: Digest realm="ims.example", qop="auth", opaque="x1", nonce="` + "@" + `", algorithm=`
	return strings.ReplaceAll(line+"SHA-256\n"+line+"MD5", "@", nonce)
}

// challenged takes a request that has just been sent, refuses it, and returns its
// repetition.
func (x *stage) challenged(first *sipmsg.Request, fields string) *sipmsg.Request {
	x.t.Helper()
	x.focus.Answer(first, 401, "u", fields, "")
	if first.Method == sipmsg.INVITE {
		if ack := x.focus.Request(sipmsg.ACK); ack.Header.ToTag() != "u" {
			x.t.Errorf("ACK to %s", ack.Header.Value("To"))
		}
	}
	again := x.focus.Request(first.Method)
	was, is := &first.Header, &again.Header
	cseq, _ := was.CSeq()
	next, _ := is.CSeq()
	if is.CallID() != was.CallID() || is.Value("From") != was.Value("From") || is.ToTag() != "" ||
		next.Seq != cseq.Seq+1 || is.Value("Via") == was.Value("Via") || string(again.Body) != string(first.Body) {
		x.t.Errorf("repeated as\n%s", again.Append(nil))
	}
	return again
}

// credential returns a parameter of the credentials that a request carries.
func (x *stage) credential(req *sipmsg.Request, name string) string {
	x.t.Helper()
	all := req.Header.Credentials()
	if len(all) != 1 {
		x.t.Fatalf("credentials: %v", all)
	}
	v, _ := all[0].Params.Lookup(name)
	return v
}

func TestLogin(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		x.ue.login = digest.NewClient("alice", "secret")
		first, result := x.call(x.t.Context(), Options{})
		if first.Header.Has("Authorization") {
			t.Error("credentials before a challenge")
		}
		invite := x.challenged(first, challenges("n1"))
		for name, want := range map[string]string{
			"username": "alice", "realm": "ims.example", "nonce": "n1", "algorithm": "SHA-256", "nc": "00000001",
			"uri": invite.URI.String(), "opaque": "x1",
		} {
			if got := x.credential(invite, name); got != want {
				t.Errorf("%s %q, want %q", name, got, want)
			}
		}
		invite = x.challenged(invite, strings.ReplaceAll(challenges("n2"), "opaque", "stale=true, opaque"))
		x.focus.Answer(invite, 200, "f", contactOf+"\nContent-Type: application/sdp", x.answerTo(invite.Body))
		// RFC 3261 §22.1: the ACK has the credentials of the INVITE.
		if ack := x.focus.Request(sipmsg.ACK); ack.Header.Value("Authorization") != invite.Header.Value("Authorization") {
			t.Errorf("ACK:\n%s", ack.Append(nil))
		}
		x.sub = x.challenged(x.focus.Request(sipmsg.SUBSCRIBE), challenges("n2"))
		if got := x.credential(x.sub, "nc"); got != "00000002" {
			t.Errorf("second request of a nonce: nc %s", got)
		}
		x.focus.Answer(x.sub, 200, "n", "Expires: 3600\n"+contactOf, "")
		if out := <-result; out.err != nil {
			t.Fatal(out.err)
		}
		x.notify(1, 200, "active;expires=3600", document("full", 1, "alice"))
	})
}

func TestLoginFails(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		password string
		times    int // that the INVITE is repeated
	}{"wrong password": {"guess", 1}, "no password": {"", 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(x *stage) {
				if test.password != "" {
					x.ue.login = digest.NewClient("alice", test.password)
				}
				invite, result := x.call(x.t.Context(), Options{})
				for range test.times {
					invite = x.challenged(invite, challenges("n1"))
				}
				x.focus.Answer(invite, 401, "u", challenges("n2"), "")
				x.focus.Request(sipmsg.ACK)
				if out := <-result; !errors.Is(out.err, &sip.Error{Status: 401}) {
					t.Errorf("%v", out.err)
				}
				x.focus.Quiet(time.Minute)
			})
		})
	}
}

// TestChallengeAfterHangingUp has a call given up before it is challenged.
func TestChallengeAfterHangingUp(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		x.ue.login = digest.NewClient("alice", "secret")
		ctx, cancel := context.WithCancel(x.t.Context())
		invite, result := x.call(ctx, Options{})
		cancel()
		if out := <-result; !errors.Is(out.err, context.Canceled) {
			t.Errorf("%v", out.err)
		}
		x.focus.Answer(invite, 401, "u", challenges("n1"), "")
		x.focus.Request(sipmsg.ACK)
		x.focus.Quiet(time.Minute)
	})
}

func TestUsername(t *testing.T) {
	for _, test := range []struct{ cfg, want string }{{"", "al ice"}, {"alice@ims.example", "alice@ims.example"}} {
		ue, err := New(Config{AOR: "sip:al%20ice@ims.example", Username: test.cfg, Password: "secret"})
		if err != nil {
			t.Fatal(err)
		}
		x := ue.login.Exchange()
		x.Challenged(&sipmsg.Response{Status: 401, Header: sipmsg.Header{Fields: []sipmsg.Field{
			{Name: "WWW-Authenticate", Value: `Digest realm="r", nonce="n", qop="auth", algorithm=SHA-256`},
		}}})
		if got := x.Credentials(sipmsg.INVITE, lobby)[0].Value; !strings.Contains(got, `username="`+test.want+`"`) {
			t.Errorf("%s", got)
		}
		if err := ue.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
