package server

import (
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// callee connects a user whom the focus can reach.
func (r *rig) callee(network, name string) *guest {
	r.t.Helper()
	g := r.guest(network, name)
	g.Send(g.other(sipmsg.OPTIONS, "sip:"+r.address("sip", network)))
	g.Expect(200, sipmsg.OPTIONS) // the server knows the connection now
	return g
}

// address is the URI by which the focus reaches a guest.
func (g *guest) address() sipmsg.Address {
	return sipmsg.Address{URI: mustURI(g.rig.t, "sip:"+g.name+"@"+g.Addr()+";transport="+g.Network())}
}

func mustURI(tb testing.TB, text string) sipmsg.URI {
	tb.Helper()
	uri, err := sipmsg.ParseURI(text)
	if err != nil {
		tb.Fatal(err)
	}
	return uri
}

// outcome collects what becomes of an invitation.
type outcome struct {
	decided chan *sip.Error
	final   chan int
}

// call has the focus invite somebody on behalf of a user of the lobby.
func (r *rig) call(target sipmsg.Address, change func(*focus.Invitation)) outcome {
	inv := focus.Invitation{Target: target}
	if change != nil {
		change(&inv)
	}
	o := outcome{make(chan *sip.Error, 1), make(chan int, 1)}
	r.focus.InviteUser(r.entry().Instance, inv, func(err *sip.Error) { o.decided <- err },
		func(status int, _ string, final bool) {
			if final {
				o.final <- status
			}
		})
	return o
}

// called takes the INVITE that the focus sends.
func (g *guest) called() *sipmsg.Request {
	g.rig.t.Helper()
	req := g.Request()
	if req.Method != sipmsg.INVITE {
		g.rig.t.Fatalf("want INVITE, got\n%s", req.Append(nil))
	}
	g.call = g.Answering(req)
	return req
}

// pickUp answers the INVITE and takes the ACK.
func (g *guest) pickUp(invite *sipmsg.Request) {
	g.rig.t.Helper()
	g.answers(invite, "Privacy: none")
}

// answers is pickUp with a field in the answer.
func (g *guest) answers(invite *sipmsg.Request, field string) {
	g.rig.t.Helper()
	g.Send(g.call.Accept(invite, g.sdp, field))
	if ack := g.Request(); ack.Method != sipmsg.ACK {
		g.rig.t.Fatalf("want ACK, got\n%s", ack.Append(nil))
	}
	g.msrp = testnet.DialMSRP(g.rig.t, attribute(g.rig.t, []byte(g.sdp), "path"), attribute(g.rig.t, invite.Body, "path"))
	g.msrp.Bind()
}

// TestDialOut has the focus call a user, who then takes part.
func TestDialOut(t *testing.T) {
	conform.Covers(t, "FOC-OUT-01", "FOC-OUT-02", "FOC-OUT-03", "FOC-OUT-04", "FOC-OUT-06", "FOC-OUT-08")
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			r := serve(t, nil)
			alice := r.guest("tcp", "alice").join(lobby).connect()
			bob := r.callee(network, "bob")
			target := bob.address()
			target.Display = "Bob"
			target.URI.Params = target.URI.Params.With("method", "INVITE")
			target.URI.Headers = sipmsg.Params{{Name: "Subject", Value: "x"}}
			const referredBy = `"A" <sip:alice@example.test>;cid="x@y"`
			o := r.call(target, func(i *focus.Invitation) { i.By, i.ReferredBy = "sip:alice@example.test", referredBy })
			if err := <-o.decided; err != nil {
				t.Fatal(err)
			}
			invite := bob.called()
			if want := bob.address().URI.String(); invite.URI.String() != want {
				t.Errorf("Request-URI %s, want %s", invite.URI.String(), want)
			}
			field(t, invite, "To", "Bob <sip:bob@127.0.0.1>")
			field(t, invite, "P-Asserted-Identity", "<"+lobby+">")
			field(t, invite, "Max-Forwards", "70")
			field(t, invite, "Referred-By", referredBy)
			begins(t, invite, "From", "<"+lobby+">;tag=")
			begins(t, invite, "Contact", "<sip:lobby@127.0.0.1:")
			if !strings.HasSuffix(invite.Header.Value("Contact"), ">;isfocus") {
				t.Errorf("Contact: %s", invite.Header.Value("Contact"))
			}
			if got := attribute(t, invite.Body, "setup"); got != "actpass" {
				t.Errorf("setup:%s", got)
			}
			bob.Answer(invite, 180)
			bob.pickUp(invite)
			if got := <-o.final; got != 200 {
				t.Errorf("the inviter is told %d", got)
			}
			alice.say("hello")
			bob.hear("hello")
			bob.msrp.Expect(bob.msrp.Send(sipid.NewTag(), "message/cpim", cpim("sip:bob@127.0.0.1", lobby, "hi")), 200)
			alice.hear("hi")
			bob.leave()
			alice.leave()
			r.vacant()
		})
	}
}

// TestWritesAtOnce has a user who is called write before the conference has decided that
// he is in: his message waits for that, as does one that overtakes his answer.
func TestWritesAtOnce(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SW-GEN-09", "FOC-OUT-08")
	for name, early := range map[string]bool{"after the ACK": false, "before the answer": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := serve(t, nil)
			alice := r.guest("tcp", "alice").join(lobby).connect()
			bob := r.callee("udp", "bob")
			o := r.call(bob.address(), nil)
			if err := <-o.decided; err != nil {
				t.Fatal(err)
			}
			invite := bob.called()
			bob.msrp = testnet.DialMSRP(t, attribute(t, []byte(bob.sdp), "path"), attribute(t, invite.Body, "path"))
			write := func() string {
				return bob.msrp.Send(sipid.NewTag(), "message/cpim", cpim("sip:bob@127.0.0.1", lobby, "hi"))
			}
			release := r.busy()
			var message string
			if early {
				message = write()
			}
			bob.Send(bob.call.Accept(invite, bob.sdp))
			if ack := bob.Request(); ack.Method != sipmsg.ACK {
				t.Fatalf("want ACK, got\n%s", ack.Append(nil))
			}
			if !early {
				message = write()
			}
			bob.Silence(50 * time.Millisecond) // the time for a hasty refusal
			release()
			bob.msrp.Expect(message, 200)
			alice.hear("hi")
			bob.leave()
			alice.leave()
			r.vacant()
		})
	}
}
