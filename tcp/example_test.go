package tcp_test

import (
	"context"
	"fmt"
	"io"
	"net"

	"github.com/confab-chat/confab/tcp"
)

// A server cuts a client who takes nothing of what it is sent.
func ExampleReset() {
	ctx := context.Background()
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = ln.Close() }()
	client, err := (&net.Dialer{}).DialContext(ctx, "tcp", ln.Addr().String())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = client.Close() }()
	conn, err := ln.Accept()
	if err != nil {
		fmt.Println(err)
		return
	}
	tcp.Reset(conn)
	_ = conn.Close() // for the layers between, of which there are none here
	_, err = io.Copy(io.Discard, client)
	fmt.Println("ends in order:", err == nil)
	// Output: ends in order: false
}
