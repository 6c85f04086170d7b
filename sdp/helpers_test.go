package sdp

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

func golden(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name + ".sdp")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func mustParse(t *testing.T, text string) *Session {
	t.Helper()
	s, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return s
}

func mustURI(t *testing.T, text string) msrpwire.URI {
	t.Helper()
	u, err := msrpwire.ParseURI(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// room is what a focus states in the examples of the specification.
func room(t *testing.T, address, uri string) Local {
	t.Helper()
	return Local{
		URI: mustURI(t, uri), Address: address,
		AcceptTypes:        TypeList{TypeCPIM},
		AcceptWrappedTypes: ParseTypeList("text/plain text/html application/im-iscomposing+xml message/imdn+xml *"),
		MaxSize:            1048576,
		Chatroom:           Chatroom{Declared: true, Nickname: true, PrivateMessages: true},
	}
}

func focus(id uint64) *Negotiation {
	return &Negotiation{ID: id, Policy: Policy{Needs: TypeCPIM}}
}

func answer(t *testing.T, n *Negotiation, offer string, l Local) (string, Stream, Effect) {
	t.Helper()
	p, err := n.Receive(mustParse(t, offer))
	if err != nil {
		t.Fatalf("%v for\n%s", err, offer)
	}
	s, stream := n.Answer(p, l)
	return s.String(), stream, p.Effect
}

// plainRoom is a focus on TCP.
func plainRoom(t *testing.T) Local {
	t.Helper()
	return room(t, "198.51.100.20", "msrp://conf.ims.example:2855/one;tcp")
}

// lines makes a description of a client: an o= line with version and the given
// lines below t=.
func lines(version string, below ...string) string {
	return "v=0\r\no=alice 7 " + version + " IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n" +
		strings.Join(below, "\r\n") + "\r\n"
}

// chat is a usable m-line; attributes follow.
func chat(attributes ...string) string {
	return strings.Join(append([]string{
		"m=message 51872 TCP/MSRP *",
		"a=accept-types:message/cpim",
		"a=path:msrp://192.0.2.10:51872/alice;tcp",
	}, attributes...), "\r\n")
}

func refusal(t *testing.T, err error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("got error %v, want an *Error", err)
	}
	if e.Status != StatusNotAcceptable {
		t.Errorf("status %d", e.Status)
	}
	return e
}

// mlines returns the m-lines of a description.
func mlines(text string) string {
	var out []string
	for l := range strings.SplitSeq(text, "\r\n") {
		if strings.HasPrefix(l, "m=") {
			out = append(out, l)
		}
	}
	return strings.Join(out, "|")
}
