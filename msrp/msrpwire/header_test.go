package msrpwire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func asError(err error, e **msrpwire.Error) bool { return errors.As(err, e) }

// refusal plays a message, then a good one, and returns the error of the first:
// it must have come alone, and the second must have been read.
func refusal(tb testing.TB, wire string) string {
	tb.Helper()
	d := msrpwire.NewDecoder(msrpwire.Limits{})
	got, rest := play(tb, d, wire, good)
	if len(got) > 0 && strings.HasSuffix(got[0].Err, "fatal=true") {
		return got[0].Err
	}
	if len(got) != 2 || got[1].Err != "" || rest != "" {
		tb.Errorf("%q and a good message: %+v, %q left over", wire, got, rest)
		return ""
	}
	return got[0].Err
}

const (
	bad   = "msrp: 400 "
	alive = " fatal=false"
	dead  = " fatal=true"
)

func isBad(err string) bool { return strings.HasPrefix(err, bad) && strings.HasSuffix(err, alive) }

func TestPathsComeFirst(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-04")
	to, from, id := "To-Path: "+toRoom+"\r\n", "From-Path: "+toAlice+"\r\n", "Message-ID: m123\r\n"
	for _, tt := range []struct{ lines, want string }{
		{to + from + id, ""},
		{from + to + id, alive},
		{to + id + from, alive},
		{id + to + from, alive},
		{to + from + to, alive},
		{to + from + from, alive},
		{from + id, alive},
		{to + id, dead},
		{id, dead},
		{"", dead},
	} {
		err := refusal(t, "MSRP abcd1 SEND\r\n"+tt.lines+end)
		if (err == "") != (tt.want == "") || !strings.HasSuffix(err, tt.want) {
			t.Errorf("%q: %s", tt.lines, err)
		}
	}
	// What is known of a refused request is enough to answer it.
	d := msrpwire.NewDecoder(msrpwire.Limits{})
	play(t, d, "MSRP abcd1 SEND\r\n"+from+to+end)
	if h := d.Head(); string(h.TID) != "abcd1" || string(h.FromPath) != toAlice || !h.WantsResponse(400) {
		t.Errorf("head of a refused request: %s", dump(h))
	}
}

func TestHeaderLine(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-05")
	for _, line := range []string{"Message-ID:abcd", "Message-ID: abcd", "Message-ID:   abcd ", "Message-ID:\t abcd\t"} {
		h, m := one(t, send(line+"\n", end))
		if m.Err != "" || string(h.MessageID) != "abcd" {
			t.Errorf("%q: %q, %s", line, h.MessageID, m.Err)
		}
	}
	for _, lines := range []string{" folded\n", "Message-ID: abcd\n efgh\n", "\tx: y\n", "no colon\n", ": x\n", "a b: x\n", "1a: x\n", "-------other$\n"} {
		if err := refusal(t, send(lines, end)); !isBad(err) {
			t.Errorf("%q: %s", lines, err)
		}
	}
}

func TestLetterCase(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-06")
	lines := "to-path: " + toRoom + "\r\nFROM-PATH: " + toAlice + "\r\nMESSAGE-id: abcd\r\nbyte-range: 1-3/3\r\n" +
		"SUCCESS-REPORT: Yes\r\nFAILURE-REPORT: NO\r\nexpires: 5\r\ncontent-disposition: inline\r\nX-oWn: 1\r\ncontent-type: Text/Plain\r\n"
	h, m := one(t, "MSRP abcd1 SEND\r\n"+lines+"\r\nabc\r\n"+end)
	if m.Err != "" || !h.SuccessReport || h.FailureReport != msrpwire.FailureNo {
		t.Fatalf("%s: %s", m.Err, dump(h))
	}
	out, err := h.Append(nil)
	want := "MSRP abcd1 SEND\r\n" + paths + "Message-ID: abcd\r\nByte-Range: 1-3/3\r\nSuccess-Report: yes\r\nFailure-Report: no\r\n" +
		"Expires: 5\r\nX-oWn: 1\r\nContent-Disposition: inline\r\nContent-Type: Text/Plain\r\n\r\n"
	if err != nil || string(out) != want {
		t.Errorf("written as %q, %v", out, err)
	}
	h, m = one(t, "MSRP abcd1 REPORT\r\n"+paths+"STATUS: 000 200 OK\r\n"+end)
	if m.Err != "" || h.ReportStatus.Code != 200 {
		t.Errorf("%s: %s", m.Err, dump(h))
	}
	if string(h.Field("eXpires")) != "" || string(mustHead(t, send("eXpires: 7\n", end)).Field("Expires")) != "7" {
		t.Error("Field minds letter case")
	}
}

func mustHead(tb testing.TB, wire string) *msrpwire.Head {
	tb.Helper()
	h, m := one(tb, wire)
	if m.Err != "" {
		tb.Fatalf("%s: %q", m.Err, wire)
	}
	return h
}

