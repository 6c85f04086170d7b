package refer_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// FuzzAimAt reads Refer-To values of strangers: what is to be written into our requests
// stays within its line, and the target can be written and read.
func FuzzAimAt(f *testing.F) {
	f.Add("<sip:bob@x;method=BYE?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc&Subject=d%0D%0AVia:%20e>;isfocus")
	f.Add("sip:bob@x?method=INVITE")
	f.Add("<tel:+1;ext=2>;method=BYE")
	f.Fuzz(func(t *testing.T, s string) {
		a, err := sipmsg.ParseAddress(s)
		if err != nil {
			return
		}
		target, refused := refer.AimAt(a)
		if refused != nil {
			if refused.Status != 400 && refused.Status != 403 {
				t.Fatal(refused)
			}
			return
		}
		for _, field := range target.Fields {
			if strings.ContainsAny(field.Name+field.Value, "\r\n\x00") {
				t.Errorf("field %q: %q", field.Name, field.Value)
			}
		}
		if len(target.URI.Headers) > 0 || target.URI.Params.Has("method") || target.Method == "" {
			t.Errorf("%+v", target)
		}
		if text := target.URI.String(); text != "*" {
			again, err := sipmsg.ParseURI(text)
			if err != nil || again.String() != text {
				t.Errorf("%s reads as %s, %v", text, again, err)
			}
		}
	})
}
