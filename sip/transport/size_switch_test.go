package transport_test

import (
	"context"
	"io"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/transport"
)

// A peer whose TCP was down once gets its large requests over TCP again some time
// after that is up, however busy it has been; and none of them waits for it.
func TestPeerComesBackToTCP(t *testing.T) {
	conform.Covers(t, "COM-11")
	bubble(t, transport.Config{}, func(s *server, peer transport.Network) {
		t, ctx := s.t, context.Background()
		at := netip.MustParseAddrPort("127.0.0.2:5060")
		udp, err := peer.ListenPacket(ctx, "udp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = udp.Close() }()
		large := strings.Repeat("x", 1300)
		send := func(want string) {
			t.Helper()
			done, sent := outcome()
			began := time.Now()
			p := s.SendRequest(options(large), transport.Target{Transport: "udp", Addr: at}, done)
			if sendErr := <-sent; sendErr != nil {
				t.Fatal(sendErr)
			}
			synctest.Wait()
			if got := p.Target().Transport; got != want || time.Since(began) > 0 {
				t.Errorf("over %s after %v, want %s", got, time.Since(began), want)
			}
		}
		send("udp") // TCP is refused
		ln, err := peer.Listen(ctx, "tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = ln.Close() }()
		go func() {
			for conn, err := ln.Accept(); err == nil; conn, err = ln.Accept() {
				go func() { _, _ = io.Copy(io.Discard, conn) }()
			}
		}()
		for range 6 { // busy all the time
			send("udp")
			<-time.After(11 * time.Second)
		}
		send("udp") // and TCP is tried beside it
		send("tcp")
		if c := s.Counters(); c.Dialed != 2 || c.SizeFallback != 1 {
			t.Errorf("%+v", c)
		}
	})
}
