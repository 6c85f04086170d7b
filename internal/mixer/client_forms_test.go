package mixer_test

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/mixer"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

const blinkAgent = "Blink Pro 5.0.0 (MacOSX)"

// blink lets a client take part that is Blink as far as anybody can tell.
func (h *house) blink(user string) *client {
	h.t.Helper()
	return h.join(user, func(w *wishes) {
		w.agent, w.chatroom = blinkAgent, ""
		w.types = "message/cpim text/* image/* application/im-iscomposing+xml"
		w.wrapped = "text/* image/* application/im-iscomposing+xml"
	})
}

// What Blink sends: CPIM with CRLF and a MIME part with LF, a charset that is
// none, an empty transfer encoding, UTF-8 without quotes, and a Byte-Range that
// counts characters.
func blinkMessage(user, to, text string) string {
	return "From: Älice <" + user + ">\r\nTo: <" + to + ">\r\nDateTime: 2026-01-02T03:04:05.123456+00:00\r\n\r\n" +
		"MIME-Version: 1.0\nContent-Type: text/plain; charset=\"utf8\"\nContent-Transfer-Encoding: \n\n" + text
}

func TestBlink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, pipes)
		a, b := h.blink(alice), h.blink(bob)
		rcs := h.join(carol, func(w *wishes) { w.features = "<sip:carol@x>;+g.oma.sip-im" })
		body := blinkMessage(alice, lobby, "Grüße …")
		runes := len([]rune(body))
		a.try(part{
			fields: "Failure-Report: yes\r\nSuccess-Report: yes", rng: fmt.Sprintf("1-%d/%d", runes, runes), body: body,
		}, 200)
		if f := <-a.reports; f.report != 200 || f.rng.End != int64(len(body)) {
			t.Errorf("report %+v", f)
		}
		for _, c := range []*client{b, rcs} {
			f := c.hears(body)
			if sha256.Sum256([]byte(f.body)) != sha256.Sum256([]byte(body)) {
				t.Error("octets changed")
			}
			if f.rng != (msrpwire.Range{Start: 1, End: int64(len(body)), Total: int64(len(body))}) {
				t.Errorf("range %+v", f.rng)
			}
		}
		// Nobody answers a composing indication.
		indication := strings.Replace(blinkMessage(alice, lobby, "<isComposing><state>active</state></isComposing>"),
			`text/plain; charset="utf8"`, "application/im-iscomposing+xml", 1)
		a.put(part{fields: "Failure-Report: no\r\nSuccess-Report: no", body: indication})
		b.hears(indication)
		rcs.hears(indication)
		// Private messages though it declares nothing; notifications never.
		rcs.try(part{body: rcs.text(bob, "psst")}, 200)
		b.hears(rcs.text(bob, "psst"))
		rcs.try(part{body: wrap(carol, bob, "message/imdn+xml", "<imdn/>")}, 415)
		b.nick(200, "Use-Nickname: Bob the Great")
		if got := h.nickname(bob); got != "Bob the Great" {
			t.Errorf("bob is %q", got)
		}
		b.nick(200, "Use-Nickname: ")
		// A long message comes in one piece.
		long := a.text(lobby, strings.Repeat("x", 100<<10))
		a.try(part{body: long}, 200)
		if f := b.hears(long); f.rng.Start != 1 || f.rng.End != msrpwire.Unknown || f.rng.Total != int64(len(long)) {
			t.Errorf("range %+v", f.rng)
		}
		if got := heard(t, rcs, 1)[0].body; got != long {
			t.Errorf("%d octets in chunks, want %d", len(got), len(long))
		}
		h.empty(a, b, rcs)
		conform.Covers(t, "SW-PUB-06", "SW-PUB-08", "SW-PRV-09", "SW-NCK-11", "CPIM-03")
	})
}

