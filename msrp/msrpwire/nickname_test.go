package msrpwire_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestNickname(t *testing.T) {
	t.Parallel()
	const no = "\x00refused"
	x := strings.Repeat("x", 1023)
	for _, tt := range []struct{ value, tolerant, strict string }{
		{`"The  Owl"`, "The  Owl", "The  Owl"},
		{`"Ali \"A\" C."`, `Ali "A" C.`, `Ali "A" C.`},
		{`"back\\slash"`, `back\slash`, `back\slash`},
		{`""`, "", ""},
		{`"J\u00fcrgen"`, no, no},
		{`"Ali\n"`, no, no},
		{`"Jürgen"`, "Jürgen", "Jürgen"},
		{`"open`, no, no},
		{`"open\"`, no, no},
		{`"`, no, no},
		{`"a" b`, no, no},
		{`"a"b"`, no, no},
		{"\"\xff\"", no, no},
		{`"` + x + `"`, x, x},
		{`"` + x + `x"`, no, no},
		{`"` + strings.Repeat(`\"`, 1023) + `"`, strings.Repeat(`"`, 1023), strings.Repeat(`"`, 1023)},
		{"Alice the Great", "Alice the Great", no},
		{`Al"ice`, `Al"ice`, no},
		{`Al\ice`, `Al\ice`, no},
		{"", "", no},
		{"\xff", no, no},
	} {
		for _, strict := range []bool{false, true} {
			want := tt.tolerant
			if strict {
				want = tt.strict
			}
			name, err := msrpwire.ParseNickname([]byte(tt.value), strict)
			var e *msrpwire.Error
			if want == no {
				if !errors.As(err, &e) || e.Status != 424 {
					t.Errorf("%q, strict %v: %q, %v", tt.value, strict, name, err)
				}
				continue
			}
			if err != nil || name != want {
				t.Errorf("%q, strict %v: %q, %v", tt.value, strict, name, err)
			}
			out, err := msrpwire.AppendNickname(nil, name)
			if back, err2 := msrpwire.ParseNickname(out, true); err != nil || err2 != nil || back != name {
				t.Errorf("%q written as %q, %v", name, out, err)
			}
		}
	}
	for _, name := range []string{"a\r\nb", "a\x00", "\xff", x + "x"} {
		if out, err := msrpwire.AppendNickname(nil, name); !errors.Is(err, msrpwire.ErrUnwritable) {
			t.Errorf("%q written as %q", name, out)
		}
	}
}
