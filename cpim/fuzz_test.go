package cpim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/cpim"
)

// FuzzCPIM asserts that an object that is read is covered by its header block
// and content, that pieces say the same as the whole, and that a message with
// the same meaning can be written and is read the same.
func FuzzCPIM(f *testing.F) {
	for _, s := range []string{public, blink, from + to + "Content-Type: a/b\r\n\r\nHi", "NS: c <urn:ietf:params:cpim-headers:>\r\nc." + from + to + mime} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		l := cpim.Limits{Header: 1000, Lines: 20}
		m, err := cpim.Parse([]byte(s), l)
		n, scanErr := firstComplete(s, l)
		if err != nil {
			if m.HeaderLen > 0 && n != m.HeaderLen {
				t.Fatalf("header of %d octets, complete after %d", m.HeaderLen, n)
			}
			return
		}
		if scanErr != nil || n != m.HeaderLen || string(m.Content) != s[n:] {
			t.Fatalf("content %q behind %d octets, complete after %d, %v", m.Content, m.HeaderLen, n, scanErr)
		}
		sender, err := m.Sender()
		if err != nil {
			return
		}
		recipient, err := m.Recipient()
		if err != nil {
			return
		}
		d := cpim.Draft{
			From: cpim.Party{Name: sender.Name(), URI: string(sender.URI)}, To: []cpim.Party{{URI: string(recipient.URI)}},
			Subject: cpim.Unescape(m.Value(cpim.Namespace, "Subject")), ContentType: "a/b", Content: m.Content,
		}
		out, err := d.Append(nil)
		if err != nil {
			t.Fatalf("%v: %+v", err, d)
		}
		again, err := cpim.Parse(out, cpim.Limits{})
		if err != nil {
			t.Fatalf("%v: %q", err, out)
		}
		senderAgain, err := again.Sender()
		if diff := cmp.Diff(string(sender.URI), string(senderAgain.URI)); diff != "" || err != nil {
			t.Fatalf("sender (-first +second):\n%s%v", diff, err)
		}
		if string(again.Content) != string(m.Content) {
			t.Fatalf("content %q became %q", m.Content, again.Content)
		}
	})
}