// To nobody in particular is to everybody, for RCS and for nobody else.
func TestAnonymousMeansRoom(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	const anonymous = "sip:anonymous@anonymous.invalid"
	a, b := h.join(alice, nil), h.join(bob, nil)
	rcs := h.join(carol, func(w *wishes) { w.features = "<sip:carol@x>;+g.oma.sip-im" })
	rcs.try(part{body: rcs.text(anonymous, "hello")}, 200)
	a.hears(rcs.text(anonymous, "hello"))
	b.hears(rcs.text(anonymous, "hello"))
	a.try(part{body: a.text(anonymous, "hello")}, 404)
	rcs.try(part{body: wrap(anonymous, lobby, "text/plain", "x")}, 403)
	rcs.try(part{body: wrap(anonymous, anonymous, "text/plain", "x")}, 403)
	quiet(t, a, b, rcs)
	rcs.leave()
	// Nobody could tell whose it is, even if somebody has no other name.
	nameless := h.join(carol, func(w *wishes) { w.also = []string{anonymous} })
	nameless.try(part{body: wrap(anonymous, lobby, "text/plain", "x")}, 403)
	quiet(t, a, b, nameless)
	conform.Covers(t, "SW-PUB-22")
}

// How a message is cut depends on what is known of the client, and of the way to it.
func TestCutAsTheClientNeedsIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(b *blueprint) {
		b.mixer.Quirks = []mixer.QuirkRule{{Agent: "tiny", Clear: []string{"whole"}, Set: []string{"chunk_cap"}}}
	})
	a := h.join(alice, nil)
	const size = 20_000
	body := a.text(lobby, strings.Repeat("x", size-len(a.text(lobby, ""))))
	for name, tt := range map[string]struct {
		wishes  func(*wishes)
		largest int
		exact   bool
	}{
		"unknown": {func(w *wishes) { w.agent = "unheard of" }, size, false},
		"Blink":   {func(w *wishes) { w.agent = blinkAgent }, size, false},
		"RCS":     {func(w *wishes) { w.features = "<sip:carol@x>;+g.oma.sip-im" }, 2048, true},
		"capped":  {func(w *wishes) { w.agent = "tiny" }, 8192, false},
		"relayed": {func(w *wishes) { w.relayed = true }, 8192, false},
	} {
		c := h.join(carol, tt.wishes)
		a.try(part{body: body}, 200)
		at := 0
		for chunks := 0; at < size; chunks++ {
			f := wait(t, c.copies, "chunk")
			if f.seq == "" && chunks == 0 {
				chunks-- // a greeting
				continue
			}
			want := min(tt.largest, size-at)
			if len(f.body) != want || f.rng.Start != int64(at+1) || f.rng.Total != size || (f.rng.End == int64(at+want)) != (tt.exact || want <= 2048) {
				t.Errorf("%s: %d octets, %+v", name, len(f.body), f.rng)
				break
			}
			at += want
		}
		c.leave()
	}
	conform.Covers(t, "SW-PUB-08", "MSRP-SND-15")
}

// A client that knows nothing of conferences is told where it is; everybody is
// told what the conference says to all.
func TestGreetings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		at := time.Date(2026, 3, 4, 10, 30, 0, 0, time.UTC)
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(10, 10)(b)
			b.mixer.Welcome = "Be nice."
			b.mixer.Now = func() time.Time { return at }
		})
		a := h.join(alice, nil)
		a.notice("Be nice.")
		a.say("before")
		basic := h.join(bob, func(w *wishes) { w.chatroom, w.dialled = "", "sip:front-door@example.test" })
		for _, text := range []string{
			"Be nice.",
			"You are in the conference sip:lobby@conf.example.test. What you send goes to everybody in it.",
			"In the conference: sip:alice@example.test, sip:bob@example.test",
		} {
			f := wait(t, basic.copies, "notice")
			want := "From: <sip:front-door@example.test>\r\nTo: <sip:front-door@example.test>\r\nDateTime: 2026-03-04T10:30:00Z\r\n\r\n" +
				"Content-Type: text/plain; charset=utf-8\r\n\r\n" + text
			if f.body != want || f.failure != msrpwire.FailureNo {
				t.Errorf("%+v, want %q", f, want)
			}
		}
		basic.recalls(a.text(lobby, "before"))
		blink := h.blink(carol)
		pause(3 * time.Second)
		blink.notice("Be nice.")
		blink.recalls(a.text(lobby, "before"))
		quiet(t, a, basic, blink)
		if n := len(h.posted()); n != 2 {
			t.Errorf("%d messages kept", n)
		}
		h.empty(a, basic, blink)
		conform.Covers(t, "SW-GEN-03", "SW-GEN-04")
	})
}

