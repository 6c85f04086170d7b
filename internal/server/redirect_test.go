package server

import (
	"context"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// redirecting is the configuration of a server whose factory leads elsewhere.
func redirecting(c *config.Config) { c.FactoryRedirect = true }

// led sends an INVITE to the factory, and returns to where that leads.
func (g *guest) led(invite *sipmsg.Request) string {
	g.rig.t.Helper()
	moved := g.denied(302, invite)
	contacts, err := moved.Header.Contacts()
	if err != nil || len(contacts) != 1 || !contacts[0].Params.Has("isfocus") || len(contacts[0].URI.User) < 20 {
		g.rig.t.Fatalf("leads nowhere:\n%s", moved.Append(nil))
	}
	return contacts[0].URI.String()
}

// idle fails the test if anything but the reserved conference is there.
func (r *rig) idle() {
	r.t.Helper()
	if all := r.directory.All(); len(all) != 1 || r.mixer.Legs() != 0 || r.stack.Dialog.Dialogs() != 0 {
		r.t.Errorf("%d legs, conferences %+v", r.mixer.Legs(), all)
	}
}

// TestFactoryRedirects has a conference that is made by the second INVITE, and by nobody
// but its caller.
func TestFactoryRedirects(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-11")
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := serve(t, redirecting)
			alice, bob := r.guest(network, "alice"), r.guest(network, "bob")
			first, second := alice.led(alice.invite(factory)), alice.led(alice.invite(factory))
			if first == second {
				t.Errorf("both lead to %s", first)
			}
			r.idle()
			bob.refused(first, 404)
			for method, status := range map[sipmsg.Method]int{sipmsg.SUBSCRIBE: 404, sipmsg.REFER: 404, sipmsg.OPTIONS: 200} {
				alice.Send(alice.other(method, first, "Event: conference", "Refer-To: <"+bob.named()+">"))
				alice.Expect(status, method)
			}
			r.idle()
			alice.join(first, "Subject: Again").connect()
			if contact := alice.ok.Header.Value("Contact"); contact != "<"+first+">;isfocus" {
				t.Errorf("Contact: %s", contact)
			}
			made := make(chan struct{})
			err := r.alive().Look(func(s *conference.State) {
				defer close(made)
				if s.Owner() != conference.Identity(alice.aor()) || s.Subject() != "Again" {
					t.Errorf("%q of %s", s.Subject(), s.Owner())
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			<-made
			bob.join(first).connect()
			alice.msrp.Expect(alice.msrp.Send("m", "message/cpim", cpim(alice.aor(), alice.conferenceURI(), "hello")), 200)
			bob.hear("hello")
			bob.leave()
			alice.leave()
			r.vacant()
			alice.refused(first, 404)
			alice.join(second).leave()
			r.vacant()
		})
	}
}

// TestRedirectWithPassword: of two accounts, the URI is there for the one whom the
// factory led to it.
func TestRedirectWithPassword(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-11")
	r := members(t, redirecting)
	alice, bob := r.guest("tcp", "alice"), r.guest("tcp", "bob")
	moved := alice.login(alice.invite(factory), "alice", "secret")
	contacts, err := moved.Header.Contacts()
	if moved.Status != 302 || err != nil || len(contacts) != 1 {
		t.Fatalf("%s", moved.Append(nil))
	}
	uri := contacts[0].URI.String()
	if resp := bob.login(bob.invite(uri), "bob", "hidden"); resp.Status != 404 {
		t.Errorf("somebody else: %d", resp.Status)
	}
	alice.ok = alice.login(alice.invite(uri), "alice", "secret")
	if alice.ok.Status != 200 {
		t.Fatalf("%s", alice.ok.Append(nil))
	}
	alice.call.Learn(alice.ok)
	alice.Send(alice.call.Ack())
	alice.leave()
	r.vacant()
}

// TestRedirectOfList has the same list in both INVITEs, and one call for it.
func TestRedirectOfList(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-11")
	r := serve(t, redirecting)
	alice, bob := r.guest("tcp", "alice"), r.callee("tcp", "bob")
	list := func(uri string) *sipmsg.Request {
		return alice.withList(uri, entries(bob.entry("")), "recipient-list", "Require: recipient-list-invite")
	}
	alice.create(list(alice.led(list(factory))))
	invite := bob.called()
	field(t, invite, "P-Asserted-Identity", "<"+alice.conferenceURI()+">")
	bob.pickUp(invite)
	bob.leave()
	alice.leave()
	r.vacant()
}

// TestRefusedRatherThanRedirected: what is wrong is said by the factory, and nothing is
// promised. What is promised counts as a conference.
func TestRefusedRatherThanRedirected(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-11")
	r := serve(t, func(c *config.Config) {
		c.FactoryRedirect, c.Limits.ConferencesPerUser = true, 1
		c.Create = []string{"sip:alice@example.test"}
	})
	alice := r.guest("tcp", "alice")
	media := alice.sdp
	alice.sdp = strings.Replace(media, "m=message", "m=audio", 1)
	alice.refused(factory, 488)
	alice.sdp = media
	alice.refused(factory, 420, "Require: foo")
	alice.refused(factory, 403, "From: <sip:anonymous@anonymous.invalid>;tag=x")
	alice.denied(400, alice.withList(factory, "<resource-lists", "recipient-list"))
	r.guest("tcp", "bob").refused(factory, 403)
	uri := alice.led(alice.invite(factory))
	begins(t, alice.refused(factory, 403), "Warning", "399 ")
	alice.join(uri)
	last := alice.call
	alice.refused(factory, 403)
	alice.call = last
	alice.leave()
	r.vacant()
	alice.join(alice.led(alice.invite(factory))).leave()
	r.vacant()
}

// TestParticipantIsRedirected: the library follows, with its list.
func TestParticipantIsRedirected(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-11")
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			t.Parallel()
			r := serve(t, redirecting)
			ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
			defer cancel()
			bob := r.callee("tcp", "bob")
			c, err := r.ue(t, network, "alice").Create(ctx, factory, participant.Options{
				Invite: []participant.Invitee{{URI: strings.TrimSpace(bob.entry(""))}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if c.URI() == factory || !strings.HasSuffix(c.URI(), "@conf.localhost") {
				t.Errorf("created %s", c.URI())
			}
			bob.pickUp(bob.called())
			sees(t, c, "alice", "bob@127.0.0.1")
			if _, err := r.ue(t, network, "carol").Join(ctx, c.URI(), participant.Options{}); err != nil {
				t.Error(err)
			}
			sees(t, c, "alice", "bob@127.0.0.1", "carol")
		})
	}
}
