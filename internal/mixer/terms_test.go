package mixer_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
)

// What a leg does not take is left out, and the sender is not told.
func TestLeftOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	bare := h.join(carol, func(w *wishes) { w.wrapped = "" }) // text is what everybody reads
	images := h.join("sip:dave@x.test", func(w *wishes) { w.types, w.wrapped = "message/cpim image/*", "" })
	star := h.join("sip:erin@x.test", func(w *wishes) { w.types, w.wrapped = "*", "" })
	small := h.join("sip:frank@x.test", func(w *wishes) { w.maxSize = 200 })
	takes := map[*client]string{
		b: "text/plain text/html image/png Image/GIF;x=y", star: "text/plain text/html image/png Image/GIF;x=y",
		bare: "text/plain text/html", images: "image/png Image/GIF;x=y", small: "text/plain text/html image/png Image/GIF;x=y",
	}
	for _, kind := range []string{"text/plain", "text/html", "image/png", "Image/GIF;x=y"} {
		body := wrap(alice, lobby, kind, "x")
		a.try(part{body: body}, 200)
		for c, types := range takes {
			if strings.Contains(types, kind) {
				c.hears(body)
			}
		}
	}
	large := a.text(lobby, strings.Repeat("x", 200))
	a.try(part{body: large}, 200)
	for _, c := range []*client{b, star, bare} {
		c.hears(large)
	}
	a.say("the end")
	for c := range takes {
		if c != images {
			c.hears(a.text(lobby, "the end"))
		}
	}
	last := wrap(alice, lobby, "image/png", "the end")
	a.try(part{body: last}, 200)
	images.hears(last)
	conform.Covers(t, "SW-PUB-16", "SW-PUB-17", "SW-PUB-18")
}

func TestHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	for _, tt := range []struct {
		direction   string
		says, hears bool
	}{
		{"sendonly", true, false}, {"inactive", false, false}, {"recvonly", false, true}, {"sendrecv", true, true},
	} {
		room := b.room
		b.hold(tt.direction)
		if b.room != room {
			t.Errorf("%s: new session", tt.direction)
		}
		a.say(tt.direction)
		if tt.hears {
			b.hears(a.text(lobby, tt.direction))
		}
		if !tt.says {
			b.try(part{body: b.text(lobby, "x")}, 403)
			continue
		}
		b.say(tt.direction)
		a.hears(b.text(lobby, tt.direction))
	}
	quiet(t, a, b) // nothing was kept for later
	// What a re-offer declares holds from then on.
	a.try(part{body: a.text(bob, "psst")}, 200)
	b.hears(a.text(bob, "psst"))
	b.wishes.chatroom, b.wishes.wrapped = "", "text/html"
	b.hold("sendrecv")
	a.try(part{body: a.text(bob, "psst")}, 428)
	a.say("not for him")
	html := wrap(alice, lobby, "text/html", "x")
	a.try(part{body: html}, 200)
	b.hears(html)
	conform.Covers(t, "SDP-09", "SDP-19")
}

// A message that was posted while its receiver was on hold, or had given up the stream, is
// not for him, even if he resumes before it is handed out.
func TestResume(t *testing.T) {
	t.Parallel()
	stops := map[string]func(*client){
		"hold":   func(c *client) { c.wishes.direction = "sendonly" },
		"stream": func(c *client) { c.port = 0 },
	}
	for name, stop := range stops {
		for _, keep := range []int{0, 10} {
			t.Run(fmt.Sprintf("%s, history %d", name, keep), func(t *testing.T) {
				t.Parallel()
				h := newHouse(t, func(b *blueprint) { b.policy.History.Keep = keep })
				a, b := h.join(alice, nil), h.join(bob, nil)
				port, room := b.port, b.room
				stop(b)
				if err := b.offer(); err != nil {
					t.Fatal(err)
				}
				resumed := make(chan error)
				late := conference.Post{Message: &conference.Message{
					At: time.Now(), ID: "late", User: conference.User(a.user), Endpoint: a.id, ContentType: "text/plain", Body: []byte(a.text(lobby, "late")),
				}}
				h.inst.Do(late, func(r instance.Result) { // it is handed out when this is over
					b.wishes.direction, b.port = "sendrecv", port
					resumed <- errors.Join(r.Err, b.offer())
				})
				if err := wait(t, resumed, "resumption"); err != nil {
					t.Fatal(err)
				}
				if b.room != room {
					b.dial()
					b.bind()
				}
				a.say("in time")
				b.hears(a.text(lobby, "in time"))
			})
		}
	}
	conform.Covers(t, "SDP-19", "SDP-21")
}