// Notices are marked for clients that show such lines.
func TestStatusLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			remember(1, 0)(b)
		})
		a, b := h.join(alice, nil), h.blink(bob)
		b.leave()
		for i := range 3 {
			a.say(fmt.Sprint(i))
		}
		b = h.blink(bob)
		pause(3 * time.Second)
		f := wait(t, b.copies, "notice")
		for _, line := range []string{"NS: agp <urn:ag-projects:xml:ns:cpim>\r\n", "agp.Message-Type: status\r\n"} {
			if !strings.Contains(f.body, line) {
				t.Errorf("%q lacks %q", f.body, line)
			}
		}
		b.recalls(a.text(lobby, "2"))
		h.empty(a, b)
		conform.Covers(t, "SW-GEN-04")
	})
}

// What the mixer reads, and what not, of messages of any kind.
func TestContents(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, a2, b := h.join(alice, nil), h.join(alice, nil), h.join(bob, nil)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	file := "From: <" + alice + ">\r\nTo: <" + lobby + ">\r\n\r\nContent-Type: image/png\r\n" +
		"Content-Disposition: attachment; filename=\"x.png\"; size=204800\r\n\r\n" + strings.Repeat(string(every), 800)
	link := wrap(alice, lobby, "application/vnd.gsma.rcs-ft-http+xml", "<file><file-info/></file>")
	external := wrap(alice, lobby, `message/external-body; access-type="URL"; URL="http://192.0.2.1/x"`, "Content-Type: image/png\r\n\r\n")
	empty := wrap(alice, lobby, "text/plain", "")
	for _, body := range []string{file, link, external, empty} {
		a.try(part{body: body, fields: "Success-Report: yes"}, 200)
		if f := wait(t, a.reports, "report"); f.report != 200 {
			t.Errorf("%+v", f)
		}
		a2.hears(body)
		b.hears(body)
	}
	// The same words from two devices of one user are two messages.
	a.say("same")
	a2.say("same")
	a.hears(a.text(lobby, "same"))
	a2.hears(a.text(lobby, "same"))
	b.hears(a.text(lobby, "same"))
	b.hears(a.text(lobby, "same"))
	// Octets that hold no wrapper.
	a.try(part{}, 400)
	a.try(part{kind: "text/plain"}, 415)
	bare := h.join(carol, func(w *wishes) { w.unbound = true })
	bare.dial()
	bare.try(part{kind: "text/plain"}, 200) // binds
	quiet(t, a, a2, b, bare)
	conform.Covers(t, "FT-01", "FT-08", "SW-PUB-24", "CPIM-14", "SW-RPT-01")
}

// Copies ask for answers, or only for refusals.
func TestReportModels(t *testing.T) {
	t.Parallel()
	for report, want := range map[mixer.Report]msrpwire.FailureReport{
		mixer.Full: msrpwire.FailureYes, mixer.Partial: msrpwire.FailurePartial,
	} {
		h := newHouse(t, func(b *blueprint) { b.mixer.Report = report })
		a, b := h.join(alice, nil), h.join(bob, nil)
		a.put(part{body: a.text(lobby, "x"), fields: "Failure-Report: no\r\nSuccess-Report: yes"})
		if f := wait(t, a.reports, "report"); f.report != 200 {
			t.Errorf("%+v", f)
		}
		f := b.hears(a.text(lobby, "x"))
		if f.failure != want || f.success {
			t.Errorf("%v: copy %+v", report, f)
		}
		a.try(part{body: a.text(bob, "psst")}, 200)
		if f := b.hears(a.text(bob, "psst")); f.failure != want || f.success {
			t.Errorf("%v: private copy %+v", report, f)
		}
	}
	conform.Covers(t, "SW-RPT-03")
}

