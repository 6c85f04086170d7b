package sdp

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// read reads the m-line of a description made of the given lines.
func read(t *testing.T, below ...string) Message {
	t.Helper()
	m, err := mustParse(t, lines("1", below...)).Message(0)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMessageAttributes(t *testing.T) {
	got := read(t, chat(
		"a=setup:active", "a=msrp-cema", "a=fingerprint:sha-1 0a:FF", "a=fingerprint:SHA-256 00:01",
		"a=accept-wrapped-types:text/* *", "a=max-size:100", "a=recvonly", "a=label:msg", "a=chatroom:nickname x.y",
		"a=curr:qos local none", "a=des:qos mandatory remote sendrecv", "a=conf:qos remote sendrecv", "a=des:short",
	))
	want := Message{
		Port: 51872, Proto: ProtoTCP, Connection: Connection{"IN", "IP4", "192.0.2.10"},
		Setup: SetupActive, CEMA: true,
		Fingerprints:       []Fingerprint{{"sha-1", []byte{10, 255}}, {"sha-256", []byte{0, 1}}},
		AcceptTypes:        TypeList{TypeCPIM},
		AcceptWrappedTypes: TypeList{"text/*", "*"},
		MaxSize:            100,
		Path:               []msrpwire.URI{mustURI(t, "msrp://192.0.2.10:51872/alice;tcp")},
		Chatroom:           Chatroom{Declared: true, Nickname: true, Other: []string{"x.y"}},
		Direction:          RecvOnly, Label: "msg",
		Preconditions: []Precondition{
			{"curr", "qos", "", "local", "none"},
			{"des", "qos", "mandatory", "remote", "sendrecv"},
			{"conf", "qos", "", "remote", "sendrecv"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	line := want.Media()
	back := read(t, (&Session{Media: []Media{line}}).String()[len("v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"):])
	if diff := cmp.Diff(want, back); diff != "" {
		t.Errorf("written and read (-want +got):\n%s", diff)
	}
}

func TestSessionLevelDefaults(t *testing.T) {
	conform.Covers(t, "SDP-26")
	above := []string{
		"a=setup:passive", "a=sendonly", "a=fingerprint:sha-1 01", "a=path:msrp://s:1/s;tcp", "a=accept-types:message/cpim",
		"a=accept-wrapped-types:text/plain", "a=max-size:7", "a=chatroom:nickname", "a=msrp-cema", "a=label:x",
	}
	got := read(t, append(above, "m=message 1 TCP/MSRP *")...)
	want := Message{
		Port: 1, Proto: ProtoTCP, Connection: Connection{"IN", "IP4", "192.0.2.10"}, Setup: SetupPassive,
		Fingerprints: []Fingerprint{{"sha-1", []byte{1}}}, AcceptTypes: TypeList{TypeCPIM},
		AcceptWrappedTypes: TypeList{"text/plain"}, MaxSize: 7, Path: []msrpwire.URI{mustURI(t, "msrp://s:1/s;tcp")},
		Chatroom: Chatroom{Declared: true, Nickname: true}, Direction: SendOnly,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("from above (-want +got):\n%s", diff)
	}
	got = read(t, append(above, chat(
		"a=setup:active", "a=inactive", "a=fingerprint:sha-1 02", "a=accept-wrapped-types:*", "a=max-size:8", "a=chatroom",
		"c=IN IP4 203.0.113.1",
	))...)
	want = Message{
		Port: 51872, Proto: ProtoTCP, Connection: Connection{"IN", "IP4", "203.0.113.1"}, Setup: SetupActive,
		Fingerprints: []Fingerprint{{"sha-1", []byte{2}}}, AcceptTypes: TypeList{TypeCPIM},
		AcceptWrappedTypes: TypeList{"*"}, MaxSize: 8,
		Path:     []msrpwire.URI{mustURI(t, "msrp://192.0.2.10:51872/alice;tcp")},
		Chatroom: Chatroom{Declared: true}, Direction: Inactive,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("own (-want +got):\n%s", diff)
	}
}

func TestMaxSize(t *testing.T) {
	conform.Covers(t, "SDP-10")
	for value, want := range map[string]int64{
		"a=max-size:0": 0, "a=max-size:1048576": 1048576, "a=max-size: 5 ": 5, "a=x": Unlimited, "a=max-size:x": Unlimited,
		"a=max-size:-1": Unlimited, "a=max-size:99999999999999999999": Unlimited, "a=max-size:9223372036854775807": math.MaxInt64,
	} {
		if got := read(t, chat(value)).MaxSize; got != want {
			t.Errorf("%s: %d, want %d", value, got, want)
		}
	}
	for limit, want := range map[int64]bool{0: false, Unlimited: false, 1: true, 1048576: true} {
		l := plainRoom(t)
		l.MaxSize = limit
		line := focus(1).Offer(l).Media[0]
		if _, got := line.Attribute("max-size"); got != want {
			t.Errorf("limit %d stated: %t", limit, got)
		}
	}
}

func TestChatroomTokens(t *testing.T) {
	conform.Covers(t, "SDP-08")
	for value, want := range map[string]Chatroom{
		"a=chatroom": {Declared: true},
		"a=chatroom:nickname nickname com.example.x": {Declared: true, Nickname: true, Other: []string{"com.example.x"}},
		"a=chatroom:Nicknames":                       {Declared: true, Nickname: true},
		"a=chatroom:PRIVATE-Messages x X":            {Declared: true, PrivateMessages: true, Other: []string{"x"}},
		"a=other":                                    {},
	} {
		if diff := cmp.Diff(want, read(t, chat(value)).Chatroom); diff != "" {
			t.Errorf("%s (-want +got):\n%s", value, diff)
		}
	}
	all := Chatroom{Declared: true, Nickname: true, PrivateMessages: true, Other: []string{"com.example.x"}}
	if got, want := all.value(), "nickname private-messages com.example.x"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestDirection(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d               Direction
		name            string
		sends, receives bool
		reverse         Direction
	}{
		{SendRecv, "sendrecv", true, true, SendRecv},
		{SendOnly, "sendonly", true, false, RecvOnly},
		{RecvOnly, "recvonly", false, true, SendOnly},
		{Inactive, "inactive", false, false, Inactive},
	} {
		if tt.d.String() != tt.name || tt.d.Sends() != tt.sends || tt.d.Receives() != tt.receives || tt.d.Reverse() != tt.reverse {
			t.Errorf("%s: sends %t, receives %t, reverse %s", tt.d, tt.d.Sends(), tt.d.Receives(), tt.d.Reverse())
		}
	}
}
