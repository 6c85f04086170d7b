package conference

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

func TestEndings(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-TRM-01", "FOC-TRM-07")
	leave := func(ep EndpointID, cause Cause) func(time.Duration) Command {
		return func(d time.Duration) Command { return Leave{At: at(d), Endpoint: ep, Cause: cause} }
	}
	lose := func(d time.Duration) Command { return LoseLeg{At: at(d), Endpoint: "alice1"} }
	alice := Identity("sip:alice@a.test")
	back := func(d time.Duration) Command { return Admit{At: at(d), Identity: alice, Endpoint: "alice2"} }
	backIn := func(d time.Duration) Command { return Connect{At: at(d), Endpoint: "alice2"} }
	bob := func(d time.Duration) Command {
		return Admit{At: at(d), Identity: "sip:bob@b.test", Endpoint: "bob1"}
	}
	bobIn := func(d time.Duration) Command { return Connect{At: at(d), Endpoint: "bob1"} }
	type when struct {
		at time.Duration
		do func(time.Duration) Command
	}
	tests := map[string]struct {
		policy func(*Policy)
		steps  []when
		want   time.Duration
		cause  EndCause
	}{
		"the last user hangs up": {
			steps: []when{{5 * time.Second, leave("alice1", CauseHungup)}}, want: 5 * time.Second, cause: EndEmpty,
		},
		"empty_after": {
			policy: func(p *Policy) { p.End.EmptyAfter = 30 * time.Second },
			steps:  []when{{5 * time.Second, leave("alice1", CauseHungup)}}, want: 35 * time.Second, cause: EndEmpty,
		},
		"somebody comes in time": {
			policy: func(p *Policy) { p.End.EmptyAfter = 30 * time.Second },
			steps:  []when{{0, leave("alice1", CauseHungup)}, {10 * time.Second, bob}, {20 * time.Second, bobIn}},
			want:   24 * time.Hour, cause: EndDuration,
		},
		"the last user is lost with its dialog": {
			steps: []when{{5 * time.Second, leave("alice1", CauseLost)}}, want: 65 * time.Second, cause: EndEmpty,
		},
		"the leg is lost, and with it in the end the dialog": {
			steps: []when{{5 * time.Second, lose}}, want: 65 * time.Second, cause: EndEmpty,
		},
		"time waited for the leg counts": {
			steps: []when{{5 * time.Second, lose}, {25 * time.Second, leave("alice1", CauseLost)}},
			want:  65 * time.Second, cause: EndEmpty,
		},
		"BYE while the leg is lost": {
			steps: []when{{5 * time.Second, lose}, {25 * time.Second, leave("alice1", CauseHungup)}},
			want:  25 * time.Second, cause: EndEmpty,
		},
		"the longer grace wins": {
			policy: func(p *Policy) { p.End.EmptyAfter = 2 * time.Minute },
			steps:  []when{{0, leave("alice1", CauseLost)}}, want: 2 * time.Minute, cause: EndEmpty,
		},
		"BYE of the last while another is waited for": {
			steps: []when{
				{0, bob},
				{0, bobIn},
				{10 * time.Second, leave("alice1", CauseLost)},
				{20 * time.Second, leave("bob1", CauseHungup)},
			},
			want: 70 * time.Second, cause: EndEmpty,
		},
		"who was waited for comes back and hangs up": {
			steps: []when{
				{0, leave("alice1", CauseLost)},
				{10 * time.Second, back},
				{10 * time.Second, backIn},
				{20 * time.Second, leave("alice2", CauseHungup)},
			},
			want: 20 * time.Second, cause: EndEmpty,
		},
		"who is on the way back is still waited for": {
			steps: []when{{0, leave("alice1", CauseLost)}, {10 * time.Second, back}}, want: 60 * time.Second, cause: EndEmpty,
		},
		"unacknowledged return": {
			steps: []when{
				{0, leave("alice1", CauseLost)},
				{10 * time.Second, back},
				{10 * time.Second, backIn},
				{42 * time.Second, leave("alice2", CauseUnacknowledged)},
			},
			want: 102 * time.Second, cause: EndEmpty,
		},
		"nobody acknowledged": {
			policy: func(p *Policy) { p.End.EmptyAfter = time.Hour },
			steps:  []when{{32 * time.Second, leave("alice1", CauseUnacknowledged)}}, want: 32 * time.Second, cause: EndNobody,
		},
		"nobody acknowledged, but somebody is on the way": {
			steps: []when{{30 * time.Second, bob}, {32 * time.Second, leave("alice1", CauseUnacknowledged)}},
			want:  92 * time.Second, cause: EndNobody,
		},
		"who is on the way does not keep it": {
			steps: []when{{0, bob}, {5 * time.Second, leave("alice1", CauseHungup)}}, want: 5 * time.Second, cause: EndEmpty,
		},
		"the creator leaves and others stay": {
			steps: []when{{0, bob}, {0, bobIn}, {5 * time.Second, leave("alice1", CauseHungup)}},
			want:  24 * time.Hour, cause: EndDuration,
		},
		"on_creator_leave": {
			policy: func(p *Policy) { p.End.OnCreatorLeave = true },
			steps:  []when{{0, bob}, {0, bobIn}, {5 * time.Second, leave("alice1", CauseHungup)}},
			want:   5 * time.Second, cause: EndCreatorLeft,
		},
		"on_creator_leave and a second device": {
			policy: func(p *Policy) { p.End.OnCreatorLeave = true },
			steps: []when{
				{0, bob},
				{0, bobIn},
				{1 * time.Second, back},
				{1 * time.Second, backIn},
				{5 * time.Second, leave("alice1", CauseHungup)},
			},
			want: 24 * time.Hour, cause: EndDuration,
		},
		"on_creator_leave and the creator lost": {
			policy: func(p *Policy) { p.End.OnCreatorLeave = true },
			steps:  []when{{0, bob}, {0, bobIn}, {5 * time.Second, leave("alice1", CauseLost)}},
			want:   65 * time.Second, cause: EndCreatorLeft,
		},
		"on_creator_leave and the creator back in time": {
			policy: func(p *Policy) { p.End.OnCreatorLeave = true },
			steps: []when{
				{0, bob},
				{0, bobIn},
				{5 * time.Second, leave("alice1", CauseLost)},
				{50 * time.Second, back},
				{51 * time.Second, backIn},
			},
			want: 24 * time.Hour, cause: EndDuration,
		},
		"max_duration": {
			policy: func(p *Policy) { p.End.MaxDuration = time.Hour }, want: time.Hour, cause: EndDuration,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := found(t, func(c *Create) {
				if tt.policy != nil {
					tt.policy(&c.Policy)
				}
			})
			var events []Event
			for _, s := range tt.steps {
				events = append(events, f.pass(t, at(s.at))...)
				f.must(t, s.do(s.at))
			}
			events = append(events, f.pass(t, at(tt.want-1))...)
			if got := f.Phase(); got == PhaseEnded {
				t.Fatalf("ended too early: %s", kinds(events))
			}
			events = f.pass(t, at(tt.want))
			if len(events) == 0 {
				t.Fatalf("has not ended; next timeout %v", f.NextTimeout().Sub(epoch))
			}
			end, ok := events[len(events)-1].(Ended)
			if !ok || end.Cause != tt.cause {
				t.Errorf("ended with %+v, want cause %v", events[len(events)-1], tt.cause)
			}
			if !f.NextTimeout().IsZero() {
				t.Error("a timeout after the end")
			}
		})
	}
}

