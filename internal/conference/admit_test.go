package conference

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

func TestAdmitRefusals(t *testing.T) {
	t.Parallel()
	bob := Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob1"}
	with := func(change func(*Admit)) Admit {
		a := bob
		change(&a)
		return a
	}
	tests := map[string]struct {
		policy func(*Create)
		before []Command
		admit  Admit
		want   Code
	}{
		"open to everybody": {admit: bob},
		"ended":             {before: []Command{End{At: epoch}}, admit: bob, want: CodeNotAlive},
		"endpoint id in use": {
			admit: with(func(a *Admit) { a.Endpoint = "alice1" }), want: CodeEndpointTaken,
		},
		"locked": {before: []Command{Lock{At: epoch, Locked: true}}, admit: bob, want: CodeLocked},
		"second device of a present user while locked": {
			before: []Command{Lock{At: epoch, Locked: true}},
			admit:  with(func(a *Admit) { a.Identity = "sip:alice@a.test" }), want: CodeLocked,
		},
		"opened again": {
			before: []Command{Lock{At: epoch, Locked: true}, Lock{At: epoch}}, admit: bob,
		},
		"no member": {
			policy: func(c *Create) {
				c.Policy.Join, c.Members = JoinMembers, []string{"sip:carol@b.test", "c.test", "sip:alice@a.test"}
			},
			admit: bob, want: CodeNotMember,
		},
		"member by domain": {
			policy: func(c *Create) { c.Policy.Join, c.Members = JoinMembers, []string{"a.test", "B.test"} },
			admit:  bob,
		},
		"member by address": {
			policy: func(c *Create) { c.Policy.Join, c.Members = JoinMembers, []string{"a.test", "sip:bob@b.test"} },
			admit:  bob,
		},
		"moderator of a members' conference": {
			policy: func(c *Create) {
				c.Policy.Join, c.Members, c.Moderators = JoinMembers, []string{"a.test"}, []Identity{"sip:bob@b.test"}
			},
			admit: bob,
		},
		"anonymous caller is no member": {
			policy: func(c *Create) { c.Policy.Join, c.Members = JoinMembers, []string{"a.test"} },
			admit:  with(func(a *Admit) { a.Identity = "" }), want: CodeNotMember,
		},
		"moderated": {
			policy: func(c *Create) { c.Policy.Join, c.Moderators = JoinModerated, []Identity{"sip:alice@a.test"} },
			admit:  bob, want: CodeNotApproved,
		},
		"full": {
			policy: func(c *Create) { c.Policy.MaxUsers = 1 }, admit: bob, want: CodeFull,
		},
		"second device of a present user while full": {
			policy: func(c *Create) { c.Policy.MaxUsers = 1 },
			admit:  with(func(a *Admit) { a.Identity = "sip:alice@a.test" }),
		},
		"one device too many": {
			policy: func(c *Create) { c.Policy.EndpointsPerUser = 1 },
			admit:  with(func(a *Admit) { a.Identity = "sip:alice@a.test" }), want: CodeTooManyEndpoints,
		},
		"hidden behind privacy, one device too many": {
			policy: func(c *Create) { c.Policy.EndpointsPerUser = 1 },
			admit:  with(func(a *Admit) { a.Identity, a.Private = "sip:alice@a.test", true }), want: CodeTooManyEndpoints,
		},
		"barred": {
			before: []Command{bob, Connect{At: epoch, Endpoint: "bob1"}, Remove{At: epoch, User: "sip:bob@b.test", Bar: true}},
			admit:  bob, want: CodeBarred,
		},
		"removed and not barred": {
			before: []Command{bob, Remove{At: epoch, User: "sip:bob@b.test"}}, admit: bob,
		},
		"replaces nothing": {
			admit: with(func(a *Admit) { a.Replaces = "nobody1" }), want: CodeNoSuchEndpoint,
		},
		"replaces another user's endpoint": {
			admit: with(func(a *Admit) { a.Replaces = "alice1" }), want: CodeNotAllowed,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := found(t, func(c *Create) {
				c.First.Instance = "phone"
				if tt.policy != nil {
					tt.policy(c)
				}
			})
			for _, c := range tt.before {
				f.must(t, c)
			}
			if tt.want != 0 {
				f.refused(t, tt.admit, tt.want)
				return
			}
			f.must(t, tt.admit)
			if got := f.Endpoint(tt.admit.Endpoint).Status(); got != StatusDialingIn {
				t.Errorf("status %v", got)
			}
		})
	}
}

// TestOneEndpointPerDevice: whatever way a device has come in before, and however often
// it tries at the same time, it is there once.
func TestOneEndpointPerDevice(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-14")
	const phone = "<urn:uuid:1>"
	again := func(ep EndpointID) Admit {
		return Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: ep, Instance: phone}
	}
	for name, tt := range map[string]struct {
		before []Command
		then   []Command
		want   EndpointID
	}{
		"twice at a time": {
			before: []Command{again("bob1"), Connect{At: epoch, Endpoint: "bob1"}},
			then:   []Command{again("bob2"), again("bob3"), Connect{At: epoch, Endpoint: "bob2"}, Connect{At: epoch, Endpoint: "bob3"}},
			want:   "bob3",
		},
		"the first of two never gets in": {
			before: []Command{again("bob1"), Connect{At: epoch, Endpoint: "bob1"}},
			then:   []Command{again("bob2"), again("bob3"), Connect{At: epoch, Endpoint: "bob3"}},
			want:   "bob3",
		},
		"after it was called": {
			before: []Command{bobCalled(), Connect{At: epoch, Endpoint: "bob1", Instance: phone}},
			then:   []Command{again("bob2"), Connect{At: epoch, Endpoint: "bob2"}},
			want:   "bob2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := found(t, func(c *Create) { c.Policy.EndpointsPerUser = 1 })
			for _, c := range append(tt.before, tt.then...) {
				f.must(t, c)
			}
			if n := f.roster.endpointsOf("sip:bob@b.test"); n != 1 || f.Endpoint(tt.want) == nil {
				t.Errorf("%d endpoints", n)
			}
		})
	}
}

