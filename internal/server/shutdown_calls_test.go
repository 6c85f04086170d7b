package server

import (
	"context"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestShutdownWhileRinging cancels calls, and waits for nobody when its time is over.
func TestShutdownWhileRinging(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-TRM-03", "FOC-TRM-09")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob, deaf := r.callee("udp", "bob"), r.callee("udp", "deaf")
	_, invite := r.invited(bob)
	_, ignored := r.invited(deaf)
	bob.Send(bob.call.Respond(invite, 180))
	deaf.Send(deaf.call.Respond(ignored, 180))
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	down := make(chan struct{})
	go func() {
		_ = r.Shutdown(ctx) // what deaf does not answer is cut off
		close(down)
	}()
	bob.cancelledBy("SIP;cause=487", invite)
	alice.hungUp(`SIP;cause=503;text="Server is shutting down"`)
	for deaf.Request().Method != sipmsg.CANCEL {
		continue
	}
	giveUp()
	<-down
	r.ended = true
}
