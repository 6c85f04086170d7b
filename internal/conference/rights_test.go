package conference

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
)

// issuers are those whose rights the table below tells: present and connected,
// but for the last three.
func issuers() []User {
	return []User{"", "sip:alice@a.test", "sip:mod@a.test", "sip:bob@a.test", "sip:away@a.test", "sip:ringing@a.test", "sip:nobody@a.test"}
}

// gathering is a conference of alice, the owner, of moderators mod and away, of
// whom the second is not there, of bob, and of ringing, who is on the way in.
func gathering(t *testing.T, change func(*Policy)) *fold {
	t.Helper()
	f := found(t, func(c *Create) {
		c.Origin, c.Owner = FromReserve, "sip:alice@a.test"
		c.Moderators = []Identity{"sip:mod@a.test", "sip:away@a.test"}
		if change != nil {
			change(&c.Policy)
		}
	})
	f.join(t, epoch, "sip:mod@a.test", "mod1")
	f.must(t, Approve{At: epoch, Identity: "sip:bob@a.test", Approved: true})
	f.must(t, Approve{At: epoch, Identity: "sip:ringing@a.test", Approved: true})
	f.join(t, epoch, "sip:bob@a.test", "bob1")
	f.must(t, Admit{At: epoch, Identity: "sip:ringing@a.test", Endpoint: "ringing1"})
	return f
}

// TestTableOfRights is the table of who may do what: action, policy, state, and those
// entitled, in the order of issuers.
func TestTableOfRights(t *testing.T) {
	t.Parallel()
	invite := func(r Right) func(*Policy) { return func(p *Policy) { p.Invite = r } }
	remove := func(r Right) func(*Policy) { return func(p *Policy) { p.Remove = r } }
	join := func(j Join) func(*Policy) { return func(p *Policy) { p.Join = j } }
	const everybody = "admin alice mod bob away ringing nobody"
	for _, tt := range []struct {
		action Action
		name   string
		policy func(*Policy)
		locked bool
		want   string
	}{
		{ActJoin, "open", join(JoinOpen), false, everybody},
		{ActJoin, "members", join(JoinMembers), false, "admin alice mod away"},
		{ActJoin, "moderated", join(JoinModerated), false, "admin alice mod bob away ringing"},
		{ActInvite, "participants", invite(Participants), false, "admin alice mod bob"},
		{ActInvite, "moderators", invite(Moderators), false, "admin alice mod"},
		{ActInvite, "owner", invite(OwnerOnly), false, "admin alice"},
		{ActInvite, "locked", invite(Participants), true, "admin alice mod bob"},
		{ActUnbar, "participants", invite(Participants), false, "admin alice mod bob"},
		{ActUnbar, "owner", invite(OwnerOnly), true, "admin alice"},
		{ActRemove, "participants", remove(Participants), false, "admin alice mod bob"},
		{ActRemove, "moderators", remove(Moderators), true, "admin alice mod"},
		{ActRemove, "owner", remove(OwnerOnly), false, "admin alice"},
		{ActRemoveSelf, "", remove(OwnerOnly), true, "admin alice mod bob"},
		{ActRemoveAll, "", remove(Participants), false, "admin alice"},
		{ActSubscribe, "", nil, true, "admin alice mod bob away"},
		{ActLock, "", nil, true, "admin alice"},
		{ActChange, "", nil, false, "admin alice"},
		{ActAppoint, "", nil, false, "admin alice"},
		{ActApprove, "", nil, false, "admin alice mod"},
		{ActEnd, "", nil, true, "admin alice"},
		{ActEnd + 1, "no such action", nil, false, "admin"},
	} {
		t.Run(fmt.Sprint(tt.action, " ", tt.name), func(t *testing.T) {
			t.Parallel()
			f := gathering(t, nil)
			policy := f.Policy()
			if tt.policy != nil {
				tt.policy(&policy)
			}
			f.must(t, Change{At: epoch, Policy: &policy})
			f.must(t, Lock{At: epoch, Locked: tt.locked})
			var may []string
			for _, u := range issuers() {
				if f.May(tt.action, u) == nil {
					may = append(may, who(u))
				}
			}
			if got := strings.Join(may, " "); got != tt.want {
				t.Errorf("%q may, want %q", got, tt.want)
			}
			f.must(t, End{At: epoch})
			for _, u := range issuers() {
				if err := f.May(tt.action, u); CodeOf(err) != CodeNotAlive {
					t.Errorf("%s after the end: %v", who(u), err)
				}
			}
		})
	}
	conform.Covers(t, "FOC-RMV-06", "FOC-RMV-08")
}

func who(u User) string {
	if u == "" {
		return "admin"
	}
	return strings.TrimSuffix(strings.TrimPrefix(string(u), "sip:"), "@a.test")
}