// A name that is somebody else's nickname is no reason to refuse a message,
// unless the conference is strict about it.
func TestStrictNames(t *testing.T) {
	t.Parallel()
	for _, strict := range []bool{false, true} {
		h := newHouse(t, func(b *blueprint) { b.mixer.StrictNames = strict })
		a, b := h.join(alice, nil), h.join(bob, nil)
		b.nick(200, `Use-Nickname: "The Owl"`)
		named := func(name string) string {
			return strings.Replace(a.text(lobby, "x"), "From: ", "From: "+name+" ", 1)
		}
		status := map[bool]int{false: 200, true: 403}[strict]
		a.try(part{body: named("the  OWL")}, status)
		a.try(part{body: named(`"the owl"`)}, status)
		a.try(part{body: named("Cat")}, 200)
		own := strings.Replace(b.text(lobby, "x"), "From: ", "From: The Owl ", 1)
		b.try(part{body: own}, 200)
		b.nick(200, `Use-Nickname: ""`)
		a.try(part{body: named("the owl")}, 200)
	}
	conform.Covers(t, "SW-PUB-20")
}

// A nickname that its user finds again when he comes back is as good as one that he takes.
func TestStrictNameOfOneWhoIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, func(b *blueprint) {
			pipes(b)
			b.mixer.StrictNames = true
		})
		a, b := h.join(alice, nil), h.join(bob, nil)
		b.nick(200, `Use-Nickname: "The Owl"`)
		h.do(conference.Leave{At: time.Now(), Endpoint: b.id, Cause: conference.CauseLost})
		named := strings.Replace(a.text(lobby, "x"), "From: ", "From: the owl ", 1)
		b = h.join(bob, nil)
		if got := h.nickname(bob); got != "The Owl" {
			t.Fatalf("bob is %q", got)
		}
		a.try(part{body: named}, 403)
		b.leave()
		a.try(part{body: named}, 200)
		a.leave()
		conform.Covers(t, "SW-PUB-20")
	})
}

// Notifications reach the author, but not in any number.
func TestNotificationStorm(t *testing.T) {
	t.Parallel()
	at := time.Now()
	h := newHouse(t, func(b *blueprint) { b.mixer.Now = func() time.Time { return at } })
	a, b := h.join(alice, nil), h.join(bob, nil)
	request := "From: <" + alice + ">\r\nTo: <" + lobby + ">\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: 1234567890\r\n" +
		"imdn.Disposition-Notification: positive-delivery, negative-delivery, display, processing\r\n\r\nContent-Type: text/plain\r\n\r\nx"
	a.try(part{body: request}, 200)
	b.hears(request)
	a.try(part{body: strings.Replace(request, lobby, "sip:nobody@x.test", 1)}, 404)
	for range 150 {
		b.try(part{body: wrap(bob, alice, "message/imdn+xml", "<imdn/>")}, 200)
	}
	for range 100 {
		a.hears(wrap(bob, alice, "message/imdn+xml", "<imdn/>"))
	}
	quiet(t, b, a)
	conform.Covers(t, "IMDN-04", "IMDN-05", "IMDN-06")
}

// What the client of a called user is shows in its answer.
func TestClientKnownLate(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a := h.join(alice, nil)
	b := h.join(bob, func(w *wishes) { w.outside, w.unbound, w.chatroom = true, true, "" })
	b.leg.Identify(blinkAgent, "<sip:bob@x.test>")
	b.connect()
	b.dial()
	b.bind()
	a.try(part{body: a.text(bob, "psst")}, 200)
	b.hears(a.text(bob, "psst"))
	a.say("to all")
	b.hears(a.text(lobby, "to all"))
}
