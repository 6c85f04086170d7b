package transport_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"testing"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// senders answers for names, and notes what it is asked.
type senders struct {
	asked   chan string
	targets []transport.Target
}

func (r senders) Locate(_ context.Context, uri sipmsg.URI) ([]transport.Target, error) {
	r.asked <- uri.String()
	if len(r.targets) == 0 {
		return nil, errors.New("nobody")
	}
	return r.targets, nil
}

// TestResponseToSentBy sees that a response that nobody takes at the address of its
// request goes to the servers of sent-by, one after the other.
func TestResponseToSentBy(t *testing.T) { //nolint:tparallel // all share a listener
	t.Parallel()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	dead, alive := netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort(ln.Addr().String())
	for _, test := range []struct {
		name, sentBy string
		targets      []transport.Target
		asked        string
		arrives      bool
	}{
		{"name", "client.example.com:1", []transport.Target{{Transport: "tcp", Addr: dead}, {Transport: "tcp", Addr: alive}}, "sip:client.example.com:1;transport=tcp", true},
		{"another address", "127.0.0.9:1", []transport.Target{{Transport: "tcp", Addr: alive}}, "sip:127.0.0.9:1;transport=tcp", true},
		{"same address", "127.0.0.1:1", nil, "", false},
		{"nobody", "client.example.com:1", nil, "sip:client.example.com:1;transport=tcp", false},
		{"nobody there", "client.example.com:1", []transport.Target{{Transport: "tcp", Addr: dead}}, "sip:client.example.com:1;transport=tcp", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newServer(t, transport.Config{})
			s.silent = true
			r := senders{make(chan string, 1), test.targets}
			s.Bind(r)
			conn := dial(t, s.tcp)
			write(t, conn, message("OPTIONS", "tcp", test.sentBy, 1))
			_, sources := s.await(t, 1, 0)
			_ = conn.Close()
			wait(t, sources[0].Flow.Done())
			done, result := outcome()
			s.answer(0, done)
			if test.asked != "" {
				if got := wait(t, r.asked); got != test.asked {
					t.Errorf("asked for %s", got)
				}
			}
			if test.arrives {
				second, err := ln.Accept()
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = second.Close() }()
				expectResponses(t, second, "200 1")
			}
			if err := wait(t, result); (err == nil) != test.arrives {
				t.Errorf("told %v", err)
			}
			if len(r.asked) != 0 {
				t.Errorf("asked for %s", <-r.asked)
			}
		})
	}
}
