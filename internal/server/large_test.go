package server

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/confinfo"
	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestLargeRosterForWhoHasNoStream has somebody subscribe whom only UDP reaches,
// which cannot carry the roster of the conference.
func TestLargeRosterForWhoHasNoStream(t *testing.T) {
	conform.Covers(t, "NOT-NFY-09")
	r := serve(t, nil)
	alice := r.guest("udp", "alice").join(lobby)
	inst := r.entry().Instance
	for i := range 900 {
		id := conference.EndpointID(fmt.Sprintf("ep-%d", i))
		inst.Do(conference.Admit{
			At: time.Now(), Identity: conference.Identity(fmt.Sprintf("sip:user%d@example.test", i)), Endpoint: id,
		}, nil)
		inst.Do(conference.Connect{At: time.Now(), Endpoint: id}, nil)
		if i%100 == 99 {
			settled := make(chan struct{}) // the queue is bounded
			_ = inst.Look(func(*conference.State) { close(settled) })
			<-settled
		}
	}
	alice.Send(alice.other(sipmsg.SUBSCRIBE, lobby, "Event: conference"))
	alice.Expect(200, sipmsg.SUBSCRIBE)
	req := alice.Request()
	alice.Answer(req, 200)
	doc, err := confinfo.Unmarshal(req.Body, confinfo.Limits{})
	if err != nil {
		t.Fatalf("%v\n%s", err, req.Append(nil))
	}
	if doc.State != confinfo.Full || len(doc.Users.List) != 1 || doc.Users.List[0].Entity != alice.aor() ||
		doc.ConferenceState.UserCount != 901 {
		t.Errorf("state %v, users %v, %+v", doc.State, doc.Users.List, doc.ConferenceState)
	}
}
