package msrpwire_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestNoBody(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-11", "MSRP-FRM-27")
	for _, tt := range []struct {
		name, wire string
		hasBody    bool
	}{
		{"no body", send("Message-ID: m123\n", end), false},
		{"type but no body", send(text, end), false},
		{"extra CRLF", send("Message-ID: m123\n", "\r\n"+end), false},
		{"empty body", send(text, "\r\n\r\n"+end), true},
		{"empty body in the short form", send(text, "\r\n"+end), true},
	} {
		h, m := one(t, tt.wire)
		if m.Err != "" || h.HasBody != tt.hasBody || m.Body != "" {
			t.Errorf("%s: body %v %q, %s", tt.name, h.HasBody, m.Body, m.Err)
		}
	}
	for _, octets := range []string{"x", "\r\n", "-------abcd1", "-"} {
		if err := refusal(t, send("Message-ID: m123\n", "\r\n"+octets+"\r\n"+end)); !isBad(err) {
			t.Errorf("%q without Content-Type: %s", octets, err)
		}
	}
	h, m := one(t, "MSRP abcd1 200 OK\r\n"+paths+"\r\nsomething\r\n"+end)
	if m.Err != "" || m.Body != "" || h.HasBody || h.Status != 200 {
		t.Errorf("response with octets: %+v", m)
	}
}

func TestBodyEndsAtItsMarkerOnly(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-12", "MSRP-FRM-13")
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	for _, body := range []string{
		"ABC", "\r", "\n", "\r\n", "\r\n\r\n", "x\r", "x\r\n", "-", "-------", "x-------", "x\r\n-------", string(every),
		"a\r\n-------othertid$\r\nb",
		"a\r\n-------abcd$\r\nb",
		"a\r\n-------abcd1X\r\nb",
		"a\r\n-------abcd1\r\nb",
		"a\r\n-------abcd1$x\r\nb",
		"a\r\n-------abcd1$\rx",
		"a\r\n-------abcd1$\nx",
		"a\r\n-------abcd1?\r\nx",
		"a\r\n--------abcd1$\r\nb",
		"a\r\n------abcd1$\r\nb",
		"a-------abcd1$\r\nb",
		"a\n-------abcd1$\r\nb",
		"a\r-------abcd1$\r\nb",
		"a\r\n-------ABCD1$\r\nb",
		"-------abcd1X\r\n",
		"-------abcd1$\rx",
		"------abcd1$\r\n",
		"--------abcd1$\r\n",
		"MSRP zzzz 200 OK\r\n",
	} {
		for _, flag := range []string{"$", "+", "#"} {
			wire := send(text, "\r\n"+body+"\r\n-------abcd1"+flag+"\r\n")
			_, m := one(t, wire)
			if m.Err != "" || m.Body != body || m.Flag != flag {
				t.Errorf("%q read as %q %s %s", body, m.Body, m.Flag, m.Err)
			}
			got, _ := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), strings.Split(wire, "")...)
			if len(got) != 1 || got[0] != m {
				t.Errorf("%q octet by octet: %+v", body, got)
			}
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ start, flag, want string }{
		{"SEND", "$", "$"},
		{"SEND", "+", "+"},
		{"SEND", "#", "#"},
		{"200 OK", "+", "$"},
		{"NICKNAME", "+", "$"},
		{"REPORT", "#", "$"},
		{"AUTH", "#", "$"},
	} {
		_, m := one(t, "MSRP abcd1 "+tt.start+"\r\n"+paths+"Message-ID: m123\r\n-------abcd1"+tt.flag+"\r\n")
		if m.Err != "" || m.Flag != tt.want {
			t.Errorf("%s with %s read as %s %s", tt.start, tt.flag, m.Flag, m.Err)
		}
	}
}

