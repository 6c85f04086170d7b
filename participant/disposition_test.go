package participant

import (
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/imdn"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

const everything = imdn.PositiveDelivery | imdn.NegativeDelivery | imdn.Display | imdn.Processing

func TestAsk(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		conform.Covers(x.t, "IMDN-01")
		c := x.join()
		id, err := c.SendMessage(x.t.Context(), Message{Body: []byte("x"), Ask: imdn.PositiveDelivery | imdn.Display})
		if err != nil {
			x.t.Fatal(err)
		}
		w := x.sent()
		if got := value(w, cpim.NamespaceIMDN, imdn.RequestField); got != "positive-delivery, display" {
			x.t.Errorf("asks for %q", got)
		}
		if got := value(w, cpim.NamespaceIMDN, imdn.MessageIDField); got != id || len(id) < 11 { // of base62: 64 bits
			x.t.Errorf("imdn.Message-ID %q of %s", got, id)
		}
		if at, ok := w.DateTime(); !ok || !at.Equal(time.Now()) {
			x.t.Errorf("dated %v", at)
		}
		next[Delivered](x.t, c)

		// What comes back tells which message and who.
		n := imdn.Notification{MessageID: id, DateTime: "d", Recipient: "sip:mallory@ims.example", Disposition: imdn.OfDisplay, Status: imdn.Displayed}
		content, err := n.Append(nil)
		if err != nil {
			x.t.Fatal(err)
		}
		asking := []cpim.Pair{{Name: "imdn." + imdn.MessageIDField, Value: "n1"}, {Name: "imdn." + imdn.RequestField, Value: everything.String()}}
		for _, d := range []cpim.Draft{
			{To: []cpim.Party{{URI: lobby}}, Content: content}, // nobody's
			{To: []cpim.Party{{URI: "sip:alice@ims.example"}}, Content: []byte("<imdn/>")},
			{To: []cpim.Party{{URI: "sip:alice@ims.example"}}, Content: content},
		} {
			d.From, d.ContentType, d.Bindings, d.Headers = cpim.Party{URI: "sip:bob@ims.example"}, imdn.MediaType, imdnBinding(), asking
			x.give(&d)
		}
		if e := next[Notified](x.t, c); e != (Notified{ID: id, By: "sip:bob@ims.example", Disposition: imdn.OfDisplay, Status: imdn.Displayed}) {
			x.t.Errorf("%+v", e)
		}
		none(x.t, c)

		// Two in one.
		both := "--b\r\nContent-type: message/imdn+xml\r\n\r\n" + string(content) + "\r\n--b\r\nContent-Type: text/plain\r\n\r\nx" +
			"\r\n--b\r\nContent-Type: message/imdn+xml\r\n\r\n" + strings.ReplaceAll(string(content), "display", "processing-x") +
			"\r\n--b\r\nContent-Type: message/imdn+xml\r\n\r\n" + strings.NewReplacer("displayed", "stored", "display-", "processing-").Replace(string(content)) + "\r\n--b--\r\n"
		for _, body := range []string{both, "--c--"} {
			x.give(&cpim.Draft{
				From: cpim.Party{URI: "sip:bob@ims.example"}, To: []cpim.Party{{URI: "sip:alice@ims.example"}},
				Bindings: imdnBinding(), Headers: asking, MIME: []cpim.Pair{{Name: "Content-Disposition", Value: "Notification"}},
				ContentType: "multipart/mixed; boundary=b", Content: []byte(body),
			})
		}
		for _, want := range []imdn.Status{imdn.Displayed, imdn.Stored} {
			if e := next[Notified](x.t, c); e.Status != want || e.ID != id {
				x.t.Errorf("%+v", e)
			}
		}
		none(x.t, c)
		x.silent() // no notification for a notification
	})
}

// sent returns what the UE has sent.
func (x *stage) sent() *cpim.Message {
	x.t.Helper()
	synctest.Wait()
	select {
	case in := <-x.leg.messages:
		w, err := cpim.Parse(in.Body(), cpim.Limits{})
		if err != nil {
			x.t.Fatal(err)
		}
		return w
	default:
		x.t.Fatal("nothing was sent")
		return nil
	}
}

