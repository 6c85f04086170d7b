package cpim_test

import (
	"testing"

	"github.com/confab-chat/confab/cpim"
	"github.com/confab-chat/confab/internal/conform"
)

func TestNamespaces(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-07")
	m := parse(t, from+to+"NS: zz <urn:ietf:params:imdn>\r\nNS:nosp<urn:y>\r\nzz.Message-ID: 1\r\nnosp.a: 2\r\nMessage-ID: 3\r\nfree.a: 4\r\n"+
		"NS: imdn <urn:other>\r\nimdn.Message-ID: 5\r\nzz.Message-ID: 6\r\n"+mime)
	for _, tt := range []struct{ namespace, name, want string }{
		{cpim.NamespaceIMDN, "Message-ID", "1"},
		{"urn:y", "a", "2"},
		{cpim.Namespace, "Message-ID", "3"},
		{"urn:other", "Message-ID", "5"},
		{cpim.NamespaceIMDN, "message-id", ""},
		{"urn:z", "a", ""},
	} {
		if got := m.Value(tt.namespace, tt.name); string(got) != tt.want {
			t.Errorf("%s in %s = %q", tt.name, tt.namespace, got)
		}
	}
	n := 0
	for range m.All(cpim.NamespaceIMDN, "Message-ID") {
		n++
	}
	if n != 2 {
		t.Errorf("%d headers", n)
	}
}

func TestSenderByEveryReading(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-13")
	const ns = "NS: c <urn:ietf:params:cpim-headers:>\r\n"
	checkStatus(t, []statusCase{
		{ns + from + to + "c.From: <sip:bob@x>\r\n" + mime, 403},
		{from + to + "c.From: <sip:bob@x>\r\n" + ns + mime, 403},
		{ns + from + "c.To: <sip:bob@x>\r\n" + mime, 200},
		{ns + from + to + "c.To: <sip:bob@x>\r\n" + mime, 403},
		{ns + from + to + "c.cc: <sip:bob@x>\r\n" + mime, 403},
		{ns + "c." + from + "c." + to + mime, 200},
		{from + to + "c.From: <sip:bob@x>\r\n" + mime, 200},
		{"NS: <urn:x>\r\n" + from + to + mime, 400},
		{from + to + "NS: <urn:x>\r\n" + mime, 400},
		{"NS: <urn:ietf:params:cpim-headers:>\r\n" + from + to + mime, 200},
		{"NS: a <urn:x>\r\nNS: a <urn:y>\r\n" + from + to + mime, 400},
		{"NS: a <urn:x>\r\nNS: a <urn:x>\r\n" + from + to + mime, 200},
		{ns + "c.NS: d <urn:x>\r\n" + from + to + mime, 400},
		{"NS: a urn:x\r\n" + from + to + mime, 400},
		{"NS: a <urn:x> y\r\n" + from + to + mime, 400},
		{"NS: a b <urn:x>\r\n" + from + to + mime, 400},
		{"NS: a <x>\r\n" + from + to + mime, 400},
		{"NS: a <urn:x\r\n" + from + to + mime, 400},
	})
	m := parse(t, ns+"c."+from+to+mime)
	if sender, err := m.Sender(); err != nil || string(sender.URI) != alice {
		t.Errorf("Sender = %+v, %v", sender, err)
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	known := func(namespace, name string) bool {
		return namespace == cpim.Namespace && name == "Subject" || namespace == cpim.NamespaceIMDN && name == "Message-ID"
	}
	for value, want := range map[string]string{
		"Subject": "", "Subject , i.Message-ID": "", "Subject,Other": "Other", "i.Other,Subject": "i.Other", "j.Message-ID": "j.Message-ID", "": "",
	} {
		m := parse(t, from+to+"NS: i <urn:ietf:params:imdn>\r\nRequire: "+value+"\r\n"+mime)
		if got, found := m.Unmet(known); got != want || found != (want != "") {
			t.Errorf("Require %q: %q, %v", value, got, found)
		}
	}
	if _, found := parse(t, from+to+"Required: Other\r\n"+mime).Unmet(known); found {
		t.Error("Required taken for Require")
	}
}

func TestSubjects(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "CPIM-10")
	m := parse(t, from+to+"Subject:;lang=fr Objet de message\r\nSubject:;x=\"; a b\";lang=en Topic\r\nSubject: plain ;lang=no\r\n"+mime)
	want := [][2]string{{"fr", "Objet de message"}, {"en", "Topic"}, {"", "plain ;lang=no"}}
	i := 0
	for h := range m.All(cpim.Namespace, "Subject") {
		if string(h.Lang()) != want[i][0] || string(h.Value) != want[i][1] {
			t.Errorf("subject %d: %q in %q", i, h.Value, h.Lang())
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d subjects", i)
	}
}