// Direction says nothing of disposition notifications, of nicknames and of what has no
// body; composing indications go the way of messages.
func TestFlowsOnHold(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	for _, direction := range []string{"sendonly", "recvonly", "inactive"} {
		b.hold(direction)
		for _, way := range [][2]*client{{a, b}, {b, a}} {
			notice := wrap(way[0].user, way[1].user, "message/imdn+xml", "<imdn>"+direction+"</imdn>")
			way[0].try(part{body: notice}, 200)
			way[1].hears(notice)
		}
		b.nick(200, `Use-Nickname: "`+direction+`"`)
		b.probe()
	}
	a.try(part{body: a.composes(lobby, "active")}, 200)
	b.try(part{body: b.composes(lobby, "active")}, 403)
	a.try(part{body: a.composes(bob, "active")}, 404)
	b.hold("sendrecv")
	quiet(t, a, b)
	// A Blink takes no notifications, whatever its description says.
	blink := h.blink(carol)
	a.try(part{body: wrap(alice, carol, "message/imdn+xml", "<imdn/>")}, 415)
	quiet(t, a, b, blink)
	conform.Covers(t, "SDP-18", "SDP-20", "IMDN-03")
}

// Who loses the right to send while his message is under way is refused when it is complete.
func TestHoldWithinMessage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	body := b.text(lobby, "in two parts")
	n := len(body)
	b.try(part{id: "halves", rng: rangeOf(1, n-3, n), body: body[:n-3], flag: "+"}, 200)
	b.hold("recvonly")
	b.try(part{id: "halves", rng: rangeOf(n-2, n, n), body: body[n-3:]}, 403)
	b.hold("sendrecv")
	quiet(t, b, a)
	conform.Covers(t, "SDP-20", "MSRP-RSP-06")
}

// A refresh changes nothing, not even during an upload. [SDP-22]
func TestRefresh(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	body := a.text(lobby, "in two parts")
	a.try(part{id: "two", rng: rangeOf(1, 20, len(body)), body: body[:20], flag: "+"}, 200)
	offer := a.description()
	a.version-- // the same again
	offer.Origin.Version--
	first, _, err := a.leg.Answer(offer)
	if err != nil {
		t.Fatal(err)
	}
	if again := a.leg.Description(); string(again.Append(nil)) != string(first.Append(nil)) {
		t.Errorf("a refresh of ours would say\n%s", again.Append(nil))
	}
	room := a.room
	a.take(first)
	if a.room != room {
		t.Errorf("path %s became %s", room, a.room)
	}
	a.try(part{id: "two", rng: rangeOf(21, len(body), len(body)), body: body[20:]}, 200)
	b.hears(body)
	conform.Covers(t, "SDP-22")
}

func TestStreamRemoved(t *testing.T) {
	t.Parallel()
	h := newHouse(t, nil)
	a, b := h.join(alice, nil), h.join(bob, nil)
	old := b.room
	b.port = 0
	b.hold("sendrecv")
	a.say("to nobody")
	b.try(part{to: old, body: b.text(lobby, "x")}, 481)
	b.port = 2855
	b.move()
	b.hold("sendrecv")
	if b.room == old {
		t.Error("the old URI again")
	}
	b.bind()
	quiet(t, a, b)
	conform.Covers(t, "SDP-21")
}
