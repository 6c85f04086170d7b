package conference

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

// bobCalled is the invitation of bob by alice, who is the owner.
func bobCalled() Invite {
	return Invite{At: epoch, By: "sip:alice@a.test", Identity: "sip:bob@b.test", Endpoint: "bob1"}
}

func TestInviteRefusals(t *testing.T) {
	t.Parallel()
	with := func(change func(*Invite)) Invite {
		c := bobCalled()
		change(&c)
		return c
	}
	byCarol := with(func(c *Invite) { c.By = "sip:carol@c.test" })
	tests := map[string]struct {
		policy func(*Policy)
		before []Command
		invite Invite
		want   Code
	}{
		"by the owner":      {invite: bobCalled()},
		"by administration": {policy: func(p *Policy) { p.Invite = OwnerOnly }, invite: with(func(c *Invite) { c.By = "" })},
		"by an outsider":    {invite: with(func(c *Invite) { c.By = "sip:mallory@m.test" }), want: CodeNotAllowed},
		"by a participant":  {invite: byCarol},
		"by a participant where moderators invite": {
			policy: func(p *Policy) { p.Invite = Moderators }, invite: byCarol, want: CodeNotAllowed,
		},
		"after the end":      {before: []Command{End{At: epoch}}, invite: bobCalled(), want: CodeNotAlive},
		"locked":             {before: []Command{Lock{At: epoch, Locked: true}}, invite: bobCalled(), want: CodeLocked},
		"full":               {policy: func(p *Policy) { p.MaxUsers = 2 }, invite: bobCalled(), want: CodeFull},
		"endpoint id in use": {invite: with(func(c *Invite) { c.Endpoint = "alice1" }), want: CodeEndpointTaken},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := found(t, func(c *Create) {
				if tt.policy != nil {
					tt.policy(&c.Policy)
				}
			})
			f.join(t, epoch, "sip:carol@c.test", "carol1")
			for _, c := range tt.before {
				f.must(t, c)
			}
			if tt.want != 0 {
				f.refused(t, tt.invite, tt.want)
				return
			}
			f.must(t, tt.invite)
			ep := f.Endpoint("bob1")
			if ep.Status() != StatusPending || ep.Method != DialedOut || ep.By != tt.invite.By {
				t.Errorf("%+v", ep)
			}
		})
	}
}

// TestCalledUserAnswers goes through the statuses of a call.
func TestCalledUserAnswers(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.must(t, bobCalled())
	for _, status := range []Status{StatusDialingOut, StatusAlerting, StatusDialingOut} {
		f.must(t, Advance{At: epoch, Endpoint: "bob1", Status: status})
		if got := f.Endpoint("bob1").Status(); got != max(status, got) || f.UserCount() != 1 || f.Places(epoch) != 2 {
			t.Errorf("%v after %v, %d users, %d places", got, status, f.UserCount(), f.Places(epoch))
		}
	}
	again := bobCalled()
	again.Endpoint = "bob2"
	if events := f.must(t, again); len(events) > 0 {
		t.Errorf("%s while he is called", kinds(events))
	}
	f.must(t, Connect{At: epoch, Endpoint: "bob1", Contact: "sip:bob@192.0.2.1"})
	if ep := f.Endpoint("bob1"); !ep.Connected() || ep.Contact != "sip:bob@192.0.2.1" {
		t.Errorf("%+v", ep)
	}
	if events := f.must(t, again); len(events) > 0 {
		t.Errorf("%s while he is there", kinds(events))
	}
	if events := f.must(t, Advance{At: epoch, Endpoint: "bob1", Status: StatusAlerting}); len(events) > 0 {
		t.Errorf("%s after he has answered", kinds(events))
	}
}

// TestAnswerComesTooLate: what holds when the call began is looked at again.
func TestAnswerComesTooLate(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.must(t, bobCalled())
	f.must(t, Lock{At: epoch, Locked: true})
	f.refused(t, Connect{At: epoch, Endpoint: "bob1"}, CodeLocked)
	f.must(t, Lock{At: epoch})
	f.must(t, Remove{At: epoch, User: "sip:bob@b.test", Bar: true})
	f.refused(t, Connect{At: epoch, Endpoint: "bob1"}, CodeNoSuchEndpoint)
	f.refused(t, Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob2"}, CodeBarred)
}

// TestCalledUserComesByHimself keeps one of two ways in.
func TestCalledUserComesByHimself(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) {
		c.Policy.Join, c.Members, c.Policy.MaxUsers = JoinMembers, []string{"a.test"}, 2
	})
	f.must(t, bobCalled())
	f.must(t, Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob2"}) // invited is as good as member
	events := f.must(t, Connect{At: epoch, Endpoint: "bob2"})
	if got := kinds(events); got != "connected departed" {
		t.Fatalf("events %s", got)
	}
	if gone := as[Departed](t, events[1]); gone.Endpoint != "bob1" || gone.Cause != CauseReplaced {
		t.Errorf("%+v", gone)
	}
}

