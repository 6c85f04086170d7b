package sdp

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/conform"
)

func version(t *testing.T, text string) uint64 {
	t.Helper()
	return mustParse(t, text).Origin.Version
}

func TestReofferUnchanged(t *testing.T) {
	conform.Covers(t, "SDP-22", "SDP-24")
	n, l := focus(7), plainRoom(t)
	first, before, _ := answer(t, n, lines("1", chat("a=sendonly")), l)
	// An unchanged version counts, not the text; nor what we would say today.
	l.URI, l.MaxSize = mustURI(t, "msrp://conf.ims.example:2855/two;tcp"), 1
	offer := strings.Replace(lines("1", chat("a=sendonly", "a=max-size:1")), "IP4 192.0.2.10\r\ns=", "IP4 203.0.113.1\r\ns=", 1)
	for range 2 {
		again, after, effect := answer(t, n, offer, l)
		if diff := cmp.Diff(first, again); diff != "" || effect != EffectNone {
			t.Errorf("effect %d, answer (-want +got):\n%s", effect, diff)
		}
		if diff := cmp.Diff(before, after); diff != "" {
			t.Errorf("stream (-want +got):\n%s", diff)
		}
	}
}

// Our last word was an offer with actpass; an answer has to choose.
func TestReofferUnchangedAfterOurOffer(t *testing.T) {
	conform.Covers(t, "SDP-22", "SDP-24")
	n, l := focus(7), plainRoom(t)
	l.Direction = SendOnly
	offer := n.Offer(l).String()
	accepted := lines("1", chat("a=setup:passive", "a=recvonly"))
	_, before, err := n.Accept(mustParse(t, accepted))
	if err != nil {
		t.Fatal(err)
	}
	text, after, effect := answer(t, n, accepted, Local{})
	want := strings.NewReplacer("o=- 7 1 ", "o=- 7 2 ", "message 2855", "message 9", "setup:actpass", "setup:active").Replace(offer)
	if diff := cmp.Diff(want, text); diff != "" || effect != EffectNone {
		t.Errorf("effect %d, answer (-want +got):\n%s", effect, diff)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		t.Errorf("stream (-want +got):\n%s", diff)
	}
	if again, _, _ := answer(t, n, accepted, Local{}); again != text {
		t.Errorf("repeated: %s", again)
	}
}

func TestReofferAttributesOnly(t *testing.T) {
	conform.Covers(t, "SDP-09", "SDP-18", "SDP-23", "SDP-24")
	n, l := focus(7), plainRoom(t)
	text, stream, _ := answer(t, n, lines("1", chat("a=chatroom:nickname private-messages")), l)
	ours := stream.Local
	if got := mustParse(t, text).Origin; got.Version != 1 || got.SessionID != 7 {
		t.Errorf("origin %+v", got)
	}
	l.URI = mustURI(t, "msrp://conf.ims.example:2855/unused;tcp")
	for i, step := range []struct {
		attribute string
		version   uint64 // ours
		direction Direction
	}{
		{"a=sendonly", 2, RecvOnly},
		{"a=sendrecv", 3, SendRecv},
		{"a=max-size:100", 3, SendRecv}, // nothing of ours changes
		{"a=inactive", 4, Inactive},
	} {
		text, stream, effect := answer(t, n, lines(string(rune('2'+i)), chat(step.attribute)), l)
		if effect != EffectChange || stream.Local != ours || stream.Direction != step.direction {
			t.Errorf("%s: effect %d, stream %+v", step.attribute, effect, stream)
		}
		if v := version(t, text); v != step.version {
			t.Errorf("%s: version %d, want %d", step.attribute, v, step.version)
		}
		if stream.Peer.Chatroom.Declared {
			t.Errorf("%s: chatroom was left out, so it is off", step.attribute)
		}
	}
	if got, _ := n.Stream(); got.Peer.MaxSize != Unlimited {
		t.Errorf("max-size %d, the last offer states none", got.Peer.MaxSize)
	}
}

func TestReofferNewPath(t *testing.T) {
	conform.Covers(t, "SDP-23")
	n, l := focus(7), plainRoom(t)
	answer(t, n, lines("1", chat("a=setup:active")), l)
	l.URI = mustURI(t, "msrp://conf.ims.example:2855/two;tcp")
	moved := "m=message 9 TCP/MSRP *\r\na=accept-types:*\r\na=setup:active\r\na=path:msrp://198.51.100.99:9/alice;tcp"
	text, stream, effect := answer(t, n, lines("2", moved), l)
	if effect != EffectNew || stream.Local != l.URI || !strings.Contains(text, "a=path:"+l.URI.String()+"\r\n") {
		t.Errorf("effect %d, stream %+v in\n%s", effect, stream, text)
	}
	if v := version(t, text); v != 2 {
		t.Errorf("version %d", v)
	}
}

