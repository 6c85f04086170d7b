package msrpwire_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestParseURI(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-URI-01")
	for _, tt := range []struct {
		in   string
		want msrpwire.URI
		out  string // "" if as read
	}{
		{"msrp://a.example:2855/s1;tcp", msrpwire.URI{Host: "a.example", Port: 2855, SessionID: "s1", Transport: "tcp"}, ""},
		{"msrps://a;tcp", msrpwire.URI{Secure: true, Host: "a", Transport: "tcp"}, ""},
		{"MSRPS://A.example:1/x;TCP", msrpwire.URI{Secure: true, Host: "A.example", Port: 1, SessionID: "x", Transport: "TCP"}, "msrps://A.example:1/x;TCP"},
		{"msrp://al;ice%40x:y@h:2/z;tcp", msrpwire.URI{Userinfo: "al;ice%40x:y", Host: "h", Port: 2, SessionID: "z", Transport: "tcp"}, ""},
		{"msrp://192.0.2.1:65535/a/b//c;tcp", msrpwire.URI{Host: "192.0.2.1", Port: 65535, SessionID: "a/b//c", Transport: "tcp"}, ""},
		{"msrp://h:1/-._~+=/9;ws", msrpwire.URI{Host: "h", Port: 1, SessionID: "-._~+=/9", Transport: "ws"}, ""},
		{"msrp://[2001:db8::1]:7/x;tcp", msrpwire.URI{Host: "2001:db8::1", Port: 7, SessionID: "x", Transport: "tcp"}, ""},
		{"msrp://[::1];tcp", msrpwire.URI{Host: "::1", Transport: "tcp"}, ""},
		{"msrp://h:1/x;tcp;a=b;c", msrpwire.URI{Host: "h", Port: 1, SessionID: "x", Transport: "tcp", Params: ";a=b;c"}, ""},
		{"msrp://h%2dx:1/x;tcp", msrpwire.URI{Host: "h%2dx", Port: 1, SessionID: "x", Transport: "tcp"}, ""},
		{"msrp://h:02855/x;tcp", msrpwire.URI{Host: "h", Port: 2855, SessionID: "x", Transport: "tcp"}, "msrp://h:2855/x;tcp"},
	} {
		u, err := msrpwire.ParseURI(tt.in)
		if err != nil || u != tt.want {
			t.Errorf("%q read as %+v, %v", tt.in, u, err)
			continue
		}
		if tt.out == "" {
			tt.out = tt.in
		}
		if u.String() != tt.out {
			t.Errorf("%q written as %q", tt.in, u)
		}
		if sid := msrpwire.SessionIDOf([]byte(tt.in)); string(sid) != u.SessionID {
			t.Errorf("SessionIDOf(%q) = %q", tt.in, sid)
		}
	}
	for _, in := range []string{
		"", "msrp", "msrp:", "msrp://", "msrp://;tcp", "msrp:///x;tcp", "http://h:1/x;tcp", "msrp:h:1/x;tcp",
		"msrp://h:1/x", "msrp://h:1/x;", "msrp://h:1/x;t-p", "msrp://h:1/;tcp", "msrp://h:1/a b;tcp", "msrp://h:1/a%20b;tcp",
		"msrp://h:0/x;tcp", "msrp://h:65536/x;tcp", "msrp://h:/x;tcp", "msrp://h:x/x;tcp", "msrp://h:+1/x;tcp", "msrp://h:000001/x;tcp",
		"msrp://h:1:2/x;tcp", "msrp://2001:db8::1:7/x;tcp", "msrp://[192.0.2.1]:1/x;tcp", "msrp://[::1/x;tcp", "msrp://[::1]x:1/x;tcp",
		"msrp://[fe80::1%25eth0]:1/x;tcp", "msrp://h_\x80:1/x;tcp", "msrp://h%2:1/x;tcp", "msrp://h%zz:1/x;tcp", "msrp://a@b@h:1/x;tcp",
		"msrp://h:1/x;tcp;", "msrp://h:1/x;tcp;=b", "msrp://h:1/x;tcp;a=", "msrp://h:1/x;tcp;a=b c", " msrp://h:1/x;tcp", "msrp://h:1/x;tcp ",
		"msrp://u@/x;tcp", "msrp://u[@h:1/x;tcp", "msrp://h:1/" + strings.Repeat("x", 5000) + ";tcp",
	} {
		if u, err := msrpwire.ParseURI(in); err == nil {
			t.Errorf("%q read as %+v", in, u)
		}
	}
}

