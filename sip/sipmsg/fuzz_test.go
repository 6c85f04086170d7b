package sipmsg_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/sipmsg/torture"
)

func seed(f *testing.F) {
	f.Helper()
	for _, v := range torture.Vectors() {
		f.Add(v.Octets())
	}
	for _, wire := range corpus() {
		f.Add([]byte(wire))
	}
}

// FuzzParseDatagram: nothing panics; what parses is written and parses to the
// same; what is read of it by the accessors can be written as well.
func FuzzParseDatagram(f *testing.F) {
	seed(f)
	lim := sipmsg.Limits{StartLine: 512, HeaderLine: 1024, HeaderBlock: 8192, Headers: 64, Body: 4096}
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := sipmsg.ParseDatagram(b, lim)
		if (err == nil) != (status(err) == 0) || err == nil && m == nil {
			t.Fatalf("%v, %v", m, err)
		}
		if m == nil {
			return
		}
		if h := m.Head(); len(h.Fields) > lim.Headers || len(m.Content()) > lim.Body {
			t.Fatalf("%d fields, body of %d", len(h.Fields), len(m.Content()))
		}
		if err == nil {
			roundTrip(t, m)
		} else {
			m.Append(nil)
		}
		if req, ok := m.(*sipmsg.Request); ok {
			sipmsg.NewResponse(req, 400, "").Append(nil)
		}
		touch(t, m, lim)
	})
}

// touch calls the accessors; values that come back are written and read again.
func touch(t *testing.T, m sipmsg.Message, lim sipmsg.Limits) {
	t.Helper()
	h := m.Head()
	for _, f := range h.Fields {
		h.Values(f.Name)
		h.Tokens(f.Name)
	}
	for _, list := range []func() ([]sipmsg.Address, error){h.Contacts, h.Routes, h.AssertedIdentities} {
		if addresses, err := list(); err == nil {
			for _, a := range addresses {
				sameAddress(t, a)
			}
		}
	}
	if vias, err := h.Vias(); err == nil {
		for _, v := range vias {
			if w, err := sipmsg.ParseVia(v.String()); err != nil || w.String() != v.String() {
				t.Fatalf("%q read as %q, %v", v.String(), w.String(), err)
			}
		}
	}
	_, _ = h.Event()
	_, _ = h.SubscriptionState()
	_, _ = h.SessionExpires()
	_, _ = h.Replaces()
	_, _ = h.RAck()
	_, _ = h.ChargingVector()
	h.Reasons()
	h.Warnings()
	h.Challenges()
	h.Credentials()
	h.Accept()
	h.Privacy()
	_, _ = sipmsg.Bodies(m, lim)
}

func sameAddress(t *testing.T, a sipmsg.Address) {
	t.Helper()
	b, err := sipmsg.ParseAddress(a.String())
	if err != nil || b.String() != a.String() || b.Display != a.Display || !b.URI.Equal(a.URI) {
		t.Fatalf("%q read as %#v, %v", a.String(), b, err)
	}
}

// FuzzParseStream: the pieces a stream comes in do not matter.
func FuzzParseStream(f *testing.F) {
	seed(f)
	f.Add([]byte("\r\n\r\n" + byeWire + okWire + "\r\n" + inviteWire))
	lim := sipmsg.Limits{StartLine: 256, HeaderLine: 512, HeaderBlock: 2048, Headers: 64, Body: 2048}
	f.Fuzz(func(t *testing.T, b []byte) {
		want := replay(b, max(len(b), 1), lim)
		for _, size := range []int{1, 3, 50} {
			if diff := cmp.Diff(want, replay(b, size, lim)); diff != "" {
				t.Fatalf("in pieces of %d: %s", size, diff)
			}
		}
	})
}

// FuzzURI: what parses is written, parses to the same, equals itself and holds no
// octet that could leave its place.
func FuzzURI(f *testing.F) {
	for _, s := range []string{
		"sip:alice:secret@example.com:5061;transport=tcp;lr?to=sip:b%40h&x=", "sips:[2001:db8::1]", "tel:+1-201-555-0123;ext=1",
		"urn:service:sos", "sip:a%00;x=%3b@h;maddr=239.255.255.1;ttl=15", "tel:0;0000;0000=0",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := sipmsg.ParseURI(s)
		if err != nil {
			return
		}
		text := u.String()
		v, err := sipmsg.ParseURI(text)
		if err != nil || v.String() != text {
			t.Fatalf("%q written as %q, read as %q, %v", s, text, v.String(), err)
		}
		if !u.Equal(v) || !v.Equal(u) || !u.Equal(u) {
			t.Fatalf("%q and %q are not equal", s, text)
		}
		u.Address()
		sameAddress(t, sipmsg.Address{Display: s, URI: u, Params: sipmsg.Params{{Name: "x", Value: s}}})
	})
}

// FuzzMultipart: what parses is written and parses to the same.
func FuzzMultipart(f *testing.F) {
	f.Add("b", []byte("--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\n\r\nx\r\n--b--\r\n"))
	f.Add("b", []byte("--b\r\nContent-Length: 1\r\n\r\nx\r\n--b--"))
	f.Add("a b", []byte("pre\r\n--a b \r\nA: b\r\n c\r\n--a b--"))
	f.Fuzz(func(t *testing.T, boundary string, body []byte) {
		lim := sipmsg.Limits{Headers: 32, HeaderBlock: 1024}
		parts, err := sipmsg.ParseMultipart(mixed(boundary), body, lim)
		if err != nil {
			return
		}
		again, err := sipmsg.ParseMultipart(mixed(boundary), sipmsg.AppendMultipart(nil, boundary, parts), lim)
		if err != nil || show(again) != show(parts) {
			t.Fatalf("%q read as %q, %v", show(parts), show(again), err)
		}
	})
}
