package server

import (
	"context"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestInviteMeetsTheEnd has callers wait at the conference's door while it is
// being ended, one time after the other for another reason.
func TestInviteMeetsTheEnd(t *testing.T) {
	conform.Covers(t, "FOC-TRM-02", "FOC-TRM-03")
	for _, test := range []struct {
		cause  conference.EndCause
		status int // of the caller at the reserved conference
	}{{conference.EndRequested, 480}, {conference.EndDuration, 480}, {conference.EndEmpty, 200}} {
		t.Run(test.cause.String(), func(t *testing.T) {
			r := serve(t, nil)
			r.guest("udp", "alice").join(lobby)
			release := r.busy()
			inst := r.entry().Instance
			inst.Do(conference.End{At: time.Now(), Cause: test.cause}, nil)
			bob, asking := r.guest("tcp", "bob"), r.guest("tcp", "asking")
			invite := bob.invite(lobby)
			bob.Send(invite)
			asking.Send(asking.other(sipmsg.OPTIONS, lobby))
			watching := r.guest("tcp", "alice")
			watching.Send(watching.other(sipmsg.SUBSCRIBE, lobby, "Event: conference"))
			// The requests of a connection are served in order, so all three wait
			// when this is answered.
			for _, g := range []*guest{bob, asking, watching} {
				g.Send(g.other(sipmsg.OPTIONS, nowhere))
				g.Expect(404, sipmsg.OPTIONS)
			}
			release()
			watching.Expect(404, sipmsg.SUBSCRIBE)
			asking.Expect(200, sipmsg.OPTIONS)
			resp := bob.Expect(test.status, sipmsg.INVITE)
			if test.status == 200 {
				bob.call.Learn(resp)
				bob.Send(bob.call.Ack())
				bob.leave()
				return
			}
			bob.Send(testnet.Refused(invite, resp))
			if resp.Header.Value("Retry-After") == "" {
				t.Errorf("%s", resp.Append(nil))
			}
			<-inst.Gone() // a moment later
			bob.join(lobby).leave()
		})
	}
}

// TestReadyTooLate: a caller has his resources ready in the moment in which the conference
// ends. He is told what others are told who come now.
func TestReadyTooLate(t *testing.T) {
	conform.Covers(t, "FOC-TRM-02", "FOC-TRM-03")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.guest("tcp", "bob")
	invite := bob.conditioned(lobby, unreserved, "Supported: 100rel, precondition")
	bob.Send(invite)
	bob.prack(bob.Expect(183, sipmsg.INVITE))
	release := r.busy()
	inst := r.entry().Instance
	inst.Do(conference.End{At: time.Now(), Cause: conference.EndRequested}, nil)
	bob.update(2, reserved)
	release()
	resp := bob.Expect(480, sipmsg.INVITE)
	if resp.Header.Value("Retry-After") == "" {
		t.Errorf("%s", resp.Append(nil))
	}
	bob.Send(testnet.Refused(invite, resp))
	alice.hungUp(`SIP;cause=200;text="Conference ended"`)
	<-inst.Gone()
	bob.join(lobby).leave()
	r.vacant()
}

// TestInviteMeetsTheEndOfAFactoryConference has nothing to come back to.
func TestInviteMeetsTheEndOfAFactoryConference(t *testing.T) {
	conform.Covers(t, "FOC-TRM-02", "FOC-TRM-03", "FOC-DSP-02")
	r := serve(t, nil)
	uri := r.guest("udp", "alice").join(factory).conferenceURI()
	parsed, err := sipmsg.ParseURI(uri)
	if err != nil {
		t.Fatal(err)
	}
	entry, ok := r.gate.Locate(parsed)
	if !ok {
		t.Fatal("no such conference")
	}
	held := make(chan struct{})
	if err := entry.Entry.Instance.Look(func(*conference.State) { <-held }); err != nil {
		t.Fatal(err)
	}
	entry.Entry.Instance.Do(conference.End{At: time.Now()}, nil)
	bob, asking := r.guest("tcp", "bob"), r.guest("tcp", "asking")
	invite := bob.invite(uri)
	bob.Send(invite, bob.other(sipmsg.OPTIONS, nowhere))
	bob.Expect(404, sipmsg.OPTIONS)
	asking.Send(asking.other(sipmsg.OPTIONS, uri), asking.other(sipmsg.OPTIONS, nowhere))
	asking.Expect(404, sipmsg.OPTIONS)
	close(held)
	bob.Send(testnet.Refused(invite, bob.Expect(404, sipmsg.INVITE)))
	asking.Expect(404, sipmsg.OPTIONS)
	<-entry.Entry.Instance.Gone()
	bob.refused(uri, 404)
}

// TestInviteMeetsShutdown has a caller wait while the server goes down.
func TestInviteMeetsShutdown(t *testing.T) {
	conform.Covers(t, "FOC-TRM-09")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	release := r.busy()
	bob := r.guest("tcp", "bob")
	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	r.ended = true
	inst := r.entry().Instance
	inst.Do(conference.End{At: time.Now(), Cause: conference.EndShutdown}, nil)
	invite := bob.invite(lobby)
	bob.Send(invite, bob.other(sipmsg.OPTIONS, nowhere))
	bob.Expect(404, sipmsg.OPTIONS)
	done := make(chan error, 1)
	go func() { done <- r.Shutdown(ctx) }()
	for !r.gate.Draining() {
		alice.Send(alice.call.Request(sipmsg.OPTIONS))
		alice.Expect(200, sipmsg.OPTIONS)
	}
	release()
	bob.Send(testnet.Refused(invite, bob.Expect(503, sipmsg.INVITE)))
	alice.Answer(alice.Request(), 200)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
