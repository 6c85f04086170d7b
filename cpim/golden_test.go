package cpim_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/cpim"
)

// TestExamples reads the objects of testdata, whose line ends are CRLF on the
// wire, and writes them again.
func TestExamples(t *testing.T) {
	t.Parallel()
	const bob, carol = "sip:bob@ims.example", "sip:carol@ims.example"
	for name, want := range map[string]struct {
		sender, recipient, media string
		size                     int // octets of the whole object
	}{
		"public":         {alice, room, "text/plain", 293},
		"private":        {alice, bob, "text/plain", 155},
		"failure-report": {alice, bob, "text/plain", 0},
		"short":          {alice, room, "text/plain", 160},
		"from-carol":     {carol, bob, "text/plain", 148},
		"composing":      {alice, room, "application/im-iscomposing+xml", 339},
		"imdn":           {bob, alice, "message/imdn+xml", 527},
		"welcome":        {room, room, "text/plain", 237},
	} {
		raw, err := os.ReadFile("testdata/" + name + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		object := strings.ReplaceAll(string(raw), "\n", "\r\n")
		m := parse(t, object)
		sender, err1 := m.Sender()
		recipient, err2 := m.Recipient()
		if err1 != nil || err2 != nil || string(sender.URI) != want.sender || string(recipient.URI) != want.recipient {
			t.Errorf("%s: from %s %v to %s %v", name, sender.URI, err1, recipient.URI, err2)
		}
		if string(m.MediaType()) != want.media || want.size != 0 && len(object) != want.size {
			t.Errorf("%s: %s, %d octets", name, m.MediaType(), len(object))
		}
		if diff := cmp.Diff(object, rewrite(t, m)); diff != "" {
			t.Errorf("%s written again (-read +written):\n%s", name, diff)
		}
	}
}

// rewrite writes a message that has the headers of the examples.
func rewrite(tb testing.TB, m *cpim.Message) string {
	tb.Helper()
	d := cpim.Draft{
		From: cpim.Party{URI: string(m.From[0].URI)}, To: []cpim.Party{{URI: string(m.To[0].URI)}},
		ContentType: string(m.ContentType()), Content: m.Content,
	}
	d.DateTime, _ = m.DateTime()
	for h := range m.All(cpim.Namespace, "NS") {
		prefix, uri, _ := strings.Cut(strings.TrimSuffix(string(h.Value), ">"), " <")
		d.Bindings = append(d.Bindings, cpim.Binding{Prefix: prefix, Namespace: uri})
	}
	for _, h := range m.Headers {
		if len(h.Prefix) > 0 {
			d.Headers = append(d.Headers, cpim.Pair{Name: string(h.Prefix) + "." + string(h.Name), Value: cpim.Unescape(h.Value)})
		}
	}
	after := ""
	if disposition := m.Field("content-disposition"); disposition != nil {
		after = "\r\nContent-Disposition: " + string(disposition)
	}
	out, err := d.Append(nil)
	if err != nil {
		tb.Fatal(err)
	}
	// The order of MIME fields is the writer's; the example has them reversed.
	return strings.Replace(string(out), "\r\n\r\n"+"Content-Type: "+d.ContentType, "\r\n\r\n"+"Content-Type: "+d.ContentType+after, 1)
}
