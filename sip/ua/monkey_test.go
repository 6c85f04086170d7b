package ua_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/event"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
	"github.com/confab-chat/confab/sip/ua"
)

// keeper answers in every way there is, by chance, and keeps all sessions and
// subscriptions. Each must be told its end exactly once.
type keeper struct {
	rnd *rand.Rand

	mu       sync.Mutex
	sessions []*invite.Session
	subs     []*event.Subscription
	begun    int
	ended    int
}

func (k *keeper) chance(percent int) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.rnd.IntN(100) < percent
}

func (k *keeper) begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.begun++
}

func (k *keeper) end() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ended++
}

// soon runs f now or after some seconds.
func (k *keeper) soon(f func()) {
	if k.chance(60) {
		f()
		return
	}
	k.mu.Lock()
	d := time.Duration(k.rnd.IntN(5000)) * time.Millisecond
	k.mu.Unlock()
	time.AfterFunc(d, f)
}

func (k *keeper) Invite(in *invite.Incoming) {
	in.OnOffer(session{k}.Reoffer)
	if k.chance(50) {
		in.Provisional(180, invite.Answer{})
	}
	ignore := func(*sipmsg.Response, error) {}
	if k.chance(40) {
		in.Reliably(183, invite.Answer{Body: []byte(sdp)}, nil)
		k.soon(func() { in.Reliably(180, invite.Answer{}, nil) })
	}
	if k.chance(20) {
		k.soon(func() { in.Update(invite.Answer{Body: []byte(sdp)}, ignore) })
	}
	k.soon(func() {
		if k.chance(15) {
			in.Reject(&sip.Error{Status: 486})
			return
		}
		k.begin()
		s := in.Accept(invite.Answer{Body: []byte(sdp)}, session{k})
		k.mu.Lock()
		k.sessions = append(k.sessions, s)
		k.mu.Unlock()
		if k.chance(30) {
			k.soon(func() { s.Reinvite(invite.Answer{Body: []byte(sdp)}, ignore) })
		}
		if k.chance(20) {
			k.soon(func() { s.Update(invite.Answer{Body: []byte(sdp)}, ignore) })
		}
		if k.chance(20) {
			k.soon(func() { s.Bye() })
		}
	})
}

func (k *keeper) Subscribe(in *event.Incoming) {
	k.soon(func() {
		if k.chance(15) {
			in.Reject(&sip.Error{Status: 403})
			return
		}
		k.begin()
		s := in.Accept(watched{k}, "")
		k.mu.Lock()
		k.subs = append(k.subs, s)
		k.mu.Unlock()
		for range 3 {
			k.soon(s.Changed)
		}
		if k.chance(20) {
			k.soon(func() { s.Terminate(event.Termination{Reason: event.Rejected}) })
		}
	})
}

type session struct{ k *keeper }

func (s session) Confirmed(*sipmsg.Request) {}
func (s session) Ended(invite.End)          { s.k.end() }
func (s session) Reoffer(r *invite.Reoffer) {
	s.k.soon(func() {
		if s.k.chance(30) {
			r.Reject(&sip.Error{Status: 488})
			return
		}
		r.Accept(invite.Answer{Body: []byte(sdp)}, nil)
	})
}

type watched struct{ k *keeper }

func (w watched) Next(event.Pull) (event.Body, bool) {
	return event.Body{ContentType: "text/plain", Data: []byte("x")}, w.k.chance(80)
}

func (w watched) Refresh(*sipmsg.Request, transport.Source) *sip.Error {
	if w.k.chance(20) {
		return &sip.Error{Status: 403}
	}
	return nil
}
func (w watched) Ended(event.Termination) { w.k.end() }

// monkey sends what it likes.
type monkey struct {
	rnd  *rand.Rand
	peer *testnet.Peer
	tags map[string][]string // our tags by Call-ID
	seq  int

	racks map[string]string // of the reliable response seen last, by Call-ID
}

func pick[T any](rnd *rand.Rand, from ...T) T { return from[rnd.IntN(len(from))] }

