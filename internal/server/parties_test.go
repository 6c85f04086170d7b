package server

import (
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/participant"
)

// awaited takes an invitation.
func awaited(t *testing.T, u *participant.UE) *participant.Invitation {
	t.Helper()
	select {
	case i := <-u.Incoming():
		return i
	case <-time.After(testnet.Patience):
		t.Fatal("not invited")
		return nil
	}
}

// invitable makes a participant that can be called.
func (r *rig) invitable(t *testing.T, network, name string) *participant.UE {
	t.Helper()
	u := r.ueWith(t, network, name, func(cfg *participant.Config) { cfg.AOR = "sip:" + name + "@127.0.0.1" })
	if _, err := u.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	return u
}

// final waits for the last word about a target.
func final(t *testing.T, c *participant.Conference, target string) participant.Referral {
	t.Helper()
	return await(t, c, func(e participant.Referral) bool { return e.Final && e.Target == target })
}

// TestReferTheUserHimself plays flow F-L: alice asks bob by REFER, without the focus.
func TestReferTheUserHimself(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-02", "PAR-INC-01", "PAR-REF-03")
	r := serve(t, nil)
	alice := r.ueWith(t, "tcp", "alice", func(cfg *participant.Config) { cfg.Server = "" })
	bob := r.invitable(t, "udp", "bob")
	c, err := alice.Create(t.Context(), "sip:factory@"+r.address("sip", "tcp")+";transport=tcp", participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Refer(t.Context(), bob.Contact()); err != nil {
		t.Fatal(err)
	}
	i := awaited(t, bob)
	if !i.Referred || i.Conference != c.URI() || i.By != "sip:alice@example.test" {
		t.Errorf("invitation %+v", i)
	}
	if _, err := i.Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := final(t, c, bob.Contact()); e.Status != 200 {
		t.Errorf("%+v", e)
	}
}

// TestManyInvitedAtOnce plays flow F-K, and one REFER in the dialog with the focus.
func TestManyInvitedAtOnce(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-REF-05", "PAR-REF-04", "FOC-MRF-01", "FOC-MRF-02", "FOC-REF-14")
	r := serve(t, nil)
	alice := r.ue(t, "tcp", "alice")
	c, err := alice.Create(t.Context(), factory, participant.Options{ReferInside: true})
	if err != nil {
		t.Fatal(err)
	}
	bob, carol, dave := r.invitable(t, "udp", "bob"), r.invitable(t, "tcp", "carol"), r.invitable(t, "tcp", "dave")
	if err := c.Invite(t.Context(), bob.Contact(), carol.Contact()); err != nil {
		t.Fatal(err)
	}
	for _, u := range []*participant.UE{bob, carol} {
		if _, err := awaited(t, u).Accept(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Invite(t.Context(), dave.Contact()); err != nil {
		t.Fatal(err)
	}
	if _, err := awaited(t, dave).Accept(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := final(t, c, dave.Contact()); e.Status != 200 {
		t.Errorf("%+v", e)
	}
	for len(c.Roster()) != 4 { // the roster may have come before the result
		await(t, c, func(participant.Roster) bool { return true })
	}
	if err := c.Remove(t.Context(), "sip:bob@127.0.0.1", "sip:carol@127.0.0.1"); err != nil {
		t.Error(err)
	}
	await(t, c, func(r participant.Roster) bool {
		here := 0
		for _, u := range r.Users {
			if u.Status == "connected" {
				here++
			}
		}
		return here == 2
	})
}

// TestDeviceSwitch has a user go on on another device.
func TestDeviceSwitch(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-08")
	r := serve(t, nil)
	bob, err := r.ue(t, "tcp", "bob").Join(t.Context(), lobby, participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	phone, err := r.ue(t, "tcp", "alice").Join(t.Context(), lobby, participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	desk, err := r.ue(t, "udp", "alice").Join(t.Context(), lobby, participant.Options{Replaces: phone.Replaces()})
	if err != nil {
		t.Fatal(err)
	}
	if left := await(t, phone, func(participant.Left) bool { return true }); !left.ByFocus {
		t.Errorf("%+v", left)
	}
	if _, err := desk.Send(t.Context(), "here"); err != nil {
		t.Error(err)
	}
	hears(t, bob, "alice", "here", false)
}

// TestThirdParty plays flow F-F: alice and bob talk, then alice makes a conference and
// moves their session into it.
func TestThirdParty(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-CRE-07", "PAR-INC-04", "FOC-REF-15", "PAR-GEN-02")
	r := serve(t, nil)
	alice := r.ueWith(t, "tcp", "alice", func(cfg *participant.Config) { cfg.Server = "" })
	bob := r.invitable(t, "tcp", "bob")
	answered := make(chan *participant.Conference, 1)
	go func() {
		i := <-bob.Incoming()
		c, err := i.Accept(t.Context())
		if err != nil || !i.Ordinary || i.Conference != "sip:alice@example.test" {
			t.Errorf("%+v: %v", i, err)
		}
		answered <- c
	}()
	two, err := alice.Call(t.Context(), bob.Contact(), participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	bobs := <-answered
	if _, err = bobs.Send(t.Context(), "hi"); err != nil {
		t.Fatal(err)
	}
	await(t, two, func(m participant.Message) bool { return m.Text() == "hi" })

	three, err := alice.Create(t.Context(), "sip:factory@"+r.address("sip", "tcp")+";transport=tcp", participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err = three.Take(t.Context(), two); err != nil {
		t.Fatal(err)
	}
	i := awaited(t, bob)
	if i.Ordinary || !i.Entitled || i.Replaces != "sip:alice@example.test" || i.Conference != three.URI() {
		t.Errorf("%+v", i)
	}
	bobs3, err := i.Accept(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if e := final(t, three, bob.Contact()); e.Status != 200 {
		t.Errorf("%+v", e)
	}
	for _, c := range []*participant.Conference{two, bobs} {
		await(t, c, func(participant.Left) bool { return true })
	}
	if _, err := three.Send(t.Context(), "three"); err != nil {
		t.Fatal(err)
	}
	await(t, bobs3, func(m participant.Message) bool { return m.Text() == "three" && !m.Private })
}

// TestHiddenParticipant has a user talk whom the others do not know.
func TestHiddenParticipant(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "PAR-GEN-04")
	r := serve(t, nil)
	bob, err := r.ue(t, "tcp", "bob").Join(t.Context(), lobby, participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ghost := r.ueWith(t, "tcp", "alice", func(cfg *participant.Config) { cfg.Anonymous, cfg.Trusted = true, true })
	c, err := ghost.Join(t.Context(), lobby, participant.Options{})
	if err != nil {
		t.Fatal(err)
	}
	await(t, c, func(r participant.Roster) bool { return len(r.Users) == 2 })
	if _, err := c.Send(t.Context(), "boo"); err != nil {
		t.Fatal(err)
	}
	m := await(t, bob, func(m participant.Message) bool { return m.Text() == "boo" })
	if m.From != "sip:anonymous1@anonymous.invalid" || m.Display != "" {
		t.Errorf("from %s %s", m.Display, m.From)
	}
}
