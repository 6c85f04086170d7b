package server

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// moody is a mixer that does not always do what it is asked for.
type moody struct {
	focus.Mixer
	reserve func(focus.LegRequest) (focus.Leg, error) // nil: as it would
}

func (m *moody) Reserve(req focus.LegRequest, done func(focus.Leg, error)) {
	if m.reserve != nil {
		if leg, err := m.reserve(req); leg != nil || err != nil {
			done(leg, err)
			return
		}
	}
	m.Mixer.Reserve(req, done)
}

// invited has bob called by alice, who is in the lobby.
func (r *rig) invited(bob *guest) (*issuer, *sipmsg.Request) {
	r.t.Helper()
	i := r.issuer("alice")
	i.accepted(lobby, bob.referTo(""))
	return i, bob.called()
}

// TestFailedCalls tells the inviter and leaves nothing.
func TestFailedCalls(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-12")
	r := serveTuned(t, nil, tuning{t1: brisk})
	alice := r.guest("tcp", "alice").join(lobby)
	for _, status := range []int{302, 404, 480, 486, 500, 600, 603} {
		bob := r.callee("udp", "bob"+strconv.Itoa(status))
		i, invite := r.invited(bob)
		bob.Send(bob.call.Respond(invite, status))
		bob.Request()
		i.reported("SIP/2.0 "+strconv.Itoa(status)+" "+sipmsg.ReasonPhrase(status), "terminated")
	}
	silent := r.callee("udp", "silent")
	i, _ := r.invited(silent)
	i.reported("SIP/2.0 408 Request Timeout", "terminated")
	i = r.issuer("alice")
	i.accepted(lobby, "<sip:refused@127.0.0.1:1;transport=tcp>")
	i.reported("SIP/2.0 503 Transport Failure", "terminated")
	alice.leave()
	r.vacant()
}

// TestUnusableAnswer acknowledges and hangs up.
func TestUnusableAnswer(t *testing.T) {
	conform.Covers(t, "FOC-OUT-09")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	for _, description := range []string{"", strings.Replace(offer("bob", "msrp://127.0.0.1:2855/x;tcp"), "message 2855", "message 0", 1)} {
		bob := r.callee("udp", "bob")
		i, invite := r.invited(bob)
		resp := bob.call.Accept(invite, description)
		if description == "" {
			resp.Header.Del("Content-Type")
		}
		bob.Send(resp)
		if ack := bob.Request(); ack.Method != sipmsg.ACK {
			t.Errorf("want ACK, got\n%s", ack.Append(nil))
		}
		bye := bob.Request()
		begins(t, bye, "Reason", "SIP;cause=488")
		bob.Answer(bye, 200)
		i.reported("SIP/2.0 488 Not Acceptable Here", "terminated")
	}
	alice.leave()
	r.vacant()
}

// TestNoRoomInTheMixer calls nobody.
func TestNoRoomInTheMixer(t *testing.T) {
	conform.Covers(t, "FOC-OUT-05")
	var full atomic.Bool
	m := &moody{reserve: func(focus.LegRequest) (focus.Leg, error) {
		if full.Load() {
			return nil, focus.ErrMixerFull
		}
		return nil, nil
	}}
	r := serveTuned(t, nil, tuning{mixer: func(inner focus.Mixer) focus.Mixer { m.Mixer = inner; return m }})
	alice := r.guest("tcp", "alice").join(lobby)
	full.Store(true)
	bob := r.callee("udp", "bob")
	i := r.issuer("alice")
	i.accepted(lobby, bob.referTo(""))
	i.reported("SIP/2.0 503 Service Unavailable", "terminated")
	bob.Silence(50 * time.Millisecond)
	alice.leave()
	r.vacant()
}

// TestLockedWhileRinging looks again when the invited user answers.
func TestLockedWhileRinging(t *testing.T) {
	conform.Covers(t, "FOC-OUT-14")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.callee("udp", "bob")
	i, invite := r.invited(bob)
	bob.Send(bob.call.Respond(invite, 180))
	r.lock(true)
	bob.Send(bob.call.Accept(invite, bob.sdp))
	if ack := bob.Request(); ack.Method != sipmsg.ACK {
		t.Errorf("want ACK, got\n%s", ack.Append(nil))
	}
	bye := bob.Request()
	if bye.Method != sipmsg.BYE {
		t.Errorf("want BYE, got\n%s", bye.Append(nil))
	}
	bob.Answer(bye, 200)
	for {
		req := i.Request()
		i.Answer(req, 200)
		if strings.HasPrefix(req.Header.Value("Subscription-State"), "terminated") {
			if string(req.Body) != "SIP/2.0 603 Decline\r\n" {
				t.Errorf("%s", req.Append(nil))
			}
			break
		}
	}
	alice.leave()
	r.vacant()
}