// TestCommandsAskForRights: every command of an issuer is refused to those whom
// the table refuses its action, and changes something for the others.
func TestCommandsAskForRights(t *testing.T) {
	t.Parallel()
	subject := "new"
	for action, command := range map[Action]func(by User) Command{
		ActRemove:    func(by User) Command { return Remove{At: epoch, User: "sip:ringing@a.test", By: by} },
		ActRemoveAll: func(by User) Command { return RemoveAll{At: epoch, By: by} },
		ActLock:      func(by User) Command { return Lock{At: epoch, Locked: true, By: by} },
		ActChange:    func(by User) Command { return Change{At: epoch, Subject: &subject, By: by} },
		ActAppoint: func(by User) Command {
			return Appoint{At: epoch, Identity: "sip:x@a.test", Role: RoleModerator, By: by}
		},
		ActApprove: func(by User) Command { return Approve{At: epoch, Identity: "sip:x@a.test", Approved: true, By: by} },
		ActUnbar:   func(by User) Command { return Unbar{At: epoch, Identity: "sip:barred@a.test", By: by} },
		ActEnd:     func(by User) Command { return End{At: epoch, By: by} },
	} {
		for _, by := range issuers() {
			f := gathering(t, nil)
			f.must(t, Bar{At: epoch, Identity: "sip:barred@a.test"})
			right := f.May(action, by)
			events, err := f.do(command(by))
			if CodeOf(err) != CodeOf(right) || err == nil && len(events) == 0 {
				t.Errorf("%s by %s: %v, %v; the right is %v", action, who(by), kinds(events), err, right)
			}
		}
	}
}

func TestOwnerIsProtected(t *testing.T) {
	t.Parallel()
	f := gathering(t, nil)
	f.refused(t, Remove{At: epoch, User: "sip:alice@a.test", By: "sip:mod@a.test"}, CodeNotAllowed)
	f.refused(t, Bar{At: epoch, Identity: "sip:alice@a.test", By: "sip:mod@a.test"}, CodeNotAllowed)
	f.refused(t, Remove{At: epoch, User: "sip:stranger@a.test", By: "sip:bob@a.test"}, CodeNotAllowed)
	f.refused(t, Remove{At: epoch, User: "sip:stranger@a.test", By: "sip:alice@a.test"}, CodeNoSuchUser)
	f.must(t, Remove{At: epoch, User: "sip:mod@a.test", By: "sip:mod@a.test"})
	f.must(t, Remove{At: epoch, User: "sip:alice@a.test"})
}

func TestRolesMove(t *testing.T) {
	t.Parallel()
	f := gathering(t, nil)
	role := func(id Identity, want Role) {
		t.Helper()
		if p := f.Participant(User(id)); f.Role(id) != want || p != nil && p.Role != want {
			t.Errorf("%s is %s", id, f.Role(id))
		}
	}
	f.must(t, Appoint{At: epoch, Identity: "sip:bob@a.test", Role: RoleModerator, By: "sip:alice@a.test"})
	role("sip:bob@a.test", RoleModerator)
	f.refused(t, Appoint{At: epoch, Identity: "sip:bob@a.test", Role: RoleOwner, By: "sip:bob@a.test"}, CodeNotAllowed)
	f.must(t, Appoint{At: epoch, Identity: "sip:bob@a.test", Role: RoleOwner, By: "sip:alice@a.test"})
	role("sip:bob@a.test", RoleOwner)
	role("sip:alice@a.test", RoleParticipant)
	f.refused(t, Lock{At: epoch, Locked: true, By: "sip:alice@a.test"}, CodeNotAllowed)
	if events := f.must(t, Appoint{At: epoch, Identity: "sip:bob@a.test", Role: RoleOwner}); len(events) != 0 {
		t.Errorf("the same role again: %s", kinds(events))
	}
	f.must(t, Appoint{At: epoch, Identity: "sip:bob@a.test", Role: RoleParticipant})
	if f.Owner() != "" {
		t.Errorf("owner %s", f.Owner())
	}
	f.refused(t, Appoint{At: epoch, Role: RoleOwner}, CodeNotAllowed)
}

func TestBars(t *testing.T) {
	t.Parallel()
	f := gathering(t, nil)
	events := f.must(t, Bar{At: epoch, Identity: "sip:bob@a.test", By: "sip:mod@a.test"})
	if kinds(events) != "departed barred" {
		t.Fatalf("%s", kinds(events))
	}
	if events := f.must(t, Bar{At: epoch, Identity: "sip:bob@a.test"}); len(events) != 0 {
		t.Errorf("barred again: %s", kinds(events))
	}
	f.refused(t, Admit{At: epoch, Identity: "sip:bob@a.test", Endpoint: "bob2"}, CodeBarred)
	f.must(t, Unbar{At: epoch, Identity: "sip:bob@a.test"})
	f.join(t, epoch, "sip:bob@a.test", "bob2")
	// A bar for somebody who was never there holds as well.
	f.must(t, Bar{At: epoch, Identity: "sip:late@a.test"})
	f.refused(t, Admit{At: epoch, Identity: "sip:late@a.test", Private: true, Endpoint: "late1"}, CodeBarred)
	conform.Covers(t, "FOC-JOI-03")
}

