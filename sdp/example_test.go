package sdp_test

import (
	"fmt"
	"strings"

	"github.com/confab-chat/confab/msrp/msrpwire"
	"github.com/confab-chat/confab/sdp"
)

// A focus answers a client that offers a conversation and a call.
func ExampleNegotiation() {
	offer, err := sdp.Parse([]byte(`v=0
o=alice 3981312000 3981312000 IN IP4 192.0.2.10
s=-
c=IN IP4 192.0.2.10
t=0 0
m=audio 49170 RTP/AVP 0
m=message 51872 TCP/MSRP *
a=setup:actpass
a=accept-types:message/cpim
a=accept-wrapped-types:text/plain
a=path:msrp://192.0.2.10:51872/0pLkJ8hGf5DsAqWeRtYu2i;tcp
`))
	if err != nil {
		fmt.Println(err) // an *sdp.Error: 488 and a Warning
		return
	}
	n := sdp.Negotiation{ID: 7710021, Policy: sdp.Policy{Needs: sdp.TypeCPIM}}
	proposal, err := n.Receive(offer)
	if err != nil {
		fmt.Println(err)
		return
	}
	// The proposal says what session to make: its transport, who connects.
	uri, _ := msrpwire.ParseURI("msrp://conf.ims.example:2855/kV3x9QmT0aZbY7LrWc5NsA;tcp")
	answer, stream := n.Answer(proposal, sdp.Local{
		URI:                uri,
		AcceptTypes:        sdp.TypeList{sdp.TypeCPIM},
		AcceptWrappedTypes: sdp.TypeList{"*"},
		Chatroom:           sdp.Chatroom{Declared: true, Nickname: true},
	})
	fmt.Print(strings.ReplaceAll(answer.String(), "\r\n", "\n"))
	fmt.Println("we are", stream.Role)
	fmt.Println("an image may go there:", stream.Peer.AcceptsWrapped("image/png"))
	// Output:
	// v=0
	// o=- 7710021 1 IN IP4 conf.ims.example
	// s=-
	// c=IN IP4 conf.ims.example
	// t=0 0
	// m=audio 0 RTP/AVP 0
	// m=message 2855 TCP/MSRP *
	// a=setup:passive
	// a=accept-types:message/cpim
	// a=accept-wrapped-types:*
	// a=path:msrp://conf.ims.example:2855/kV3x9QmT0aZbY7LrWc5NsA;tcp
	// a=chatroom:nickname
	// we are passive
	// an image may go there: false
}
