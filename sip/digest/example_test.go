package digest_test

import (
	"fmt"

	"github.com/confab-chat/confab/sip/digest"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// A server challenges a request, and its client repeats it with credentials.
func Example() {
	server := digest.NewServer(digest.ServerConfig{Realm: "conf.example.test"})
	exchange := digest.NewClient("bob", "correct-horse-7").Exchange()

	refusal := &sipmsg.Response{Status: 401}
	refusal.Header.Fields = server.Challenge(false)
	if exchange.Challenged(refusal) {
		again := sipmsg.Header{Fields: exchange.Credentials(sipmsg.INVITE, "sip:lobby@conf.example.test")}
		c, _ := server.Credentials(&again)
		ha1 := c.Algorithm.HA1("bob", "conf.example.test", "correct-horse-7")
		fmt.Println(c.Username, server.Verify(c, sipmsg.INVITE, ha1))
		fmt.Println(c.Username, server.Verify(c, sipmsg.INVITE, ha1), "when it comes again")
	}
	// Output:
	// bob valid
	// bob stale when it comes again
}
