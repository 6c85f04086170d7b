package refer_test

import (
	"fmt"

	"github.com/confab-chat/confab/sip/refer"
	"github.com/confab-chat/confab/sip/sipmsg"
)

func ExampleAimAt() {
	for _, s := range []string{
		"<sip:carol@ims.example>",
		"<sip:carol@ims.example;method=BYE>",
		"<sip:carol@ims.example?method=BYE>",
		"<sip:carol@ims.example>;method=BYE",
	} {
		a, err := sipmsg.ParseAddress(s)
		if err != nil {
			fmt.Println(err)
			return
		}
		target, refused := refer.AimAt(a)
		fmt.Println(target.Method, target.URI, refused == nil)
	}
	// Output:
	// INVITE sip:carol@ims.example true
	// BYE sip:carol@ims.example true
	// BYE sip:carol@ims.example true
	// BYE sip:carol@ims.example true
}
