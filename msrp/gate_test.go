package msrp

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// TestHold: what says something waits at the gate of a session that is held, until it is
// opened or given another answer, the session ends, or HoldTimeout is over.
func TestHold(t *testing.T) {
	requests := map[string]func(p *rawPeer) string{
		"SEND": func(p *rawPeer) string { return p.request("SEND", "Message-ID: one", []byte("hello"), "$") },
		"NICKNAME": func(p *rawPeer) string {
			return p.request("NICKNAME", `Use-Nickname: "Ali"`, nil, "$")
		},
	}
	for name, test := range map[string]struct {
		do     func(*Session)
		after  time.Duration
		status int
	}{
		"opened":        {do: func(s *Session) { s.Gate(nil) }, status: 200},
		"refused":       {do: func(s *Session) { s.Gate(refusal(408)) }, status: 408},
		"held again":    {do: func(s *Session) { s.Hold() }, after: 10 * time.Second, status: 403},
		"session ended": {do: func(s *Session) { s.Close() }, status: 481},
		"nothing":       {do: func(*Session) {}, after: 10 * time.Second, status: 403},
	} {
		for method, request := range requests {
			t.Run(method+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					ep := timedEndpoint(t, Config{KeepAlive: -1})
					s, h := exampleSession(t, ep, SessionConfig{})
					named := 0
					h.request = func(r *NicknameRequest) {
						named++
						r.Respond(nil)
					}
					p := newPeer(t, ep, "pipe")
					s.Gate(refusal(msrpwire.StatusForbidden))
					s.Hold()
					p.bind() // says nothing
					begin := time.Now()
					p.write(request(p))
					pause(2 * time.Second)
					synctest.Wait()
					p.silent()
					test.do(s)
					synctest.Wait()
					if test.after > 0 {
						p.silent()
					}
					p.status(test.status)
					if took := time.Since(begin); took != max(test.after, 2*time.Second) {
						t.Errorf("answered after %v", took)
					}
					if said := len(h.messages) + named; (said == 1) != (test.status == 200) {
						t.Errorf("%d requests handed over", said)
					}
				})
			})
		}
	}
	conform.Covers(t, "SW-GEN-09")
}

// TestHoldOfAnOpenSession changes nothing.
func TestHoldOfAnOpenSession(t *testing.T) {
	_, s, h, p := example(t, SessionConfig{})
	s.Hold()
	p.write(p.request("SEND", "Message-ID: one", []byte("hello"), "$"))
	p.status(200)
	if len(h.messages) != 1 {
		t.Errorf("%d messages handed over", len(h.messages))
	}
}
