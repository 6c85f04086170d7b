package dialog_test

import (
	"fmt"

	"github.com/confab-chat/confab/sip/dialog"
)

func ExampleContactAt() {
	fmt.Println(dialog.ContactAt("sip", "alice", "udp", "192.0.2.11:5060"))
	fmt.Println(dialog.ContactAt("sip", "", "tcp", "[2001:db8::1]:5060"))
	// Output:
	// <sip:alice@192.0.2.11:5060>
	// <sip:[2001:db8::1]:5060;transport=tcp>
}