func TestRepeatedFields(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-07")
	for _, line := range []string{
		"Message-ID: m123", "Byte-Range: 1-0/0", "Status: 000 200 OK", "Success-Report: no",
		"Failure-Report: no", "Content-Type: a/b", "Use-Nickname: \"x\"",
	} {
		if err := refusal(t, send(line+"\n", end)); err != "" {
			t.Errorf("%s once: %s", line, err)
		}
		if err := refusal(t, send(line+"\nX-Other: 1\n"+strings.ToLower(line)+"\n", end)); !isBad(err) {
			t.Errorf("%s twice: %s", line, err)
		}
	}
	if err := refusal(t, send("X-Other: 1\nX-Other: 1\n", end)); err != "" {
		t.Errorf("unknown field twice: %s", err)
	}
}

func TestUnknownFields(t *testing.T) {
	t.Parallel()
	h := mustHead(t, send("Keep-Alive: yes\nOffset:\nX-\u007e: \xff\xfe\n", end))
	if string(h.Field("Keep-Alive")) != "yes" || len(h.Fields) != 3 {
		t.Errorf("fields: %s", dump(h))
	}
	h = mustHead(t, "MSRP abcd1 200 OK\r\n"+paths+"Offset: 5\r\nMessage-ID: m123\r\nByte-Range: 1-5/5\r\n"+end)
	if string(h.Field("offset")) != "5" || h.Status != 200 {
		t.Errorf("fields of a response: %s", dump(h))
	}
}

func TestMalformedValues(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{
		"Message-ID: \n", "Message-ID: a b\n", "Success-Report: partial\n", "Success-Report:\n", "Failure-Report: maybe\n",
		"Status: 000\n", "Status: 00 200\n", "Status: 000 20 OK\n", "Status: 000 200OK\n", "Status: x00 200\n", "Status: 000 000\n",
	} {
		if err := refusal(t, send(lines, end)); !isBad(err) {
			t.Errorf("%q: %s", lines, err)
		}
	}
	for _, ct := range []string{"plain", "/plain", "text/", "text /plain", "a/b/c", "te(xt/plain", "text/plain x"} {
		if err := refusal(t, send("Content-Type: "+ct+"\n", "\r\nabc\r\n"+end)); !isBad(err) {
			t.Errorf("Content-Type %q: %s", ct, err)
		}
	}
	if h := mustHead(t, send("Content-Type: Text/Plain ;charset=\"x;y\"; odd\n", "\r\nabc\r\n"+end)); string(msrpwire.MediaType(h.ContentType)) != "Text/Plain" {
		t.Errorf("media type of %q", h.ContentType)
	}
	for _, path := range []string{"x", toRoom + " x", toRoom + "  " + toAlice, "msrp://a:1/x", "sip:a@b", toRoom + ",x"} {
		wire := "MSRP abcd1 SEND\r\nTo-Path: " + path + "\r\nFrom-Path: " + toAlice + "\r\n" + end
		if err := refusal(t, wire); !isBad(err) {
			t.Errorf("To-Path %q: %s", path, err)
		}
		wire = "MSRP abcd1 SEND\r\nTo-Path: " + toRoom + "\r\nFrom-Path: " + path + "\r\n" + end
		if err := refusal(t, wire); !isBad(err) {
			t.Errorf("From-Path %q: %s", path, err)
		}
	}
}

// TestPathsAreReadAnew: what is remembered of one head must not decide about
// another.
func TestPathsAreReadAnew(t *testing.T) {
	t.Parallel()
	const odd = "To-Path: odd\r\nFrom-Path: odder\r\n"
	response := func(p string) string { return "MSRP abcd1 200 OK\r\n" + p + end }
	got, _ := play(t, msrpwire.NewDecoder(msrpwire.Limits{}),
		response(odd), response(odd), "MSRP abcd1 SEND\r\n"+odd+end, good, response(odd), response(paths), send("", end), good)
	for i, m := range got {
		if refused := m.Err != ""; refused != (i == 2) {
			t.Errorf("message %d: %s", i, m.Err)
		}
	}
	if len(got) != 8 || !strings.Contains(got[4].Head, `to="odd" from="odder"`) || !strings.Contains(got[6].Head, toAlice) {
		t.Errorf("%d messages: %+v", len(got), got)
	}
}

func TestControlCharacters(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-26")
	for _, c := range []string{"\n", "\r", "\x00", "\x1f", "\x7f", "\n ", "\r\r"} {
		if err := refusal(t, send("", "Message-ID: a"+c+"To-Path: x\r\n"+end)); !isBad(err) {
			t.Errorf("%q in a header line: %s", c, err)
		}
		wire := "MSRP abcd1 SEND\r\nTo-Path: " + toRoom + c + "\r\nFrom-Path: " + toAlice + "\r\n" + end
		if c == "\r\r" {
			continue // the line ends at the second CR
		}
		if err := refusal(t, wire); !strings.HasSuffix(err, dead) {
			t.Errorf("%q in To-Path: %s", c, err)
		}
	}
	if h := mustHead(t, send("X-Other: a\tb\n", end)); string(h.Field("X-Other")) != "a\tb" {
		t.Errorf("HTAB: %s", dump(h))
	}
}