// silent fails the test if the UE has sent anything.
func (x *stage) silent() {
	x.t.Helper()
	synctest.Wait()
	select {
	case in := <-x.leg.messages:
		x.t.Fatalf("sent\n%s", in.Body())
	default:
	}
}

// give delivers an object and returns the Message-ID of what carries it.
func (x *stage) give(d *cpim.Draft, header ...msrpwire.Field) string {
	x.t.Helper()
	body, err := d.Append(nil)
	if err != nil {
		x.t.Fatal(err)
	}
	id := msrp.NewMessageID()
	if err := x.deliver(msrp.Message{ID: id, Header: header, Body: body}); err != nil {
		x.t.Fatal(err)
	}
	return id
}

// asking is a message of bob's that asks for notifications.
func asking(id, wants string) *cpim.Draft {
	return &cpim.Draft{
		From: cpim.Party{Name: "Bob", URI: "sip:bob@ims.example"}, To: []cpim.Party{{URI: lobby}},
		DateTime: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC), Bindings: []cpim.Binding{{Prefix: "zz", Namespace: cpim.NamespaceIMDN}},
		Headers:     []cpim.Pair{{Name: "zz.Message-ID", Value: id}, {Name: "zz.Disposition-Notification", Value: wants}},
		ContentType: "text/plain", Content: []byte("hi"),
	}
}

// notification reads what was sent to bob.
func (x *stage) notification() (imdn.Notification, *cpim.Message) {
	x.t.Helper()
	w := x.sent()
	n, err := imdn.Parse(w.Content)
	if err != nil || string(w.ContentType()) != imdn.MediaType {
		x.t.Fatalf("%s: %v\n%s", w.ContentType(), err, w.Content)
	}
	return n, w
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		conform.Covers(x.t, "IMDN-02", "CPIM-07")
		c := x.join()
		d := asking("im-1", everything.String())
		for _, uri := range []string{"<sip:first@x.test>", "<sip:second@x.test>"} {
			d.Headers = append(d.Headers, cpim.Pair{Name: "zz.IMDN-Record-Route", Value: uri})
		}
		d.Headers = append(d.Headers, cpim.Pair{Name: "Require", Value: "zz.Message-ID"})
		id := x.give(d)
		m := next[Message](x.t, c)
		if m.Ask != everything || m.ID != id {
			x.t.Errorf("asked for %s", m.Ask)
		}
		want := imdn.Notification{
			MessageID: "im-1", DateTime: "2024-05-01T12:00:00Z", Recipient: "sip:alice@ims.example",
			Disposition: imdn.OfDelivery, Status: imdn.Delivered,
		}
		got, w := x.notification()
		if diff := cmp.Diff(want, got); diff != "" {
			x.t.Error(diff)
		}
		first := value(w, cpim.NamespaceIMDN, imdn.MessageIDField)
		var routes []string
		for h := range w.All(cpim.NamespaceIMDN, imdn.RouteField) {
			routes = append(routes, string(h.Value))
		}
		switch {
		case string(w.To[0].URI) != m.From || len(w.To) != 1 || string(w.From[0].URI) != "sip:alice@ims.example":
			x.t.Errorf("from %s to %s", w.From[0].URI, w.To[0].URI)
		case string(w.Field("content-disposition")) != "notification" || len(first) < 11:
			x.t.Errorf("disposition %s, id %s", w.Field("content-disposition"), first)
		case w.Value(cpim.NamespaceIMDN, imdn.RequestField) != nil || w.Value(cpim.NamespaceIMDN, imdn.RecordRouteField) != nil:
			x.t.Error("asks for a notification of its own")
		case strings.Join(routes, " ") != "<sip:first@x.test> <sip:second@x.test>":
			x.t.Errorf("routes %q", routes)
		}
		x.silent() // nothing has been displayed, and there is no processing here

		for _, of := range []string{"unknown", id, id} {
			if err := c.Displayed(of); err != nil {
				x.t.Error(err)
			}
		}
		want.Disposition, want.Status = imdn.OfDisplay, imdn.Displayed
		got, w = x.notification()
		if diff := cmp.Diff(want, got); diff != "" || value(w, cpim.NamespaceIMDN, imdn.MessageIDField) == first {
			x.t.Error(diff)
		}
		x.silent() // once
		x.give(d)  // under another Message-ID of the transport
		next[Message](x.t, c)
		x.silent()
	})
}

