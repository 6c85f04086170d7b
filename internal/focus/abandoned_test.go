package focus_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestAbandoned: whatever ends a call whose leg is waited for ends it at once, and the
// leg is given back when it comes.
func TestAbandoned(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "FOC-FAC-08", "FOC-RMV-05", "FOC-TRM-03", "FOC-TRM-09")
	for name, test := range map[string]struct {
		field  string                     // of the INVITE
		end    func(owner, caller *guest) // a second after it
		status int                        // the answer to the INVITE; 0: nobody is there to read it
	}{
		"cancelled": {"", func(owner, caller *guest) {
			caller.Send(testnet.Cancel(caller.sent))
			caller.Expect(200, sipmsg.CANCEL)
			owner.leave()
		}, 487},
		"expired": {"Expires: 2", func(owner, _ *guest) {
			owner.Silence(time.Second + tick)
			owner.leave()
		}, 487},
		"lost": {"", func(owner, caller *guest) {
			caller.Close()
			owner.leave()
		}, 0},
		"removed": {"", func(owner, caller *guest) {
			caller.rig.do(conference.Remove{At: time.Now(), User: conference.User(caller.aor())})
			owner.leave()
		}, 403},
		"everybody removed": {"", func(owner, caller *guest) {
			caller.rig.do(conference.RemoveAll{At: time.Now()})
			owner.hungUp()
		}, 403},
		"ended": {"", func(owner, caller *guest) {
			caller.rig.do(conference.End{At: time.Now(), Cause: conference.EndRequested})
			owner.hungUp()
		}, 404},
		"emptied": {"", func(owner, _ *guest) { owner.leave() }, 404},
		"shutdown": {"", func(owner, caller *guest) {
			go func() { _ = caller.rig.directory.Shutdown(caller.rig.t.Context()) }()
			owner.hungUp()
		}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := serve(t, nil)
				bob, alice := r.guest("bob").found(), r.guest("alice")
				invite := alice.invite(bob.call.URI, fields(test.field)...)
				alice.Send(invite)
				began := time.Now()
				alice.Silence(time.Second)
				test.end(bob, alice)
				if test.status > 0 {
					alice.refused(invite, test.status)
				}
				if time.Since(began) >= patience {
					t.Errorf("after %v", time.Since(began))
				}
				r.mixer.Answer()
				r.vacant()
				if n := r.mixer.Allocated(); n != 2 {
					t.Errorf("%d legs", n)
				}
			})
		})
	}
}

// TestByeBeforeTheLeg comes in the early dialog of a caller who was approved of.
func TestByeBeforeTheLeg(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "FOC-LVE-02")
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, func(p *conference.Policy) { p.Join = conference.JoinModerated })
		bob, alice := r.guest("bob").found(), r.guest("alice")
		invite := alice.invite(bob.call.URI)
		alice.Send(invite)
		alice.call.Learn(alice.Expect(183, sipmsg.INVITE))
		r.do(conference.Approve{At: time.Now(), Identity: conference.Identity(alice.aor()), Approved: true})
		alice.Silence(time.Second)
		alice.Send(alice.call.Request(sipmsg.BYE))
		alice.Expect(200, sipmsg.BYE)
		alice.refused(invite, 487)
		bob.leave()
		r.mixer.Answer()
		r.vacant()
	})
}

// TestNextLife has a caller whose leg is waited for when a reserved conference empties
// begin its next life.
func TestNextLife(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "FOC-TRM-02")
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, nil)
		bob, alice := r.guest("bob").join(), r.guest("alice")
		alice.Send(alice.invite(lobby))
		alice.Silence(time.Second)
		bob.leave()
		alice.Silence(time.Second) // the mixer was asked once more
		r.mixer.Answer()
		alice.accepted().leave()
		r.vacant()
		if n := r.mixer.Allocated(); n != 3 {
			t.Errorf("%d legs", n)
		}
	})
}

// TestAbandonedCall: a call of the focus is given up before there is anything to cancel.
func TestAbandonedCall(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "FOC-TRM-03", "FOC-TRM-04", "FOC-RMV-05")
	for name, end := range map[string]func(owner *guest){
		"removed": func(owner *guest) {
			owner.rig.do(conference.Remove{At: time.Now(), User: "sip:carol@10.0.0.3"})
			owner.leave()
		},
		"ended": func(owner *guest) {
			owner.rig.do(conference.End{At: time.Now(), Cause: conference.EndRequested})
			owner.hungUp()
		},
		"emptied": func(owner *guest) { owner.leave() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := serve(t, nil)
				carol := testnet.NewPeer(t, r.net.Host("10.0.0.3"), r.gate.Origin("udp").Local)
				defer carol.Close()
				bob := r.guest("bob").found()
				last := make(chan int, 1)
				r.invites("sip:carol@10.0.0.3", func(status int, _ string, final bool) {
					if final {
						last <- status
					}
				})
				bob.Silence(time.Second)
				began := time.Now()
				end(bob)
				if status := <-last; status != 487 {
					t.Errorf("reported %d", status)
				}
				exactly(t, began, 0)
				r.mixer.Answer()
				carol.Quiet(time.Minute)
				r.vacant()
			})
		})
	}
}

// fields is no field for "".
func fields(field string) []string {
	if field == "" {
		return nil
	}
	return []string{field}
}

// TestOvertaken: what the conference decides between a caller's leg and his connection is
// what he is told.
func TestOvertaken(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-01", "FOC-RMV-05", "FOC-TRM-03")
	for name, test := range map[string]struct {
		command conference.Command
		status  int
	}{
		"removed":             {conference.Remove{User: "sip:alice@example.test"}, 403},
		"ended":               {conference.End{Cause: conference.EndRequested}, 404},
		"ended while stopped": {conference.End{Cause: conference.EndShutdown}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := serve(t, nil)
				bob, alice := r.guest("bob").found(), r.guest("alice")
				invite := alice.invite(bob.call.URI)
				alice.Send(invite)
				alice.Silence(time.Second)
				i, hold := r.alive(), make(chan struct{})
				if err := i.Look(func(*conference.State) { <-hold }); err != nil {
					t.Fatal(err)
				}
				r.mixer.Answer()
				i.Do(test.command, nil)
				close(hold)
				alice.refused(invite, test.status)
				bob.leaves()
				r.vacant()
			})
		})
	}
}
