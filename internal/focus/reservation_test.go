package focus_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// patience is that of the focus with its mixer, and tick how late its timers may be.
const (
	patience = 3 * time.Second
	tick     = 10 * time.Millisecond
)

// exactly fails the test unless that much time has passed since a moment.
func exactly(t *testing.T, since time.Time, want time.Duration) {
	t.Helper()
	if d := time.Since(since); d < want || d > want+tick {
		t.Errorf("after %v, want %v", d, want)
	}
}

// TestSilentMixer is answered for after three seconds, and whatever was begun is undone;
// the leg that comes later is given back.
func TestSilentMixer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-07", "MIX-02", "MIX-01")
	for name, ask := range map[string]func(*guest) *sipmsg.Request{
		"factory":       func(g *guest) *sipmsg.Request { return g.invite(factory) },
		"reserved":      func(g *guest) *sipmsg.Request { return g.invite(lobby) },
		"list":          func(g *guest) *sipmsg.Request { return g.withList(factory, "sip:bob@10.0.0.3") },
		"our offer":     func(g *guest) *sipmsg.Request { return bare(g.invite(lobby)) },
		"precondition":  func(g *guest) *sipmsg.Request { return g.invite(lobby, "Require: precondition, 100rel") },
		"another place": func(g *guest) *sipmsg.Request { return g.invite(factory, "Privacy: id") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := serve(t, nil)
				bob := testnet.NewPeer(t, r.net.Host("10.0.0.3"), r.gate.Origin("udp").Local)
				defer bob.Close()
				alice := r.guest("alice")
				began := time.Now()
				invite := ask(alice)
				alice.Send(invite)
				resp := alice.refused(invite, 500)
				exactly(t, began, patience)
				if resp.Header.Value("Retry-After") != "30" || len(resp.Body) > 0 {
					t.Errorf("%s", resp.Append(nil))
				}
				synctest.Wait()
				if i := r.alive(); i != nil {
					t.Errorf("%s is there", i.ID())
				}
				r.mixer.Answer()
				r.vacant()
				if n := r.mixer.Allocated(); n != 1 {
					t.Errorf("%d legs", n)
				}
				bob.Quiet(time.Minute)
			})
		})
	}
}

// TestSilentMixerAndReplaces leaves the dialog that was to be replaced.
func TestSilentMixerAndReplaces(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-07", "FOC-JOI-08")
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, nil)
		alice, phone := r.guest("alice").join(), r.guest("alice")
		invite := phone.invite(lobby, "Replaces: "+alice.replaces())
		phone.Send(invite)
		began := time.Now()
		phone.refused(invite, 500)
		exactly(t, began, patience)
		r.mixer.Answer()
		alice.Silence(time.Minute)
		alice.leave()
		r.vacant()
	})
}

// TestSilentMixerCallsNobody: who wanted somebody called is told, and he hears nothing.
func TestSilentMixerCallsNobody(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-07", "MIX-02", "FOC-OUT-05", "FOC-OUT-12")
	synctest.Test(t, func(t *testing.T) {
		r := serve(t, nil)
		bob := testnet.NewPeer(t, r.net.Host("10.0.0.3"), r.gate.Origin("udp").Local)
		defer bob.Close()
		alice := r.guest("alice").join()
		began := time.Now()
		if status := r.called(); status != 500 {
			t.Errorf("reported %d", status)
		}
		exactly(t, began, patience)
		r.mixer.Answer()
		bob.Quiet(time.Minute)
		alice.leave()
		r.vacant()
	})
}

// TestSlowMixer: nothing that describes media leaves before the mixer has answered, and
// then everything goes on.
func TestSlowMixer(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-02")
	const slow = patience - tick
	t.Run("called", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := serve(t, nil)
			alice := r.guest("alice")
			began := time.Now()
			alice.Send(alice.invite(lobby))
			time.AfterFunc(slow, func() { r.mixer.Answer() })
			alice.accepted()
			exactly(t, began, slow)
			alice.leave()
			r.vacant()
		})
	})
	t.Run("precondition", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := serve(t, nil)
			alice := r.guest("alice")
			began := time.Now()
			invite := alice.invite(lobby, "Require: precondition, 100rel")
			alice.Send(invite)
			time.AfterFunc(slow, func() { r.mixer.Answer() })
			alice.Expect(183, sipmsg.INVITE)
			exactly(t, began, slow)
			alice.Send(testnet.Cancel(invite))
			alice.Expect(200, sipmsg.CANCEL)
			alice.refused(invite, 487)
			r.vacant()
		})
	})
	t.Run("calling", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := serve(t, nil)
			bob := testnet.NewPeer(t, r.net.Host("10.0.0.3"), r.gate.Origin("udp").Local)
			defer bob.Close()
			alice := r.guest("alice").join()
			began := time.Now()
			r.invites("sip:bob@10.0.0.3", nil)
			time.AfterFunc(slow, func() { r.mixer.Answer() })
			invite := bob.Request(sipmsg.INVITE)
			exactly(t, began, slow)
			bob.Answer(invite, 486, "b", "", "")
			bob.Request(sipmsg.ACK)
			alice.leave()
			r.vacant()
		})
	})
}

// TestMixerRefuses tells the caller what the mixer's trouble means for him.
func TestMixerRefuses(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MIX-07", "FOC-FAC-06")
	for name, test := range map[string]struct {
		err    error
		status int
		field  string // that has to be there
	}{
		"mixer full":        {focus.ErrMixerFull, 503, "Retry-After"},
		"conference full":   {&conference.Refusal{Code: conference.CodeFull}, 486, "Retry-After"},
		"unsupported media": {&sdp.Error{Status: 488, Code: sdp.WarnMedia, Text: "no such media"}, 488, "Content-Type"},
		"out of order":      {errors.New("out of order"), 500, ""},
	} {
		for _, at := range []time.Duration{0, time.Second} {
			t.Run(name+" "+at.String(), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					r := serve(t, nil)
					r.mixer.Prompt(at == 0)
					r.mixer.Refuse(test.err)
					time.AfterFunc(at, func() { r.mixer.Answer() })
					for _, to := range []string{factory, lobby} {
						alice := r.guest("alice")
						invite := alice.invite(to)
						alice.Send(invite)
						if resp := alice.refused(invite, test.status); test.field != "" && !resp.Header.Has(test.field) {
							t.Errorf("no %s in\n%s", test.field, resp.Append(nil))
						}
						time.AfterFunc(at, func() { r.mixer.Answer() })
						r.vacant()
					}
				})
			})
		}
	}
}
