package transaction_test

import (
	"context"
	"fmt"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// greeter answers every request with 200.
type greeter struct{}

func (greeter) Request(tx *transaction.ServerTx) {
	tx.Respond(sipmsg.NewResponse(tx.Request(), 200, ""))
}
func (greeter) Ack(*sipmsg.Request, transport.Source)       {}
func (greeter) Response(*sipmsg.Response, transport.Source) {}

// A stack asks itself for its options.
func Example() {
	layer := transaction.New(transaction.Config{}, greeter{})
	network := transport.New(transport.Config{}, layer)
	layer.Bind(network)
	addr, err := network.Listen(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}

	options := &sipmsg.Request{Method: sipmsg.OPTIONS, URI: sipmsg.URI{Scheme: "sip", Host: "127.0.0.1"}}
	options.Header.Add("Max-Forwards", "70")
	options.Header.Add("From", "<sip:alice@example.com>;tag=1928301774")
	options.Header.Add("To", "<sip:conference@example.com>")
	options.Header.Add("Call-ID", "a84b4c76e66710")
	options.Header.Add("CSeq", "1 OPTIONS")
	answered := make(chan string, 1)
	layer.Send(options, transport.Target{Transport: transport.UDP, Addr: addr}, transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, _ transport.Source) { answered <- fmt.Sprint(resp.Status, " ", resp.Reason) },
	})
	fmt.Println(<-answered)

	_ = network.Shutdown(context.Background())
	layer.Close()
	// Output: 200 OK
}
