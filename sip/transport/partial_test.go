package transport_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/transport"
)

// TestHalfReadMessagesOfAll: what connections hold together is bounded, and given back.
func TestHalfReadMessagesOfAll(t *testing.T) {
	conform.Covers(t, "SEC-02")
	cfg := transport.Config{Partial: 64 << 10, MessageTimeout: time.Hour}
	bubble(t, cfg, func(s *server, peer transport.Network) {
		t := s.t
		begin := "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 100000\r\n\r\n" + strings.Repeat("x", 30<<10)
		first := connect(t, peer, s.tcp)
		write(t, first, begin)
		synctest.Wait()
		held := s.Counters().Partial
		if held < 24<<10 || held > 64<<10 {
			t.Errorf("%d octets held", held)
		}
		other := connect(t, peer, s.tcp)
		go func() { _, _ = other.Write([]byte(begin + begin)) }() // is cut short
		if d := closedAfter(other); d > time.Minute {
			t.Errorf("a connection that would hold too much is closed after %v", d)
		}
		synctest.Wait()
		if c := s.Counters(); c.PartialRefused != 1 || c.Partial != held {
			t.Errorf("%d refused, %d octets held", c.PartialRefused, c.Partial)
		}
		_ = first.Close()
		synctest.Wait()
		<-time.After(time.Second)
		synctest.Wait()
		if c := s.Counters(); c.Partial != 0 {
			t.Errorf("%d octets held by nobody", c.Partial)
		}
	})
}
