package server

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/focus"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/sdp"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// serveMoody is serve with a mixer whose mood the test sets.
func serveMoody(t *testing.T, m *moody) *rig {
	t.Helper()
	return serveTuned(t, nil, tuning{mixer: func(inner focus.Mixer) focus.Mixer { m.Mixer = inner; return m }})
}

// TestFullMixer refuses and forgets.
func TestFullMixer(t *testing.T) {
	conform.Covers(t, "FOC-FAC-06", "MIX-01")
	m := &moody{reserve: func(focus.LegRequest) (focus.Leg, error) { return nil, focus.ErrMixerFull }}
	r := serveMoody(t, m)
	bob := r.callee("udp", "bob")
	for _, target := range []string{factory, lobby} {
		alice := r.guest("tcp", "alice")
		resp := alice.denied(503, alice.withList(target, entries(bob.entry("")), "recipient-list"))
		if resp.Header.Value("Retry-After") == "" {
			t.Errorf("%s", resp.Append(nil))
		}
		r.vacant() // the URI too
	}
	bob.Silence(20 * time.Millisecond)
	m.reserve = func(focus.LegRequest) (focus.Leg, error) { return nil, &sdp.Error{Status: 488, Text: "no such media"} }
	alice := r.guest("tcp", "alice")
	alice.denied(488, alice.invite(factory))
	m.reserve = func(focus.LegRequest) (focus.Leg, error) { return nil, errors.New("out of order") }
	alice.denied(500, alice.invite(factory))
	r.vacant()
}

// TestWhatTheMixerIsTold holds what it is told of an open and an anonymous user.
func TestWhatTheMixerIsTold(t *testing.T) {
	conform.Covers(t, "MIX-03")
	var mu sync.Mutex
	var told []focus.LegRequest
	m := &moody{reserve: func(req focus.LegRequest) (focus.Leg, error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, req)
		return nil, nil
	}}
	r := serveMoody(t, m)
	alice := r.guest("tcp", "alice").join(lobby, "User-Agent: phone/1")
	bob := r.guest("tcp", "bob").join(lobby, "Privacy: id")
	carol := r.callee("udp", "carol")
	_, invite := r.invited(carol)
	carol.Send(carol.call.Respond(invite, 486))
	carol.Request()
	mu.Lock()
	defer mu.Unlock()
	if len(told) != 3 || told[0].Endpoint == told[1].Endpoint {
		t.Fatalf("%+v", told)
	}
	for k, want := range []string{alice.aor(), "sip:anonymous1@anonymous.invalid", carol.named()} {
		got := told[k]
		if string(got.User) != want || !slices.Equal(got.Addresses, []string{want}) || got.Instance != r.entry().Instance ||
			!slices.Contains(got.Conference, lobby) {
			t.Errorf("%+v, want %s", got, want)
		}
	}
	if told[0].UserAgent != "phone/1" {
		t.Errorf("User-Agent %q", told[0].UserAgent)
	}
	bob.leave()
	alice.leave()
}

// TestNoAck ends a call whose 200 is never acknowledged, and a conference that
// nobody got into.
func TestNoAck(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-FAC-09")
	var legs atomic.Int32
	m := &moody{reserve: func(focus.LegRequest) (focus.Leg, error) { legs.Add(1); return nil, nil }}
	r := serveTuned(t, nil, tuning{
		t1: brisk, mixer: func(inner focus.Mixer) focus.Mixer { m.Mixer = inner; return m },
	})
	alice := r.guest("tcp", "alice")
	alice.Send(alice.invite(factory))
	alice.ok = alice.Expect(200, sipmsg.INVITE)
	bye := alice.Request() // the 200s between are repetitions
	if bye.Method != sipmsg.BYE {
		t.Errorf("want BYE, got\n%s", bye.Append(nil))
	}
	alice.Answer(bye, 200)
	r.vacant()
	if legs.Load() != 1 {
		t.Errorf("%d legs", legs.Load())
	}
}

// TestCreatorOwns shows in the roster.
func TestCreatorOwns(t *testing.T) {
	conform.Covers(t, "FOC-FAC-07")
	r := serve(t, nil)
	alice := r.guest("tcp", "alice").join(factory)
	uri := alice.conferenceURI()
	w := alice.Dialog(alice.aor(), uri)
	alice.Send(w.Request(sipmsg.SUBSCRIBE, "Event: conference"))
	alice.Expect(200, sipmsg.SUBSCRIBE)
	notify := alice.Request()
	alice.Answer(notify, 200)
	for _, want := range []string{"<entry>owner</entry>", "dialed-in", "<status>connected</status>"} {
		if !strings.Contains(string(notify.Body), want) {
			t.Errorf("no %s in\n%s", want, notify.Body)
		}
	}
}

// TestWhoMayStart: not everybody, nor at any time, nor at any URI that looks like
// one.
func TestWhoMayStart(t *testing.T) {
	conform.Covers(t, "FOC-CRE-02", "FOC-CRE-03")
	r := serve(t, nil)
	reserve := func(user string, change func(*instance.Definition)) string {
		def := *r.entry().Definition
		def.Address.User = user
		change(&def)
		if err := r.directory.Reserve(t.Context(), def); err != nil {
			t.Fatal(err)
		}
		return "sip:" + user + "@conf.localhost"
	}
	later := reserve("later", func(d *instance.Definition) { d.StartAt = time.Now().Add(10 * time.Minute) })
	named := reserve("named", func(d *instance.Definition) { d.Starters = append(d.Starters, "sip:alice@example.test") })
	bob := r.guest("tcp", "bob")
	bob.refused("sip:never-allocated@conf.localhost", 404)
	if resp := bob.refused(later, 480); resp.Header.Value("Retry-After") == "" {
		t.Errorf("%s", resp.Append(nil))
	}
	bob.refused(named, 403)
	alice := r.guest("tcp", "alice").join(named)
	bob.join(named)
	bob.leave()
	alice.leave()
	anybody := r.guest("tcp", "carol").join(lobby)
	anybody.leave()
	r.vacant()
}
