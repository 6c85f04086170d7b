package participant

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestSend(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-01", "CPIM-06", "MSRP-RPT-11")
	bubble(t, func(x *stage) {
		c := x.join()
		id, err := c.Send(x.t.Context(), "hello")
		if err != nil {
			x.t.Fatal(err)
		}
		in := <-x.leg.messages
		if in.ID() != id || in.ContentType() != "message/cpim" {
			x.t.Errorf("message %s of type %s", in.ID(), in.ContentType())
		}
		want := "From: Alice <sip:alice@ims.example>\r\nTo: <sip:lobby@conf.example>\r\nDateTime: " +
			time.Now().Format("2006-01-02T15:04:05.999Z07:00") + "\r\n\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello"
		if got := string(in.Body()); got != want {
			x.t.Errorf("object\n%s\nwant\n%s", got, want)
		}
		if e := next[Delivered](x.t, c); e.ID != id {
			x.t.Errorf("delivered %s", e.ID)
		}
		// A report that nobody asked for is ignored.
		if err := x.leg.session.SendReport(msrp.Report{MessageID: "unheard", Status: 200}); err != nil {
			x.t.Fatal(err)
		}
		none(x.t, c)
	})
}

func TestSendPrivate(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		c := x.join()
		m := Message{To: "sip:bob@ims.example", ContentType: "text/html", Body: []byte("<b>psst</b>")}
		if _, err := c.SendMessage(x.t.Context(), m); err != nil {
			x.t.Fatal(err)
		}
		object := string((<-x.leg.messages).Body())
		if !strings.Contains(object, "To: <sip:bob@ims.example>\r\n") || !strings.Contains(object, "\r\nContent-Type: text/html\r\n") {
			x.t.Error(object)
		}
	})
}

func TestSendFails(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-RPT-11")
	bubble(t, func(x *stage) {
		c := x.join()
		x.leg.refuse = &msrp.Error{Status: 403, Comment: "Not now"}
		id, err := c.Send(x.t.Context(), "one")
		if err != nil {
			x.t.Fatal(err)
		}
		if e := next[Failed](x.t, c); e != (Failed{ID: id, Status: 403, Reason: "Not now"}) {
			x.t.Errorf("%+v", e)
		}
		<-x.leg.messages
		x.leg.refuse, x.leg.mute = nil, true
		if id, err = c.Send(x.t.Context(), "two"); err != nil {
			x.t.Fatal(err)
		}
		<-x.leg.messages
		x.request(x.invite, "f", "BYE", 1)
		x.focus.Response(200)
		if e := next[Failed](x.t, c); e != (Failed{ID: id, Reason: "unconfirmed"}) {
			x.t.Errorf("%+v", e)
		}
		next[Left](x.t, c)
		if _, err = c.Send(x.t.Context(), "three"); !errors.Is(err, ErrLeft) {
			x.t.Errorf("sent after the end: %v", err)
		}
	})
}

func TestTypesAndSizes(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-SND-12", "MSRP-SND-14", "MSRP-SND-16")
	bubble(t, func(x *stage) {
		c := x.joined(Options{NoSubscribe: true}, "", "a=accept-wrapped-types:text/plain image/*", "a=max-size:1000")
		for contentType, want := range map[string]error{
			"text/plain": nil, "Text/Plain; charset=utf-8": nil, "image/png": nil, "text/html": ErrType, "imagery/png": ErrType,
		} {
			_, err := c.SendMessage(x.t.Context(), Message{ContentType: contentType, Body: []byte("x")})
			if !errors.Is(err, want) {
				x.t.Errorf("%s: %v", contentType, err)
			}
			if err == nil {
				<-x.leg.messages
				next[Delivered](x.t, c)
			}
		}
		wrapper, err := c.wrap(c.URI(), &Message{ContentType: "text/plain"})
		if err != nil {
			x.t.Fatal(err)
		}
		room := 1000 - len(wrapper)
		m := Message{ContentType: "text/plain", Body: make([]byte, room+1)}
		if _, err := c.SendMessage(x.t.Context(), m); !errors.Is(err, msrp.ErrTooLarge) {
			x.t.Errorf("1,001 octets: %v", err)
		}
		m.Body = m.Body[:room]
		if _, err := c.SendMessage(x.t.Context(), m); err != nil {
			x.t.Errorf("1,000 octets: %v", err)
		}
		if in := <-x.leg.messages; len(in.Body()) != 1000 {
			x.t.Errorf("%d octets arrived", len(in.Body()))
		}
	})
}

func TestMuted(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		c := x.joined(Options{NoSubscribe: true}, "", "a=accept-wrapped-types:*", "a=sendonly")
		if _, err := c.Send(x.t.Context(), "x"); !errors.Is(err, ErrMuted) {
			x.t.Errorf("sent: %v", err)
		}
	})
}

func TestReceive(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-RCV-11", "CPIM-06", "CPIM-08")
	bubble(t, func(x *stage) {
		c := x.join()
		header := []msrpwire.Field{{Name: []byte("Room-Seq"), Value: []byte("7")}, {Name: []byte("Room-History"), Value: []byte("yes")}}
		for range 2 { // the second is a repetition
			if err := x.deliver(msrp.Message{ID: "m1m1m1m1", Header: header, Body: wrapped(x.t, lobby, "hi")}); err != nil {
				x.t.Error(err)
			}
		}
		m := next[Message](x.t, c)
		if m.From != "sip:bob@ims.example" || m.To != lobby || m.Private || m.Text() != "hi" || m.ContentType != "text/plain" ||
			m.ID != "m1m1m1m1" || m.Display != "Bob" || !m.History || m.Seq != 7 ||
			!m.Time.Equal(time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)) {
			x.t.Errorf("%+v", m)
		}
		none(x.t, c)

		undated := strings.Replace(string(wrapped(x.t, "sip:alice@ims.example", "psst")), "DateTime: 2", "DateTime: yesterday 2", 1)
		if err := x.deliver(msrp.Message{Body: []byte(undated)}); err != nil {
			x.t.Error(err)
		}
		if m := next[Message](x.t, c); !m.Private || m.Seq != 0 || m.History || !m.Time.Equal(time.Now()) {
			x.t.Errorf("%+v", m)
		}

		strict := wrapped(x.t, lobby, "secret", cpim.Pair{Name: "Require", Value: "Telepathy"})
		if err := x.deliver(msrp.Message{Body: strict}); err != nil {
			x.t.Error(err)
		}
		if p := next[Problem](x.t, c); !strings.Contains(p.Reason, "Telepathy") || strings.Contains(p.Reason, "secret") {
			x.t.Errorf("%+v", p)
		}
		harmless := wrapped(x.t, lobby, "fine", cpim.Pair{Name: "Required", Value: "Telepathy"}, cpim.Pair{Name: "Require", Value: "DateTime"})
		if err := x.deliver(msrp.Message{Body: harmless}); err != nil {
			x.t.Error(err)
		}
		next[Message](x.t, c)

		if err := x.deliver(msrp.Message{Body: []byte("no wrapper")}); !errors.Is(err, &msrp.Error{Status: 400}) {
			x.t.Errorf("garbage: %v", err)
		}
		none(x.t, c)
	})
}