// act sends one request, with a tag that was seen before or not.
func (m *monkey) act() {
	r := m.rnd
	method := pick(r, "INVITE", "INVITE", "ACK", "ACK", "BYE", "CANCEL", "SUBSCRIBE", "SUBSCRIBE", "NOTIFY", "OPTIONS", "UPDATE", "UPDATE", "PRACK", "PRACK", "FOO")
	callID := fmt.Sprintf("call%d", r.IntN(30))
	tag := ""
	if tags := m.tags[callID]; len(tags) > 0 && r.IntN(4) > 0 {
		tag = ";tag=" + pick(r, tags...)
	}
	m.seq++
	cseq := m.seq
	if r.IntN(5) == 0 {
		cseq -= min(cseq, r.IntN(20))
	}
	body := pick(r, "", sdp)
	lines := []string{
		method + " sip:conf@10.0.0.1 SIP/2.0",
		fmt.Sprintf("Via: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK%d", cseq),
		"From: <sip:alice@ims.example>;tag=a",
		"To: <sip:conf@10.0.0.1>" + tag,
		"Call-ID: " + callID,
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		pick(r, "Contact: <sip:alice@10.0.0.2>", "Contact: <sip:alice@10.0.0.2>", "Contact: *", "X: y"),
		pick(r, "Event: conference", "Event: conference", "Event: other", "Y: z"),
		pick(r, "Expires: 600", "Expires: 600", "Expires: 5", "Expires: 0", "Z: x"),
		pick(r, "A: b", "A: b", "A: b", "Require: x"),
		pick(r, "Supported: 100rel", "Supported: 100rel, timer", "Require: 100rel", "Supported: timer", "B: c"),
		pick(r, "Session-Expires: 90", "Session-Expires: 60", "Session-Expires: 90;refresher=uas", "C: d"),
		pick(r, "Allow: UPDATE", "D: e"),
	}
	if method == "PRACK" {
		lines = append(lines, "RAck: "+m.racks[callID])
	}
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	m.peer.Send(strings.Join(lines, "\n") + "\n\n" + body)
}

// react notes tags and answers requests, by chance.
func (m *monkey) react(msg sipmsg.Message) {
	r := m.rnd
	switch msg := msg.(type) {
	case *sipmsg.Response:
		id := msg.Header.CallID()
		if tag := msg.Header.ToTag(); tag != "" && len(m.tags[id]) < 20 {
			m.tags[id] = append(m.tags[id], tag)
		}
		if rseq := msg.Header.Value("RSeq"); rseq != "" {
			m.racks[id] = rseq + " " + msg.Header.Value("CSeq")
		}
	case *sipmsg.Request:
		if msg.Method != sipmsg.ACK && r.IntN(4) > 0 {
			m.peer.Answer(msg, pick(r, 180, 200, 200, 200, 404, 481, 491, 500), "", "Contact: <sip:alice@10.0.0.2>\n"+
				pick(r, "Session-Expires: 90;refresher=uac", "Session-Expires: 90;refresher=uas", "E: f"), "")
		}
	}
}

// TestMonkey sends random requests and answers, in and out of dialogs and sequence. No
// session, dialog, subscription or transaction is left behind, and each session and
// subscription is told its end once.
func TestMonkey(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			k := &keeper{rnd: rand.New(rand.NewPCG(seed, 1))}
			net := &transporttest.Network{}
			s, at := reachable(t, net.Host("10.0.0.1"), ua.Config{
				Invite: k, Packages: []event.Package{{Name: "conference", MinExpires: 60, Notifier: k}},
			})
			defer shut(t, s)
			m := &monkey{rnd: rand.New(rand.NewPCG(seed, 2)), tags: make(map[string][]string), racks: make(map[string]string)}
			m.peer = testnet.NewPeer(t, net.Host("10.0.0.2"), at)
			defer m.peer.Close()
			for range 1500 {
				m.act()
				wait := time.Duration(m.rnd.IntN(200)) * time.Millisecond
				for msg := m.peer.Next(wait); msg != nil; msg = m.peer.Next(0) {
					m.react(msg)
				}
			}
			<-time.After(time.Minute)
			k.mu.Lock()
			sessions, subs := k.sessions, k.subs
			k.mu.Unlock()
			for _, x := range sessions {
				x.Bye()
			}
			for _, x := range subs {
				x.Terminate(event.Termination{Reason: event.NoResource})
			}
			<-time.After(3 * time.Minute)
			synctest.Wait()
			if d, o := s.Dialog.Dialogs(), s.Transaction.Open(); d+o != 0 {
				t.Errorf("seed %d: %d dialogs and %d transactions left", seed, d, o)
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			if k.begun != k.ended || k.begun < 5 {
				t.Errorf("seed %d: %d begun, %d ended", seed, k.begun, k.ended)
			}
		})
	}
}
