package msrp_test

import (
	"context"
	"fmt"

	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// printer accepts every message and prints it.
type printer struct{ arrived chan string }

func (p printer) Bound()             {}
func (p printer) Ended(error)        {}
func (p printer) Sent(uint64, error) {}

func (p printer) Message(in *msrp.Incoming) {
	in.Accept()
	p.arrived <- string(in.Body())
}

// Two endpoints, one of which listens. In a program the URIs travel in session
// descriptions.
func Example() {
	h := printer{arrived: make(chan string, 1)}

	server := msrp.New(msrp.Config{})
	if _, err := server.Listen(context.Background(), "tcp", "127.0.0.1:0"); err != nil {
		fmt.Println(err)
		return
	}
	client := msrp.New(msrp.Config{})

	passive, err := server.NewSession(msrp.SessionConfig{Handler: h})
	if err != nil {
		fmt.Println(err)
		return
	}
	active, err := client.NewSession(msrp.SessionConfig{Handler: h, Host: "127.0.0.1", Port: 9})
	if err != nil {
		fmt.Println(err)
		return
	}
	passive.SetRemote([]msrpwire.URI{active.URI()})
	passive.Await()
	active.SetRemote([]msrpwire.URI{passive.URI()})
	if err := active.Connect(); err != nil {
		fmt.Println(err)
		return
	}
	if err := active.Send(msrp.Message{ContentType: "text/plain", Body: []byte("hello")}, 1); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(<-h.arrived)

	for _, ep := range []*msrp.Endpoint{client, server} {
		if err := ep.Shutdown(context.Background()); err != nil {
			fmt.Println(err)
		}
	}
	// Output: hello
}