func TestReofferKeepsRole(t *testing.T) {
	n, l := focus(7), plainRoom(t)
	n.Offer(l)
	if _, s, err := n.Accept(mustParse(t, lines("1", chat("a=setup:passive")))); err != nil || s.Role != RoleActive {
		t.Fatalf("stream %+v, %v", s, err)
	}
	text, s, effect := answer(t, n, lines("2", chat("a=setup:actpass", "a=sendonly")), l)
	if effect != EffectChange || s.Role != RoleActive || !strings.Contains(text, "a=setup:active\r\n") {
		t.Errorf("effect %d, role %s in\n%s", effect, s.Role, text)
	}
}

// Our answer may be larger than what we would read from others.
func TestLargestOffer(t *testing.T) {
	n, l := focus(7), plainRoom(t)
	offer := lines("1", chat(), "m=audio 4000 RTP/AVP "+strings.Repeat("0 ", MaxSize/2-140)+"0")
	if text, _, _ := answer(t, n, offer, l); len(text) <= MaxSize {
		t.Fatalf("%d octets", len(text))
	}
	if got := len(n.Offer(l).Media); got != 2 {
		t.Errorf("%d m-lines offered", got)
	}
}

func TestReofferRefused(t *testing.T) {
	conform.Covers(t, "SDP-25")
	n, l := focus(7), plainRoom(t)
	answer(t, n, lines("1", chat()), l)
	before, text := *n.stream, string(n.local)
	for name, offer := range map[string]string{
		"no types":     lines("2", "m=message 51872 TCP/MSRP *\r\na=path:msrp://192.0.2.10:51872/alice;tcp"),
		"no cpim":      lines("2", "m=message 51872 TCP/MSRP *\r\na=accept-types:text/plain\r\na=path:msrp://192.0.2.10:51872/alice;tcp"),
		"audio only":   lines("2", "m=audio 4000 RTP/AVP 0"),
		"became audio": lines("2", "m=audio 4000 RTP/AVP 0", chat()),
	} {
		_, err := n.Receive(mustParse(t, offer))
		_ = refusal(t, err)
		if diff := cmp.Diff(before, *n.stream); diff != "" || string(n.local) != text {
			t.Errorf("%s: something changed: %s", name, diff)
		}
	}
	answer(t, n, lines("3", chat(), "m=audio 4000 RTP/AVP 0"), l)
	if _, err := n.Receive(mustParse(t, lines("4", chat()))); err == nil {
		t.Error("an m-line vanished, and nobody minds")
	}
}

func TestStreamRemovedAndBack(t *testing.T) {
	conform.Covers(t, "SDP-16", "SDP-21", "SDP-24")
	n, l := focus(7), plainRoom(t)
	answer(t, n, lines("1", chat()), l)
	removed := lines("2", "m=message 0 TCP/MSRP *")
	text, stream, effect := answer(t, n, removed, l)
	if effect != EffectRemove || mlines(text) != "m=message 0 TCP/MSRP *" || stream.Peer.Path != nil {
		t.Errorf("effect %d, stream %+v in\n%s", effect, stream, text)
	}
	if _, ok := n.Stream(); ok {
		t.Error("stream still in force")
	}
	if again, _, e := answer(t, n, removed, l); again != text || e != EffectNone {
		t.Errorf("effect %d of a repetition, answer\n%s", e, again)
	}
	// Still without stream, but with another version.
	if again, _, e := answer(t, n, lines("3", "m=message 0 TCP/MSRP *", "m=audio 4000 RTP/AVP 0"), l); e != EffectRemove ||
		mlines(again) != "m=message 0 TCP/MSRP *|m=audio 0 RTP/AVP 0" {
		t.Errorf("effect %d, answer\n%s", e, again)
	}
	l.URI = mustURI(t, "msrp://conf.ims.example:2855/two;tcp")
	text, stream, effect = answer(t, n, lines("4", chat(), "m=audio 0 RTP/AVP 0"), l)
	if effect != EffectNew || stream.Local != l.URI || stream.Index != 0 {
		t.Errorf("effect %d, stream %+v", effect, stream)
	}
	if v := version(t, text); v != 4 {
		t.Errorf("version %d, want 4: each answer differed from the one before", v)
	}
}

func TestStreamMovesToAnotherLine(t *testing.T) {
	conform.Covers(t, "SDP-21")
	n, l := focus(7), plainRoom(t)
	answer(t, n, lines("1", chat()), l)
	l.URI = mustURI(t, "msrp://conf.ims.example:2855/two;tcp")
	text, stream, effect := answer(t, n, lines("2", "m=message 0 TCP/MSRP *", chat()), l)
	if effect != EffectNew || stream.Index != 1 || mlines(text) != "m=message 0 TCP/MSRP *|m=message 2855 TCP/MSRP *" {
		t.Errorf("effect %d, index %d in\n%s", effect, stream.Index, text)
	}
	// Another conversation besides needs another dialog.
	text, stream, effect = answer(t, n, lines("3", chat(), chat()), l)
	if effect != EffectChange || stream.Index != 1 || mlines(text) != "m=message 0 TCP/MSRP *|m=message 2855 TCP/MSRP *" {
		t.Errorf("effect %d, index %d in\n%s", effect, stream.Index, text)
	}
}