func TestFounderWhoNeverGetsIn(t *testing.T) {
	t.Parallel()
	start := func() *fold {
		f := &fold{}
		f.must(t, Create{At: epoch, Policy: DefaultPolicy(), First: Admit{At: epoch, Identity: "sip:a@a.test", Endpoint: "a"}})
		return f
	}
	f := start()
	if f.Phase() != PhaseCreating {
		t.Errorf("phase %v", f.Phase())
	}
	f.must(t, Withdraw{At: at(time.Second), Endpoint: "a", Cause: CauseCancelled})
	if got := kinds(f.pass(t, at(time.Second))); got != "ended" {
		t.Errorf("after CANCEL: %q", got)
	}
	f = start()
	if got := kinds(f.pass(t, at(time.Minute-1))); got != "" {
		t.Errorf("before create.timeout: %q", got)
	}
	if got := kinds(f.pass(t, at(time.Minute))); got != "ended" {
		t.Errorf("after create.timeout: %q", got)
	}
}

func TestReservedConferenceLivesAgain(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) { c.Origin = FromReserve })
	f.join(t, epoch, "sip:bob@b.test", "bob1")
	f.must(t, Remove{At: epoch, User: "sip:bob@b.test", Bar: true})
	f.must(t, End{At: epoch})
	last := f.Position()
	f.must(t, Create{
		At: epoch, Origin: FromReserve, Policy: DefaultPolicy(),
		First: Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob1"},
	})
	if f.Barred("sip:bob@b.test") || f.Phase() != PhaseCreating || f.Position() != last+2 {
		t.Errorf("second life: %s", dump(&f.State))
	}
}

