package msrpwire_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestStartLine(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-01")
	rest := paths + "-------abcd1$\r\n"
	for _, tt := range []struct {
		line    string
		method  msrpwire.Method // "" and status 0: not readable
		status  int
		comment string
	}{
		{line: "MSRP abcd1 SEND", method: msrpwire.SEND},
		{line: "MSRP abcd1 REPORT", method: msrpwire.REPORT},
		{line: "MSRP abcd1 NICKNAME", method: msrpwire.NICKNAME},
		{line: "MSRP abcd1 AUTH", method: msrpwire.AUTH},
		{line: "MSRP abcd1 X", method: "X"},
		{line: "MSRP abcd1 200 OK", status: 200, comment: "OK"},
		{line: "MSRP abcd1 200", status: 200},
		{line: "MSRP abcd1 200 ", status: 200},
		{line: "MSRP abcd1 413 Stop sending \u00fc", status: 413, comment: "Stop sending \u00fc"},
		{line: "MSRP abcd1 600 a\tb", status: 600, comment: "a\tb"},
		{line: "msrp abcd1 SEND"},
		{line: "MSRP abcd1 Send"},
		{line: "MSRP abcd1 send"},
		{line: "MSRP abcd1 SEND "},
		{line: "MSRP abcd1 SEND x"},
		{line: "MSRP abcd1 20"},
		{line: "MSRP abcd1 2000"},
		{line: "MSRP abcd1 200OK"},
		{line: "MSRP abcd1 000"},
		{line: "MSRP abcd1 2x0"},
		{line: "MSRP abcd1 _X"},
		{line: "MSRP abcd1 "},
		{line: "MSRP abcd1"},
		{line: "MSRP  abcd1 SEND"},
		{line: "MSRP abcd1  SEND"},
		{line: "MSRP\tabcd1 SEND"},
		{line: " MSRP abcd1 SEND"},
	} {
		d := msrpwire.NewDecoder(msrpwire.Limits{})
		got, _ := play(t, d, tt.line+"\r\n"+rest)
		readable := tt.method != "" || tt.status != 0
		if readable != (len(got) == 1 && got[0].Err == "") {
			t.Errorf("%q: %+v", tt.line, got)
			continue
		}
		if h := d.Head(); readable && (h.Method != tt.method || h.Status != tt.status || string(h.Comment) != tt.comment) {
			t.Errorf("%q: method %q, status %d, comment %q", tt.line, h.Method, h.Status, h.Comment)
		}
	}
}

func TestIdents(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-02")
	for ident, ok := range map[string]bool{
		"q": true, "0": true, "a.-+%=": true, "n02s00i2t0+519": true,
		strings.Repeat("a", 40): true, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false,
		"-abc": false, ".abc": false, "a_b": false, "a@b": false, "a/b": false, "\u00fcber": false,
	} {
		tid := "MSRP " + ident + " SEND\r\n" + paths + "Message-ID: m123\r\n-------" + ident + "$\r\n"
		got, _ := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), tid)
		if read := len(got) == 1 && got[0].Err == ""; read != ok {
			t.Errorf("transaction identifier %q: %+v", ident, got)
		}
		_, m := one(t, send("Message-ID: "+ident+"\n", end))
		if read := m.Err == ""; read != ok {
			t.Errorf("Message-ID %q: %s", ident, m.Err)
		}
	}
}

func TestUnreadableStartLine(t *testing.T) {
	t.Parallel()
	blank := strings.Repeat("\r\n", 8)
	for _, wire := range []string{
		"GET / HTTP/1.1\r\n",
		"MSRP ab_cd SEND\r\n",
		"MSRP abcd1 SE\x00ND\r\n",
		"MSRP abcd1 200 O\nK\r\n",
		"MSRP abcd1 200 O\rK\r\n",
		"\nMSRP abcd1 SEND\r\n",
		"\rMSRP abcd1 SEND\r\n",
		"MSRP abcd1 200 " + strings.Repeat("x", 1024),
		blank + "\r\n" + good,
		end,
	} {
		got, _ := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), wire, good)
		if len(got) != 1 || !strings.HasSuffix(got[0].Err, "fatal=true") {
			t.Fatalf("%q: %+v", wire, got)
		}
		bytewise, _ := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), strings.Split(wire+good, "")...)
		if len(bytewise) != 1 || bytewise[0].Err != got[0].Err {
			t.Errorf("%q octet by octet: %+v", wire, bytewise)
		}
		d := msrpwire.NewDecoder(msrpwire.Limits{})
		play(t, d, wire)
		for range 2 {
			_, n, err := d.Next([]byte(good))
			var e *msrpwire.Error
			if n != 0 || !asError(err, &e) || e.Status != 0 || d.Head().WantsResponse(e.Status) {
				t.Errorf("%q: after the error %d octets taken, %v", wire, n, err)
			}
		}
	}
	if got, rest := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), blank+good+blank+good); len(got) != 2 || rest != "" {
		t.Errorf("with empty lines between: %+v", got)
	}
}

func TestUnknownMethod(t *testing.T) {
	t.Parallel()
	for method, ok := range map[string]bool{"FILE_OFFSET": true, "A": true, "File": false, "FILE-OFFSET": false, "F2": false} {
		wire := "MSRP x1y2 " + method + "\r\n" + paths + "Content-Type: a/b\r\n\r\nxyz\r\n-------x1y2$\r\n"
		got, _ := play(t, msrpwire.NewDecoder(msrpwire.Limits{}), wire, good)
		if ok != (len(got) == 2 && got[0].Err == "" && got[0].Body == "xyz") {
			t.Errorf("%s: %+v", method, got)
		}
	}
}
