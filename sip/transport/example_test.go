package transport_test

import (
	"context"
	"fmt"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// printer shows what arrives.
type printer struct{ arrived chan string }

func (p printer) ReceiveRequest(req *sipmsg.Request, src transport.Source) {
	p.arrived <- fmt.Sprint(req.Method, " over ", src.Transport)
}

func (p printer) ReceiveResponse(*sipmsg.Response, transport.Source) {}

// A request for UDP that is too large for it goes over TCP.
func Example() {
	p := printer{arrived: make(chan string)}
	network := new(transporttest.Network) // a Config without Network uses the host's
	layer := transport.New(transport.Config{Network: network.Host("192.0.2.1")}, p)
	to := transport.Target{Transport: transport.UDP}
	for _, name := range []string{transport.UDP, transport.TCP} {
		var err error
		if to.Addr, err = layer.Listen(context.Background(), name, "192.0.2.1:5060"); err != nil {
			fmt.Println(err)
			return
		}
	}
	for _, size := range []int{100, 2000} {
		req := &sipmsg.Request{Method: sipmsg.MESSAGE, URI: sipmsg.URI{Scheme: "sip", Host: "127.0.0.1"}, Body: make([]byte, size)}
		req.Header.Add("Via", "SIP/2.0/UDP to.be.filled.in;branch=z9hG4bKnashds8")
		req.Header.Add("From", "<sip:alice@example.com>;tag=1928301774")
		req.Header.Add("To", "<sip:bob@example.com>")
		req.Header.Add("Call-ID", "a84b4c76e66710")
		req.Header.Add("CSeq", "1 MESSAGE")
		layer.SendRequest(req, to, nil)
		fmt.Println(<-p.arrived)
	}
	_ = layer.Close()
	// Output:
	// MESSAGE over udp
	// MESSAGE over tcp
}