func TestURIEqual(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-URI-02")
	const base = "msrp://host.example:2855/Session1;tcp"
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{base, base, true},
		{base, "MSRP://HOST.Example:2855/Session1;TCP", true},
		{base, "msrp://bob@host.example:2855/Session1;tcp", true},
		{base, base + ";x=y", true},
		{base, "msrp://h%6fst%2eexample:2855/Session1;tcp", true},
		{base, "msrp://h%6Fst.example:2855/Session1;tcp", true},
		{"msrp://[2001:DB8:0::1]:1/x;tcp", "msrp://[2001:db8::1]:1/x;tcp", true},
		{"msrp://[::ffff:192.0.2.1]:1/x;tcp", "msrp://[::ffff:c000:201]:1/x;tcp", true},
		{"msrp://a!b:1/x;tcp", "msrp://a!B:1/x;tcp", true},
		{"msrp://host.example/x;tcp", "msrp://host.example/x;tcp", true},
		{"msrp://host.example:1;tcp", "msrp://host.example:1;tcp", true},
		{base, "msrps://host.example:2855/Session1;tcp", false},
		{base, "msrp://host.example:2856/Session1;tcp", false},
		{base, "msrp://host.example/Session1;tcp", false},
		{base, "msrp://other.example:2855/Session1;tcp", false},
		{base, "msrp://host.example.:2855/Session1;tcp", false},
		{base, "msrp://host.example:2855/session1;tcp", false},
		{base, "msrp://host.example:2855/Session1/;tcp", false},
		{base, "msrp://host.example:2855/./Session1;tcp", false},
		{base, "msrp://host.example:2855;tcp", false},
		{base, "msrp://host.example:2855/Session1;ws", false},
		{"msrp://a%21b:1/x;tcp", "msrp://a!b:1/x;tcp", false},
		{"msrp://192.0.2.1:1/x;tcp", "msrp://[::ffff:192.0.2.1]:1/x;tcp", false},
		{"msrp://192.0.2.1:1/x;tcp", "msrp://192.0.2.10:1/x;tcp", false},
	} {
		a, b := mustURI(t, tt.a), mustURI(t, tt.b)
		if a.Equal(b) != tt.same || b.Equal(a) != tt.same {
			t.Errorf("%s and %s: equal %v", tt.a, tt.b, a.Equal(b))
		}
	}
}

func mustURI(tb testing.TB, s string) msrpwire.URI {
	tb.Helper()
	u, err := msrpwire.ParseURI(s)
	if err != nil {
		tb.Fatalf("%s: %v", s, err)
	}
	return u
}

func TestPath(t *testing.T) {
	t.Parallel()
	p := msrpwire.Path("msrps://r:1/a;tcp msrps://s:2/b;tcp " + toAlice)
	if p.Len() != 3 || string(p.First()) != "msrps://r:1/a;tcp" || string(p.Last()) != toAlice {
		t.Errorf("%d URIs from %s to %s", p.Len(), p.First(), p.Last())
	}
	list, err := p.URIs()
	if err != nil || string(msrpwire.MakePath(list...)) != string(p) {
		t.Errorf("%v, %v", list, err)
	}
	for range p.All() {
		break
	}
	single := msrpwire.Path(toAlice)
	if single.Len() != 1 || string(single.First()) != toAlice || string(single.Last()) != toAlice || msrpwire.Path(nil).Len() != 0 {
		t.Error("path of one URI or none")
	}
}
