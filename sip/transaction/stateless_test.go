package transaction_test

import (
	"context"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
)

// TestStrangersLeaveNothing turns requests away that nobody is known to send.
func TestStrangersLeaveNothing(t *testing.T) {
	for _, status := range []int{401, 403} {
		play(t, transaction.Config{}, func(b *bench) {
			conform.Covers(t, "IDN-12")
			asked, acks := 0, 0
			b.user.request = func(tx *transaction.ServerTx) { asked++; respond(tx, status) }
			b.user.ack = func(*sipmsg.Request, transport.Source) { acks++ }
			b.peer.take()
			b.peer.send(request("INVITE", "z9hG4bK1", 1))
			b.peer.send(request("INVITE", "z9hG4bK1", 1)) // looked at again, answered alike
			b.pause(time.Minute)
			line := "0 SIP/2.0 " + map[int]string{401: "401 Unauthorized", 403: "403 Forbidden"}[status]
			got := b.peer.expect(line, line)
			if got[0].field("To") != got[1].field("To") {
				t.Errorf("tags: %s and %s", got[0].field("To"), got[1].field("To"))
			}
			b.peer.send(request("ACK", "z9hG4bK1", 1))
			b.pause(time.Second)
			b.peer.expect()
			over, cancel := context.WithTimeout(b.t.Context(), time.Second)
			defer cancel()
			if err := b.Drain(over); err != nil {
				t.Errorf("not drained: %v", err)
			}
			if b.Open() != 0 || asked != 2 || acks != 1 {
				t.Errorf("%d open, asked %d times, %d stray ACKs", b.Open(), asked, acks)
			}
		})
	}
}

// TestTransactionThatIsKnownStays has a 403 after a provisional response.
func TestTransactionThatIsKnownStays(t *testing.T) {
	play(t, transaction.Config{}, func(b *bench) {
		b.user.request = func(tx *transaction.ServerTx) { respond(tx, 180); respond(tx, 403) }
		b.peer.send(request("INVITE", "z9hG4bK1", 1))
		b.pause(time.Millisecond)
		if b.Open() != 1 {
			t.Errorf("%d open", b.Open())
		}
	})
}
