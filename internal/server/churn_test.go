package server

import (
	"fmt"
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestQuickCalls has 50 users come and go as fast as they can, 20 times each. The
// conference becomes empty and is started again all the time.
func TestQuickCalls(t *testing.T) {
	conform.Covers(t, "FOC-CRE-01", "FOC-TRM-06", "MIX-01")
	r := serve(t, nil)
	var users sync.WaitGroup
	for i := range 50 {
		network := []string{"udp", "tcp"}[i%2]
		g := r.guest(network, fmt.Sprintf("user%d", i))
		users.Go(func() {
			for range 20 {
				g.Send(g.invite(lobby))
				resp := g.Response()
				if resp.Status != 200 {
					t.Errorf("%s", resp.Append(nil))
					return
				}
				g.call.Learn(resp)
				g.Send(g.call.Ack())
				g.Send(g.call.Request(sipmsg.BYE))
				if resp := g.Response(); resp.Status != 200 {
					t.Errorf("BYE: %d", resp.Status)
				}
			}
		})
	}
	users.Wait()
	r.vacant()
}
