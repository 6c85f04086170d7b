package participant

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/imdn"
	"github.com/confab-chat/confab/internal/conform"
)

// composes has bob tell that he writes, or not.
func (x *stage) composes(c imdn.Composing) {
	x.t.Helper()
	x.give(&cpim.Draft{
		From: cpim.Party{URI: "sip:bob@ims.example"}, To: []cpim.Party{{URI: lobby}},
		ContentType: imdn.ComposingType + "; x=y", Content: c.Append(nil),
	})
}

func TestOthersTyping(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		conform.Covers(x.t, "COMP-02")
		c := x.join()
		typing := func(active bool) {
			x.t.Helper()
			if e := next[Typing](x.t, c); e != (Typing{From: "sip:bob@ims.example", Active: active}) {
				x.t.Errorf("%+v", e)
			}
			none(x.t, c)
		}
		x.composes(imdn.Composing{})
		none(x.t, c) // he was idle before
		x.composes(imdn.Composing{Active: true})
		typing(true)
		x.composes(imdn.Composing{})
		typing(false)

		// A message is the end of it, but not one of the past.
		x.composes(imdn.Composing{Active: true})
		typing(true)
		x.give(asking("1", ""))
		if e := next[Typing](x.t, c); e.Active {
			x.t.Error("still writes")
		}
		next[Message](x.t, c)

		// Silence is, too, and repetitions put it off.
		for _, test := range []struct{ told, after time.Duration }{{0, 120 * time.Second}, {30 * time.Second, 30 * time.Second}} {
			x.composes(imdn.Composing{Active: true, Refresh: test.told})
			typing(true)
			<-time.After(test.after - time.Second)
			x.composes(imdn.Composing{Active: true, Refresh: test.told})
			<-time.After(test.after - time.Second)
			none(x.t, c)
			<-time.After(time.Second)
			typing(false)
		}
		x.give(&cpim.Draft{
			From: cpim.Party{URI: "sip:bob@ims.example"}, To: []cpim.Party{{URI: "sip:alice@ims.example"}},
			ContentType: imdn.ComposingType, Content: []byte("<isComposing><state>active</state></isComposing>"),
		})
		if e := next[Typing](x.t, c); !e.Private || !e.Active {
			x.t.Errorf("%+v", e)
		}
	})
}

func TestWritersAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		shut := make(chan struct{})
		w := &writers{events: newQueue(shut)}
		for i := range 2 * maxWriters {
			w.begin(writer{from: string(rune(i))}, time.Hour)
		}
		if len(w.all) != maxWriters {
			t.Errorf("%d writers", len(w.all))
		}
		w.close()
		close(shut)
	})
}

// tells returns what the UE tells of its user's writing.
func (x *stage) tells() imdn.Composing {
	x.t.Helper()
	w := x.sent()
	c, err := imdn.ParseComposing(w.Content)
	if err != nil || string(w.ContentType()) != imdn.ComposingType || string(w.To[0].URI) != lobby {
		x.t.Fatalf("%s to %s: %v", w.ContentType(), w.To[0].URI, err)
	}
	return c
}

func TestTyping(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		conform.Covers(x.t, "COMP-02")
		c := x.join()
		edit := func(active bool) {
			x.t.Helper()
			if err := c.Typing(active); err != nil {
				x.t.Fatal(err)
			}
		}
		edit(false)
		x.silent() // we were idle before
		start := time.Now()
		edit(true)
		if e := x.tells(); !e.Active || e.Refresh < 60*time.Second {
			x.t.Errorf("%+v", e)
		}
		// He goes on for a minute: told again, and no sooner.
		for time.Since(start) < 59*time.Second {
			edit(true)
			x.silent()
			<-time.After(time.Second)
		}
		edit(true)
		last := time.Now()
		<-time.After(2 * time.Second)
		if e := x.tells(); !e.Active {
			x.t.Errorf("%+v", e)
		}
		// He stops.
		<-time.After(12 * time.Second)
		x.silent()
		<-time.After(2 * time.Second)
		if e := x.tells(); e.Active || !e.LastActive.Equal(last.Truncate(time.Second)) {
			x.t.Errorf("%+v", e)
		}
		<-time.After(5 * time.Minute)
		x.silent()

		// Who sends, or gives up, needs no timer.
		edit(true)
		x.tells()
		if _, err := c.Send(x.t.Context(), "done"); err != nil {
			x.t.Fatal(err)
		}
		if w := x.sent(); string(w.Content) != "done" {
			x.t.Errorf("sent\n%s", w.Content)
		}
		next[Delivered](x.t, c)
		<-time.After(time.Minute)
		x.silent()
		edit(true)
		x.tells()
		edit(false)
		if e := x.tells(); e.Active {
			x.t.Errorf("%+v", e)
		}
		<-time.After(time.Minute)
		x.silent()
	})
}

func TestTypingRefused(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		c := x.joined(Options{NoSubscribe: true}, "", "a=accept-wrapped-types:text/plain")
		if err := c.Typing(true); !errors.Is(err, ErrType) {
			x.t.Errorf("told: %v", err)
		}
	})
}
