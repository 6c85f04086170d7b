package ua

import (
	"errors"
	"testing"

	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// TestSendersPermitted: sent-by leads nowhere that requests may not go.
func TestSendersPermitted(t *testing.T) {
	t.Parallel()
	s := senders{locate.New(locate.Config{}), func(to transport.Target) error {
		if to.Addr.Addr().IsLoopback() {
			return errors.New("loopback")
		}
		return nil
	}}
	for text, want := range map[string]int{"sip:127.0.0.1:25": 0, "sip:192.0.2.1:5060": 1} {
		uri, err := sipmsg.ParseURI(text)
		if err != nil {
			t.Fatal(err)
		}
		if targets, err := s.Locate(t.Context(), uri); err != nil || len(targets) != want {
			t.Errorf("%s: %v, %v", text, targets, err)
		}
	}
}