func TestBodyOfOthers(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-17")
	for _, method := range []string{"REPORT", "NICKNAME", "OTHER"} {
		for octets, ok := range map[int]bool{10240: true, 10241: false} {
			wire := "MSRP abcd1 " + method + "\r\n" + paths + "Content-Type: a/b\r\n\r\n" + strings.Repeat("x", octets) + "\r\n" + end
			d := msrpwire.NewDecoder(msrpwire.Limits{})
			got, _ := play(t, d, wire)
			if len(got) != 1 || ok != (got[0].Err == "") || !ok && got[0].Err != "msrp: 400 Body too long fatal=true" {
				t.Errorf("%s with %d octets: %s", method, octets, got[0].Err)
			}
			if d.Head().WantsResponse(400) != (method != "REPORT") {
				t.Errorf("%s: answered against the rules", method)
			}
		}
	}
	_, m := one(t, send(text, "\r\n"+strings.Repeat("x", 100_000)+"\r\n"+end))
	if m.Err != "" || len(m.Body) != 100_000 {
		t.Errorf("SEND: %d octets, %s", len(m.Body), m.Err)
	}
}

func TestEmptyRange(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-19")
	for _, r := range []string{"", "Byte-Range: 1-0/0\n", "Byte-Range: 5001-5000/5000\n", "Byte-Range: 1-*/*\n"} {
		id := "Message-ID: m123\n"
		if err := refusal(t, send(id+r, end)); err != "" {
			t.Errorf("%q without body: %s", r, err)
		}
		if err := refusal(t, send(id+r+"Content-Type: a/b\n", "\r\n\r\n"+end)); err != "" {
			t.Errorf("%q with an empty body: %s", r, err)
		}
		err := refusal(t, send(id+r+"Content-Type: a/b\n", "\r\nx\r\n"+end))
		if full := r == "" || strings.Contains(r, "*"); full != (err == "") || !full && !isBad(err) {
			t.Errorf("%q with an octet: %s", r, err)
		}
	}
}

func TestMessageIDMissing(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lines, flag string
		ok          bool
	}{
		{"", "$", true},
		{"Byte-Range: 1-3/3\n", "$", true},
		{"Byte-Range: 1-3/3\n", "+", false},
		{"Byte-Range: 1-3/3\n", "#", false},
		{"Byte-Range: 4-6/6\n", "$", false},
		{"Message-ID: m123\nByte-Range: 4-6/6\n", "+", true},
	} {
		err := refusal(t, send(tt.lines+"Content-Type: a/b\n", "\r\nabc\r\n-------abcd1"+tt.flag+"\r\n"))
		if tt.ok != (err == "") || !tt.ok && !isBad(err) {
			t.Errorf("%q %s: %s", tt.lines, tt.flag, err)
		}
	}
}

// TestSkipHasOneEnd: a message that was skipped is not refused on top of that.
func TestSkipHasOneEnd(t *testing.T) {
	t.Parallel()
	d := msrpwire.NewDecoder(msrpwire.Limits{})
	wire := []byte(send("Content-Type: a/b\n", "\r\nabc\r\n-------abcd1+\r\n") + good)
	_, n, _ := d.Next(wire)
	d.Skip()
	ev, n2, err := d.Next(wire[n:])
	if ev != msrpwire.GotEnd || err != nil || d.Flag() != msrpwire.Continues || string(wire[n+n2:]) != good {
		t.Errorf("event %d, flag %c, %v", ev, d.Flag(), err)
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	for octets, ok := range map[int]bool{1 << 20: true, 1<<20 + 1: false} {
		d := msrpwire.NewDecoder(msrpwire.Limits{})
		wire := []byte(send(text, "\r\n"+strings.Repeat("x", octets)+"\r\n-------abcd1+\r\n") + good)
		ev, n, err := d.Next(wire)
		if ev != msrpwire.GotHead || err != nil {
			t.Fatal(ev, err)
		}
		d.Skip()
		if !d.Open() {
			t.Error("not open in a body")
		}
		ev, n2, err := d.Next(wire[n:])
		if !ok {
			var e *msrpwire.Error
			if !asError(err, &e) || !e.Fatal {
				t.Errorf("%d octets dropped: %v", octets, err)
			}
			continue
		}
		if ev != msrpwire.GotEnd || err != nil || d.Flag() != msrpwire.Continues || d.Open() {
			t.Errorf("%d octets dropped: event %d, %v", octets, ev, err)
		}
		if got, _ := play(t, d, string(wire[n+n2:])); len(got) != 1 || got[0].Err != "" {
			t.Errorf("the next message: %+v", got)
		}
	}
}
