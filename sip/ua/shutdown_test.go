package ua_test

import (
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport/transporttest"
	"github.com/confab-chat/confab/sip/ua"
)

// TestShutdownWaitsForAnswers stops a stack while a request outside any dialog has no
// answer yet: it gets one, which leaves before the socket is closed.
func TestShutdownWaitsForAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		net := &transporttest.Network{Fate: func(from, _ netip.AddrPort, _ []byte) []time.Duration {
			if from.Addr() == netip.MustParseAddr("10.0.0.1") {
				<-time.After(time.Second) // the system takes its time to take the answer
			}
			return []time.Duration{0}
		}}
		s, at := reachable(t, net.Host("10.0.0.1"), ua.Config{
			Methods: map[sipmsg.Method]func(*transaction.ServerTx){
				sipmsg.OPTIONS: func(tx *transaction.ServerTx) {
					time.AfterFunc(3*time.Second, func() { dialog.Reply(tx, 200, "") })
				},
			},
		})
		p := testnet.NewPeer(t, net.Host("10.0.0.2"), at)
		defer p.Close()
		p.Send("OPTIONS sip:conf@10.0.0.1 SIP/2.0\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK1\n" +
			"From: <sip:alice@ims.example>;tag=a\nTo: <sip:conf@10.0.0.1>\nCall-ID: c\nCSeq: 1 OPTIONS\n\n")
		synctest.Wait()
		began := time.Now()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if d := time.Since(began); d < 4*time.Second || d > 5*time.Second {
			t.Errorf("shut down after %v", d)
		}
		p.Response(200)
	})
}