func TestRefusedFounderFoundsNothing(t *testing.T) {
	t.Parallel()
	var s State
	events, err := Decide(&s, Create{
		At: epoch, Origin: FromReserve, Policy: Policy{Join: JoinMembers}, First: Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "b"},
	})
	if CodeOf(err) != CodeNotMember || len(events) != 0 {
		t.Errorf("events %v, error %v", events, err)
	}
}

func TestPlacesAreTakenAtAdmission(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) { c.Policy.MaxUsers = 3 })
	admitted := 0
	for n := range 10 {
		id := fmt.Sprintf("sip:u%d@b.test", n)
		_, err := f.do(Admit{At: epoch, Identity: Identity(id), Endpoint: EndpointID(id)})
		switch {
		case err == nil:
			admitted++
		case CodeOf(err) != CodeFull:
			t.Errorf("refused with %v", err)
		}
	}
	if admitted != 2 || f.Places(epoch) != 3 || f.UserCount() != 1 {
		t.Errorf("%d admitted to 2 free places, %d places taken, %d users counted", admitted, f.Places(epoch), f.UserCount())
	}
	f.must(t, Withdraw{At: epoch, Endpoint: "sip:u0@b.test", Cause: CauseCancelled})
	f.must(t, Admit{At: epoch, Identity: "sip:late@b.test", Endpoint: "late"})
}

func TestSecondDeviceIsTheSameUser(t *testing.T) {
	t.Parallel()
	f := found(t, nil)
	for n := 2; n <= 5; n++ {
		f.join(t, epoch, "sip:alice@a.test", EndpointID(fmt.Sprintf("alice%d", n)))
	}
	f.refused(t, Admit{At: epoch, Identity: "sip:alice@a.test", Endpoint: "alice6"}, CodeTooManyEndpoints)
	if f.UserCount() != 1 || f.Places(epoch) != 1 {
		t.Errorf("%d users, %d places", f.UserCount(), f.Places(epoch))
	}
	var ids []EndpointID
	for e := range f.Participant("sip:alice@a.test").Endpoints() {
		ids = append(ids, e.ID)
	}
	if got := fmt.Sprint(ids); got != "[alice1 alice2 alice3 alice4 alice5]" {
		t.Errorf("endpoints %v", got)
	}
}

func TestSameDeviceReplacesItself(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) {
		c.First.Instance = "urn:uuid:1"
		c.Policy.EndpointsPerUser = 1
	})
	f.must(t, Lock{At: epoch, Locked: true})
	for n := 2; n <= 6; n++ {
		id := EndpointID(fmt.Sprintf("alice%d", n))
		f.must(t, Admit{At: epoch, Identity: "sip:alice@a.test", Endpoint: id, Instance: "urn:uuid:1"})
		events := f.must(t, Connect{At: epoch, Endpoint: id})
		if got := kinds(events); got != "connected departed" {
			t.Fatalf("events %s", got)
		}
		if gone := as[Departed](t, events[1]); gone.Cause != CauseReplaced || gone.Endpoint != EndpointID(fmt.Sprintf("alice%d", n-1)) {
			t.Errorf("departed %+v", gone)
		}
	}
	p := f.Participant("sip:alice@a.test")
	if len(p.endpoints) != 1 || f.UserCount() != 1 || f.pass(t, at(time.Hour)) != nil {
		t.Errorf("%d endpoints, %d users", len(p.endpoints), f.UserCount())
	}
}

func TestOwnerOfAReservedConferenceIsOfTheRecord(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-CRE-06")
	f := found(t, func(c *Create) {
		c.Origin, c.Owner, c.Moderators = FromReserve, "sip:alice@a.test", []Identity{"sip:mod@a.test"}
		c.First = Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob1"}
	})
	f.join(t, epoch, "sip:alice@a.test", "alice1")
	f.join(t, epoch, "sip:mod@a.test", "mod1")
	for u, want := range map[User]Role{
		"sip:bob@b.test": RoleParticipant, "sip:alice@a.test": RoleOwner, "sip:mod@a.test": RoleModerator,
	} {
		if got := f.Participant(u).Role; got != want {
			t.Errorf("%s is %v, want %v", u, got, want)
		}
	}
	if made := found(t, nil); made.Participant("sip:alice@a.test").Role != RoleOwner {
		t.Error("who creates by the factory is not owner")
	}
}

func TestStartersStart(t *testing.T) {
	t.Parallel()
	f := &fold{}
	create := Create{
		At: epoch, Policy: DefaultPolicy(), Starters: []Identity{"sip:alice@a.test"},
		First: Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob1"},
	}
	f.refused(t, create, CodeNotStarted)
	create.First = Admit{At: epoch, Identity: "sip:alice@a.test", Endpoint: "alice1"}
	f.must(t, create)
	bob := Admit{At: epoch, Identity: "sip:bob@b.test", Endpoint: "bob1"}
	f.refused(t, bob, CodeNotStarted)
	f.must(t, Connect{At: epoch, Endpoint: "alice1"})
	f.must(t, bob)
	f.refused(t, create, CodeAlreadyAlive)
}
