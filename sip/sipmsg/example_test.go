package sipmsg_test

import (
	"fmt"
	"strings"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// A server reads a request and answers it.
func ExampleParseDatagram() {
	m, err := sipmsg.ParseDatagram([]byte("OPTIONS sip:conf@example.com SIP/2.0\r\n"+
		"v: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK77\r\nf: Bob <sip:bob@example.com>;tag=456\r\n"+
		"t: <sip:conf@example.com>\r\ni: 843817637684230\r\nCSeq: 1826 OPTIONS\r\nl: 0\r\n\r\n"), sipmsg.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	if req, ok := m.(*sipmsg.Request); ok {
		resp := sipmsg.NewResponse(req, 200, "")
		resp.Header.AddToTag("1234")
		resp.Header.Add("Allow", "INVITE, ACK, BYE")
		fmt.Print(strings.ReplaceAll(string(resp.Append(nil)), "\r\n", "\n"))
	}
	// Output:
	// SIP/2.0 200 OK
	// Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK77
	// From: Bob <sip:bob@example.com>;tag=456
	// To: <sip:conf@example.com>;tag=1234
	// Call-ID: 843817637684230
	// CSeq: 1826 OPTIONS
	// Allow: INVITE, ACK, BYE
	// Content-Length: 0
}

func ExampleParseURI() {
	u, err := sipmsg.ParseURI("sip:%61lice@Example.com:5070;transport=tcp")
	fmt.Println(u.UserDecoded(), u.Host, u.Port, err)
	fmt.Println(u.Address())
	// Output:
	// alice Example.com 5070 <nil>
	// sip:alice@example.com:5070
}
