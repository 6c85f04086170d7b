package cpim_test

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/cpim"
)

const public = "From: <sip:alice@ims.example>\r\nTo: <sip:room7@conf.ims.example>\r\nDateTime: 2026-03-04T10:15:02.113Z\r\n" +
	"NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: b0Kc83hQxL2m\r\nimdn.Disposition-Notification: negative-delivery\r\n" +
	"\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGood morning, is the draft ready?"

func TestParsePublic(t *testing.T) {
	m, err := cpim.Parse([]byte(public), cpim.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	from, err := m.Sender()
	if err != nil || string(from.URI) != "sip:alice@ims.example" {
		t.Errorf("Sender = %q, %v", from.URI, err)
	}
	to, err := m.Recipient()
	if err != nil || string(to.URI) != "sip:room7@conf.ims.example" {
		t.Errorf("Recipient = %q, %v", to.URI, err)
	}
	if id := m.Value(cpim.NamespaceIMDN, "Message-ID"); string(id) != "b0Kc83hQxL2m" {
		t.Errorf("imdn.Message-ID = %q", id)
	}
	if ct := m.MediaType(); string(ct) != "text/plain" {
		t.Errorf("MediaType = %q", ct)
	}
	if at, ok := m.DateTime(); !ok || !at.Equal(time.Date(2026, 3, 4, 10, 15, 2, 113e6, time.UTC)) {
		t.Errorf("DateTime = %v, %v", at, ok)
	}
	if string(m.Content) != "Good morning, is the draft ready?" {
		t.Errorf("Content = %q", m.Content)
	}
}

func BenchmarkParse(b *testing.B) {
	var m cpim.Message
	in := []byte(public)
	b.ReportAllocs()
	for b.Loop() {
		if err := m.Parse(in, cpim.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