// TestCalledUserComesByHimselfAtTheLimit: the device that is being called is none that he
// has.
func TestCalledUserComesByHimselfAtTheLimit(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-11")
	f := found(t, func(c *Create) { c.Policy.EndpointsPerUser, c.Policy.MaxUsers = 1, 2 })
	f.must(t, bobCalled())
	f.join(t, epoch, "sip:bob@b.test", "bob2")
	f.refused(t, Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob3"}, CodeTooManyEndpoints)
	if f.Endpoint("bob1") != nil || f.UserCount() != 2 {
		t.Errorf("%d users", f.UserCount())
	}
}

// TestCalledUserComesHidden: the place that is kept for him is his by whatever name he
// comes, and it is one.
func TestCalledUserComesHidden(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-04", "FOC-JOI-11")
	hidden := Admit{At: epoch, Identity: "sip:bob@b.test", Private: true, Endpoint: "bob2"}
	coming := func() *fold {
		f := found(t, func(c *Create) { c.Policy.MaxUsers = 2 })
		f.must(t, bobCalled())
		f.must(t, hidden)
		f.refused(t, Admit{At: epoch, Identity: "sip:carol@c.test", Endpoint: "carol1"}, CodeFull)
		if n := f.Places(epoch); n != 2 {
			t.Errorf("%d places", n)
		}
		return f
	}
	f := coming()
	if events := f.must(t, Connect{At: epoch, Endpoint: "bob2"}); kinds(events) != "connected departed" {
		t.Errorf("events %s", kinds(events))
	}
	if n := f.Places(epoch); n != 2 || f.UserCount() != 2 {
		t.Errorf("%d places, %d users", n, f.UserCount())
	}
	f = coming() // and the called device answers first
	f.refused(t, Connect{At: epoch, Endpoint: "bob1"}, CodeFull)
	f.must(t, Leave{At: epoch, Endpoint: "bob1", Cause: CauseFailed})
	f.must(t, Connect{At: epoch, Endpoint: "bob2"})
	f = coming() // or nobody does
	f.must(t, Withdraw{At: epoch, Endpoint: "bob2", Cause: CauseCancelled})
	f.must(t, Connect{At: epoch, Endpoint: "bob1"})
	if n := f.Places(epoch); n != 2 {
		t.Errorf("%d places", n)
	}
}

// TestInvitationLiftsTheBar lets somebody back who was removed.
func TestInvitationLiftsTheBar(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-03")
	f := found(t, nil)
	f.join(t, epoch, "sip:bob@b.test", "bob1")
	f.must(t, Remove{At: epoch, User: "sip:bob@b.test", Bar: true})
	f.refused(t, Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob2"}, CodeBarred)
	called := bobCalled()
	called.Endpoint = "bob3"
	f.must(t, called)
	f.must(t, Withdraw{At: epoch, Endpoint: "bob3", Cause: CauseBusy})
	f.join(t, at(time.Second), "sip:bob@b.test", "bob4")
}

// TestConferenceEmptyWhileCalling does not wait for those who are called.
func TestConferenceEmptyWhileCalling(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.must(t, bobCalled())
	f.must(t, Leave{At: epoch, Endpoint: "alice1"})
	if events := f.pass(t, epoch); kinds(events) != "ended" {
		t.Errorf("events %q", kinds(events))
	}
}

// TestReferredUserComesLater: who is told to come by himself may do so for a
// while, whatever becomes of the telling.
func TestReferredUserComesLater(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) { c.Policy.Join, c.Members = JoinMembers, []string{"a.test"} })
	told := bobCalled()
	told.Until = at(3 * time.Minute)
	f.must(t, told)
	f.must(t, Withdraw{At: at(time.Minute), Endpoint: "bob1", Cause: CauseFailed})
	f.refused(t, Admit{At: at(3 * time.Minute), Identity: "sip:bob@b.test", Endpoint: "bob2"}, CodeNotMember)
	f.join(t, at(2*time.Minute), "sip:bob@b.test", "bob3")
	f.must(t, Remove{At: at(2 * time.Minute), User: "sip:bob@b.test", Bar: true})
	f.refused(t, Admit{At: at(2 * time.Minute), Identity: "sip:bob@b.test", Endpoint: "bob4"}, CodeBarred)
}