func TestApproval(t *testing.T) {
	t.Parallel()
	f := gathering(t, func(p *Policy) { p.Join = JoinModerated })
	late := Admit{At: epoch, Identity: "sip:late@a.test", Endpoint: "late1"}
	f.refused(t, late, CodeNotApproved)
	f.refused(t, Approve{At: epoch, Identity: "sip:late@a.test", Approved: true, By: "sip:bob@a.test"}, CodeNotAllowed)
	f.must(t, Approve{At: epoch, Identity: "sip:late@a.test", Approved: true, By: "sip:mod@a.test"})
	f.must(t, late)
	f.must(t, Approve{At: epoch, Identity: "sip:late@a.test", By: "sip:mod@a.test"})
	f.refused(t, Admit{At: epoch, Identity: "sip:late@a.test", Endpoint: "late2"}, CodeNotApproved)
	f.must(t, Connect{At: epoch, Endpoint: "late1"})
	f.refused(t, Approve{At: epoch, Approved: true}, CodeNotAllowed)
}

func TestChange(t *testing.T) {
	t.Parallel()
	f := gathering(t, nil)
	subject, members := "Planning", []string{"sip:bob@a.test", "B.test"}
	policy := f.Policy()
	policy.Join, policy.History.Durable = JoinMembers, true
	policy.End.MaxDuration = time.Hour
	f.must(t, Change{At: epoch, Subject: &subject, Policy: &policy, Members: &members, By: "sip:alice@a.test"})
	if f.Subject() != subject || f.Policy().Join != JoinMembers || f.Policy().History.Durable {
		t.Errorf("%q, %+v", f.Subject(), f.Policy())
	}
	if next := f.NextTimeout(); !next.Equal(at(time.Hour)) {
		t.Errorf("ends at %v", next)
	}
	f.refused(t, Admit{At: epoch, Identity: "sip:x@a.test", Endpoint: "x1"}, CodeNotMember)
	f.must(t, Admit{At: epoch, Identity: "sip:x@b.test", Endpoint: "x1"})
	if events := f.must(t, Change{At: epoch, Subject: &subject, Members: &members}); len(events) != 0 {
		t.Errorf("nothing new: %s", kinds(events))
	}
}

func TestRemoveAll(t *testing.T) {
	t.Parallel()
	f := gathering(t, nil)
	events := f.must(t, RemoveAll{At: epoch, By: "sip:alice@a.test"})
	var gone []EndpointID
	for _, e := range events[:len(events)-1] {
		d := as[Departed](t, e)
		if d.Cause != CauseRemoved || d.By != "sip:alice@a.test" {
			t.Errorf("%+v", d)
		}
		gone = append(gone, d.Endpoint)
	}
	slices.Sort(gone)
	if !slices.Equal(gone, []EndpointID{"alice1", "bob1", "mod1", "ringing1"}) {
		t.Errorf("gone: %s", gone)
	}
	if e := as[Ended](t, events[len(events)-1]); e.Cause != EndRequested || e.By != "sip:alice@a.test" {
		t.Errorf("%+v", e)
	}
}

func TestResume(t *testing.T) {
	t.Parallel()
	for _, shutdown := range []bool{false, true} {
		f := gathering(t, nil)
		f.must(t, Lock{At: epoch, Locked: true})
		f.must(t, Bar{At: epoch, Identity: "sip:out@a.test"})
		f.must(t, LoseLeg{At: at(time.Second), Endpoint: "bob1"})
		if shutdown {
			f.must(t, End{At: at(2 * time.Second), Cause: EndShutdown})
		}
		back := at(time.Hour)
		f.must(t, Resume{At: back})
		if !f.Alive() || f.UserCount() != 0 || !f.Locked() || !f.Barred("sip:out@a.test") {
			t.Errorf("alive %t, %d users, locked %t", f.Alive(), f.UserCount(), f.Locked())
		}
		// Who was there is let in again, and nobody else: they count as lost.
		f.refused(t, Admit{At: back.Add(time.Minute - 1), Identity: "sip:new@a.test", Endpoint: "n"}, CodeLocked)
		f.must(t, Admit{At: back.Add(time.Minute - 1), Identity: "sip:bob@a.test", Endpoint: "bob2"})
		f.must(t, Withdraw{At: back.Add(time.Minute - 1), Endpoint: "bob2", Cause: CauseCancelled})
		if end := f.NextTimeout(); !end.Equal(back.Add(time.Minute)) {
			t.Errorf("waits until %v", end)
		}
	}
	f := gathering(t, nil)
	f.must(t, End{At: epoch})
	if events := f.must(t, Resume{At: at(time.Hour)}); len(events) != 0 {
		t.Errorf("an ended one resumed: %s", kinds(events))
	}
}
