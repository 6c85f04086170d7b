package interop

import (
	"crypto/tls"
	"io"
	"net"
	"testing"

	"github.com/confab-chat/confab/internal/testnet/testca"
)

// uncover puts itself before a relay, whose clients reach it there, so that what they say
// goes over one connection that is not encrypted, to the address returned.
func uncover(t *testing.T, k *kamailio, ca *testca.Authority) (plain string) {
	t.Helper()
	listen := func(address string) net.Listener {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	outer, inner := listen(k.IP+":0"), listen("127.0.0.1:0")
	if at, ok := outer.Addr().(*net.TCPAddr); ok {
		k.Reached = at.Port
	}
	server, client := ca.Server(t, testca.Names{IP: []string{k.IP}}), ca.Client(t, testca.Names{})
	go pass(tls.NewListener(outer, server), func() (net.Conn, error) {
		return (&net.Dialer{}).DialContext(t.Context(), "tcp", inner.Addr().String())
	})
	go pass(inner, func() (net.Conn, error) {
		return (&tls.Dialer{Config: client}).DialContext(t.Context(), "tcp", k.at(k.TLSPort))
	})
	return inner.Addr().String()
}

// pass passes on what comes over each connection to one that dial makes.
func pass(l net.Listener, dial func() (net.Conn, error)) {
	for {
		from, err := l.Accept()
		if err != nil {
			return
		}
		to, err := dial()
		if err != nil {
			_ = from.Close()
			continue
		}
		for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
			go func() {
				_, _ = io.Copy(way[0], way[1]) // until either side closes
				_ = way[0].Close()
				_ = way[1].Close()
			}()
		}
	}
}