func TestWithdrawComesTooLate(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	f.refused(t, Withdraw{At: epoch, Endpoint: "alice1", Cause: CauseCancelled}, CodeAlreadyConnected)
	f.refused(t, Connect{At: epoch, Endpoint: "alice1"}, CodeAlreadyConnected)
	f.refused(t, Connect{At: epoch, Endpoint: "bob1"}, CodeNoSuchEndpoint)
	if events := f.must(t, Leave{At: epoch, Endpoint: "bob1"}); len(events) != 0 {
		t.Errorf("leave of a stranger: %s", kinds(events))
	}
}

func TestRights(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) {
		c.Origin, c.Owner, c.Moderators = FromReserve, "sip:alice@a.test", []Identity{"sip:mod@a.test"}
	})
	f.join(t, epoch, "sip:mod@a.test", "mod1")
	f.join(t, epoch, "sip:bob@b.test", "bob1")
	remove := func(by, user User) Remove { return Remove{At: epoch, User: user, By: by, Bar: true} }
	f.refused(t, remove("sip:bob@b.test", "sip:mod@a.test"), CodeNotAllowed)
	f.refused(t, remove("sip:bob@b.test", "sip:stranger@b.test"), CodeNotAllowed)
	f.refused(t, remove("sip:stranger@b.test", "sip:bob@b.test"), CodeNotAllowed)
	f.refused(t, remove("sip:mod@a.test", "sip:alice@a.test"), CodeNotAllowed)
	f.refused(t, remove("sip:mod@a.test", "sip:stranger@b.test"), CodeNoSuchUser)
	f.refused(t, Lock{At: epoch, By: "sip:mod@a.test", Locked: true}, CodeNotAllowed)
	f.refused(t, End{At: epoch, By: "sip:mod@a.test"}, CodeNotAllowed)
	if got := kinds(f.must(t, remove("sip:bob@b.test", "sip:bob@b.test"))); got != "departed barred" {
		t.Errorf("removing oneself: %s", got)
	}
	f.must(t, Lock{At: epoch, By: "sip:alice@a.test", Locked: true})
	f.must(t, remove("", "sip:alice@a.test"))
	f.refused(t, Lock{At: epoch, By: "sip:alice@a.test"}, CodeNotAllowed)
}

func TestLostUserHoldsItsPlace(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) { c.Policy.MaxUsers = 2 })
	f.join(t, epoch, "sip:bob@b.test", "bob1")
	f.must(t, Leave{At: epoch, Endpoint: "bob1", Cause: CauseLost})
	f.must(t, Lock{At: epoch, Locked: true})
	carol := Admit{At: at(59 * time.Second), Identity: "sip:carol@b.test", Endpoint: "carol1"}
	f.refused(t, carol, CodeLocked)
	f.must(t, Lock{At: epoch})
	f.refused(t, carol, CodeFull)
	f.must(t, Lock{At: epoch, Locked: true})
	bob := Admit{At: at(59 * time.Second), Identity: "sip:bob@b.test", Endpoint: "bob2"}
	f.must(t, bob)
	f.must(t, Connect{At: at(59 * time.Second), Endpoint: "bob2"})
	f.must(t, Leave{At: at(59 * time.Second), Endpoint: "bob2"})
	bob.Endpoint = "bob3"
	f.refused(t, bob, CodeLocked)

	f = found(t, func(c *Create) { c.Policy.MaxUsers = 2 })
	f.join(t, epoch, "sip:bob@b.test", "bob1")
	f.must(t, Leave{At: epoch, Endpoint: "bob1", Cause: CauseLost})
	f.must(t, Remove{At: at(time.Second), User: "sip:bob@b.test", Bar: true})
	f.must(t, carol)
	f.refused(t, bob, CodeBarred)
}