// TestComesByHimself: who dials in while he is called is in once, and the call is
// no missed one.
func TestComesByHimself(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-JOI-11", "FOC-OUT-20")
	r := serveTuned(t, nil, tuning{t1: brisk}) // surplus 2xx are waited for
	alice := r.guest("tcp", "alice").join(lobby)
	for _, crossing := range []bool{false, true} {
		bob := r.callee("udp", "bob")
		i, invite := r.invited(bob)
		bob.Send(bob.call.Respond(invite, 180))
		laptop := r.guest("tcp", "bob")
		laptop.call = laptop.Dialog(bob.named(), lobby)
		laptop.Send(laptop.call.Offer(sipmsg.INVITE, laptop.sdp))
		laptop.call.Learn(laptop.Expect(200, sipmsg.INVITE))
		laptop.Send(laptop.call.Ack())
		const elsewhere = `SIP;cause=200;text="Call completed elsewhere"`
		i.reportedLast()
		if !crossing {
			bob.cancelledBy(elsewhere, invite)
		} else {
			cancel := bob.Request()
			bob.Send(bob.call.Accept(invite, bob.sdp)) // crosses the CANCEL
			bob.Answer(cancel, 200)
			if ack := bob.Request(); ack.Method != sipmsg.ACK {
				t.Errorf("want ACK, got\n%s", ack.Append(nil))
			}
			bob.hungUp(elsewhere)
		}
		laptop.leave()
	}
	alice.leave()
	r.vacant()
}

// TestRingTime gives up after it.
func TestRingTime(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-13", "FOC-OUT-20")
	r := serve(t, func(c *config.Config) { c.DialOut.Ring = 3 * time.Second })
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.callee("udp", "bob")
	i, invite := r.invited(bob)
	field(t, invite, "Expires", "3")
	bob.Send(bob.call.Respond(invite, 180))
	bob.cancelledBy("SIP;cause=408", invite)
	i.reportedLast()
	alice.leave()
	r.vacant()
}

// TestForkedInvitation keeps the first who answers.
func TestForkedInvitation(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-10", "FOC-OUT-17", "FOC-OUT-18", "MIX-04")
	r := serveTuned(t, nil, tuning{t1: brisk}) // surplus 2xx are waited for
	alice := r.guest("tcp", "alice").join(lobby).connect()
	host := r.guest("tcp", "host").join(lobby).connect()
	bob := r.callee("udp", "bob")
	i, invite := r.invited(bob)
	first, second := bob.call, bob.Answering(invite)
	early := second.Respond(invite, 183)
	early.Header.Set("Content-Type", "application/sdp")
	early.Body = []byte(bob.sdp)
	other := strings.ReplaceAll(bob.sdp, "/bob;", "/bob2;")
	bob.Send(first.Respond(invite, 180))
	bob.Send(early)
	// A message before the answer is not taken. [MIX-04]
	path := attribute(t, invite.Body, "path")
	eager := testnet.DialMSRP(t, attribute(t, []byte(bob.sdp), "path"), path)
	eager.Send("early", "message/cpim", cpim(bob.named(), lobby, "early"))
	host.say("before")
	alice.hear("before")
	bob.Send(second.Accept(invite, other)) // the description in the 183 counts
	if ack := bob.Request(); ack.Method != sipmsg.ACK || ack.Header.ToTag() != second.From[strings.Index(second.From, "tag=")+4:] {
		t.Errorf("want ACK of the second branch, got\n%s", ack.Append(nil))
	}
	i.reportedLast()
	bob.Send(first.Accept(invite, bob.sdp))
	bob.Request() // ACK
	bye := bob.Request()
	if bye.Method != sipmsg.BYE || bye.Header.ToTag() != first.From[strings.Index(first.From, "tag=")+4:] {
		t.Errorf("want BYE to the first branch, got\n%s", bye.Append(nil))
	}
	bob.Answer(bye, 200)
	tid := eager.Send("late", "message/cpim", cpim(bob.named(), lobby, "late"))
	for eager.Next().TID != tid {
		continue // the answer to the early one
	}
	for text(alice.msrp.Receive()) != "late" {
		continue
	}
	bob.call = second
	bob.leave()
	host.leave()
	alice.leave()
	r.vacant()
}

// TestEndWhileRinging cancels what rings and tells who asked for it.
func TestEndWhileRinging(t *testing.T) {
	conform.Covers(t, "FOC-TRM-03", "FOC-TRM-04", "FOC-OUT-20")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	bob := r.callee("udp", "bob")
	i, invite := r.invited(bob)
	bob.Send(bob.call.Respond(invite, 180))
	r.end()
	bob.cancelledBy("SIP;cause=487", invite)
	i.reportedLast()
	alice.hungUp(`SIP;cause=200;text="Conference ended"`)
	r.vacant()
}

