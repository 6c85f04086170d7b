package server

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// TestQuickCalls has 50 users come and go as fast as they can, 20 times each. The
// conference becomes empty and is started again all the time.
func TestQuickCalls(t *testing.T) {
	conform.Covers(t, "FOC-CRE-01", "FOC-TRM-06", "MIX-01")
	r := serve(t, nil)
	var users sync.WaitGroup
	for i := range 50 {
		network := []string{"udp", "tcp"}[i%2]
		g := r.guest(network, fmt.Sprintf("user%d", i))
		users.Go(func() {
			for range 20 {
				g.Send(g.invite(lobby))
				resp := g.Response()
				if resp.Status != 200 {
					t.Errorf("%s", resp.Append(nil))
					return
				}
				g.call.Learn(resp)
				g.Send(g.call.Ack())
				g.Send(g.call.Request(sipmsg.BYE))
				if resp := g.Response(); resp.Status != 200 {
					t.Errorf("BYE: %d", resp.Status)
				}
			}
		})
	}
	users.Wait()
	r.vacant()
}

// member is a participant who talks and listens.
type member struct {
	*guest
	heard []string
}

// talk sends a message and listens until it was answered.
func (m *member) talk(text string) {
	tid := m.msrp.Send(sipid.NewTag(), "message/cpim", cpim(m.aor(), lobby, text))
	m.listen(func(in testnet.MSRPMessage) bool { return in.TID == tid && in.Status == 200 })
}

// listen takes messages until one is the last.
func (m *member) listen(last func(testnet.MSRPMessage) bool) {
	for {
		in := m.msrp.Next()
		if in.Method == "SEND" {
			m.msrp.Answer(in, 200)
			m.heard = append(m.heard, text(in))
		}
		if last(in) {
			return
		}
	}
}

// visit is one of the ways to come and go.
func (g *guest) visit(way int) {
	if way%4 == 0 {
		invite := g.invite(lobby)
		g.together(invite, testnet.Cancel(invite))
		g.cancelled(invite)
		return
	}
	g.join(lobby)
	switch way % 4 {
	case 1:
		g.connect()
		tid := g.msrp.Send(sipid.NewTag(), "message/cpim", cpim(g.aor(), lobby, g.name))
		for g.msrp.Next().TID != tid {
			continue // copies of what others said
		}
	case 2:
		g.connect().msrp.Close()
	}
	g.leave()
	if g.msrp != nil {
		g.msrp.Close()
	}
}

// TestBusyConference has members who talk while visitors come and go in all
// ways. What the members hear is one order, without gaps and repetitions.
func TestBusyConference(t *testing.T) {
	conform.Covers(t, "SW-PUB-12", "MIX-01", "SW-GEN-08")
	const talks = 40
	r := serve(t, nil)
	members := make([]*member, 4)
	for i := range members {
		members[i] = &member{guest: r.guest("tcp", fmt.Sprintf("member%d", i)).join(lobby).connect()}
	}
	visitors := make([]*guest, 12)
	for i := range visitors {
		visitors[i] = r.guest([]string{"udp", "tcp"}[i%2], fmt.Sprintf("visitor%d", i))
	}
	var visits, all sync.WaitGroup
	visits.Go(func() {
		together(visitors, func(i int, g *guest) {
			for way := range 12 {
				g.visit(way + i)
			}
		})
	})
	for _, m := range members {
		all.Go(func() {
			for i := range talks {
				m.talk(fmt.Sprintf("%s:%d", m.name, i))
			}
			if m != members[0] {
				m.listen(func(in testnet.MSRPMessage) bool { return text(in) == "end" })
				return
			}
			visits.Wait()
			for len(from(m.heard, "member")) < talks*(len(members)-1) {
				m.listen(func(testnet.MSRPMessage) bool { return true })
			}
			m.talk("end")
		})
	}
	all.Wait()
	for i, a := range members {
		if got := from(a.heard, "member"); len(got) != talks*(len(members)-1) {
			t.Errorf("%s heard %d messages of members", a.name, len(got))
		}
		for _, b := range members[i+1:] {
			x, y := others(a.heard, b.name), others(b.heard, a.name)
			if n := min(len(x), len(y)); !slices.Equal(x[:n], y[:n]) {
				t.Errorf("%s and %s heard another order\n%q\n%q", a.name, b.name, x, y)
			}
		}
	}
	for _, m := range members {
		m.leave()
	}
	r.vacant()
}

func from(heard []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(heard), func(s string) bool { return !strings.HasPrefix(s, name) })
}

func others(heard []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(heard), func(s string) bool { return strings.HasPrefix(s, name+":") })
}

// TestGarbage writes what is no protocol to every listener, while a conference
// goes on.
func TestGarbage(t *testing.T) {
	conform.Covers(t, "SEC-05", "MSRP-FRM-03")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("udp", "bob").join(lobby).connect()
	noise := rand.NewChaCha8([32]byte{1})
	for round := range 20 {
		octets := make([]byte, 1+round*100)
		_, _ = noise.Read(octets) // never fails
		for _, lines := range []string{string(octets), "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "INVITE\r\n\r\n", "\x16\x03\x01\x02\x00\x01"} {
			r.dial("udp").Write(lines)
			stream := r.dial("tcp")
			stream.Write(lines)
			stream.Close()
			media := testnet.DialMSRP(t, "msrp://127.0.0.1:1/x;tcp", alice.msrp.Remote)
			media.Write(lines)
			media.Close()
		}
		said := fmt.Sprintf("message %d", round)
		alice.say(said)
		bob.hear(said)
	}
	alice.leave()
	bob.leave()
	r.vacant()
}