// TestNoNotifications has messages that ask for nothing that is due.
func TestNoNotifications(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		conform.Covers(x.t, "IMDN-02")
		c := x.join()
		own := asking("own", everything.String())
		own.From.URI = "sip:alice@ims.example" // of our other device
		for _, d := range []*cpim.Draft{
			own, asking("1", "negative-delivery"), asking("2", "processing, reply"), asking("3", ""),
			{From: own.From, To: own.To, ContentType: "text/plain"},
		} {
			id := x.give(d)
			next[Message](x.t, c)
			if err := c.Displayed(id); err != nil {
				x.t.Error(err)
			}
		}
		past := x.give(asking("4", everything.String()), msrpwire.Field{Name: []byte("Room-History"), Value: []byte("yes")})
		if m := next[Message](x.t, c); !m.History {
			x.t.Error("no history")
		}
		if err := c.Displayed(past); err != nil {
			x.t.Error(err)
		}
		x.silent()

		// What cannot be shown has failed, and that is all that is ever told of it.
		strict := asking("5", everything.String())
		strict.Headers = append(strict.Headers, cpim.Pair{Name: "Require", Value: "Telepathy"})
		id := x.give(strict)
		next[Problem](x.t, c)
		if n, _ := x.notification(); n.Status != imdn.Failed || n.Disposition != imdn.OfDelivery {
			x.t.Errorf("%+v", n)
		}
		if err := c.Displayed(id); err != nil {
			x.t.Error(err)
		}
		x.silent()
	})
}

// TestHush: anonymous users, and who does not want to, neither tell nor ask.
func TestHush(t *testing.T) {
	t.Parallel()
	for name, cfg := range map[string]Config{"anonymous": {Anonymous: true, Trusted: true}, "setting": {NoNotifications: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubbleWith(t, cfg, func(x *stage) {
				conform.Covers(x.t, "IMDN-07")
				c := x.join()
				id := x.give(asking("1", everything.String()))
				next[Message](x.t, c)
				if err := c.Displayed(id); err != nil {
					x.t.Error(err)
				}
				x.silent()
				if _, err := c.SendMessage(x.t.Context(), Message{Body: []byte("x"), Ask: everything}); err != nil {
					x.t.Error(err)
				}
				if w := x.sent(); w.Value(cpim.NamespaceIMDN, imdn.RequestField) != nil {
					x.t.Error("asked")
				}
				next[Delivered](x.t, c)
			})
		})
	}
}

func TestRefusedNotifications(t *testing.T) {
	t.Parallel()
	bubble(t, func(x *stage) {
		c := x.joined(Options{NoSubscribe: true}, "", "a=accept-wrapped-types:text/plain")
		id := x.give(asking("1", everything.String()))
		next[Message](x.t, c)
		for range 2 { // not told, so it may be tried again
			if err := c.Displayed(id); err != ErrType { //nolint:errorlint // it is that value
				x.t.Errorf("displayed: %v", err)
			}
		}
		x.silent()
	})
}

func TestRequestsAreBounded(t *testing.T) {
	t.Parallel()
	var q requests
	for i := range 10_000 {
		if !q.add(&request{message: strconv.Itoa(i), id: strconv.Itoa(i), wants: imdn.Display, routes: []string{strings.Repeat("x", 200)}}) {
			t.Fatalf("%d is taken for another", i)
		}
		if q.size > requestsSize {
			t.Fatalf("%d octets", q.size)
		}
	}
	if q.display("0") != nil || q.display("9999") == nil || q.display("9999") != nil {
		t.Error("the wrong ones are remembered")
	}
}