// TestOutboundRoute sends calls to the next hop that is configured.
func TestOutboundRoute(t *testing.T) {
	conform.Covers(t, "CHG-04", "FOC-OUT-02", "FOC-DSP-07")
	hop, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	route := "sip:" + hop.LocalAddr().String() + ";lr;orig"
	r := serve(t, func(c *config.Config) { c.SIP.Outbound = route })
	alice := r.guest("tcp", "alice").join(lobby, "User-Agent: Alice's phone")
	proxy := &guest{SIPPeer: testnet.SIPFrom(t, hop, r.address("sip", "udp")), rig: r, name: "bob"}
	seen := make(map[string]bool)
	for _, target := range []string{"sip:bob@ims.example", "tel:+15550100"} {
		i := r.issuer("alice")
		i.accepted(lobby, "<"+target+">")
		invite := proxy.called()
		if invite.URI.String() != target {
			t.Errorf("Request-URI %s", invite.URI.String())
		}
		field(t, invite, "Route", "<"+route+">")
		field(t, invite, "P-Asserted-Identity", "<"+lobby+">")
		if text := string(invite.Append(nil)); strings.Contains(text, "phone") || strings.Contains(text, alice.call.CallID) {
			t.Errorf("something of alice in\n%s", text)
		}
		seen[invite.Header.CallID()], seen[invite.Header.FromTag()] = true, true
		proxy.Send(proxy.call.Respond(invite, 486))
		proxy.Request()
		i.reportedLast()
	}
	if len(seen) != 4 {
		t.Errorf("%v", seen)
	}
	alice.leave()
	r.vacant()
}

// TestPaceOfInvitations: who rings keeps nobody waiting, and all are called soon.
func TestPaceOfInvitations(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-LST-12")
	r := serve(t, func(c *config.Config) { c.DialOut.PerSecond, c.DialOut.Unanswered = 50, 3 })
	alice := r.guest("tcp", "alice")
	crowd := r.callee("udp", "crowd")
	var list []string
	const all = 100
	for k := range all {
		list = append(list, "sip:u"+strconv.Itoa(k)+"@"+crowd.Addr())
	}
	alice.Send(alice.withList(factory, entries(list...), "recipient-list"))
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	alice.call.Learn(alice.ok)
	crowd.Silence(50 * time.Millisecond)
	begun := time.Now()
	alice.Send(alice.call.Ack())
	var invites []*sipmsg.Request
	for range 3 {
		invites = append(invites, crowd.called())
	}
	crowd.Silence(100 * time.Millisecond) // three have no answer yet
	for k := 0; k < len(invites); k++ {
		crowd.Send(crowd.Answering(invites[k]).Respond(invites[k], 180))
		if len(invites) < all {
			invites = append(invites, crowd.called())
		}
	}
	if took := time.Since(begun); took < time.Second {
		t.Errorf("%d calls took %v", all, took)
	}
	alice.leave()
	for range all {
		if cancel := crowd.Request(); cancel.Method != sipmsg.CANCEL {
			t.Fatalf("want CANCEL, got\n%s", cancel.Append(nil))
		} else {
			crowd.Answer(cancel, 200)
		}
	}
	for _, invite := range invites {
		crowd.Send(sipmsg.NewResponse(invite, 487, ""))
	}
	for range all {
		crowd.Request() // ACK
	}
	r.vacant()
}

// TestLoopbackIsNotCalled from a server that others can reach.
func TestLoopbackIsNotCalled(t *testing.T) {
	conform.Covers(t, "SEC-03")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby)
	i := r.issuer("alice")
	for _, target := range []string{
		"sip:x@169.254.1.1", "sip:x@[fe80::1]", "sip:x@224.0.1.75", "sip:x@0.0.0.0", "sip:x@" + r.address("sip", "udp"),
		"sip:x@example.test;maddr=224.0.1.75",
	} {
		if resp := i.refer(lobby, "<"+target+">"); resp.Status != 403 {
			t.Errorf("%s: %s", target, resp.Append(nil))
		}
	}
	i.accepted(lobby, "<sip:x@localhost:1;transport=tcp>") // allowed here, and nobody answers
	i.reportedLast()
	alice.leave()
	r.vacant()

	open := serve(t, func(c *config.Config) {
		c.Auth.Local = false
		c.SIP.Listen = append(c.SIP.Listen, config.Listener{Network: "udp", Address: "0.0.0.0:0"})
	})
	alice = open.guest("tcp", "alice").join(lobby, "P-Asserted-Identity: <sip:alice@example.test>")
	decided, final := make(chan *sip.Error, 1), make(chan int, 1)
	for target, refused := range map[string]bool{"sip:x@127.0.0.1:1": true, "sip:x@localhost:1;transport=tcp": false} {
		open.focus.InviteUser(open.entry().Instance, focus.Invitation{Target: sipmsg.Address{URI: mustURI(t, target)}},
			func(err *sip.Error) { decided <- err }, func(status int, _ string, last bool) {
				if last {
					final <- status
				}
			})
		err := <-decided
		if (err != nil) != refused || refused && !errors.Is(err, &sip.Error{Status: 403}) {
			t.Errorf("%s: %v", target, err)
		}
		if !refused {
			if status := <-final; status != 403 {
				t.Errorf("%s: %d", target, status)
			}
		}
	}
	alice.leave()
	open.vacant()
}
