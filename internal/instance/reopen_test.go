package instance_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
)

// latecomers has users ask for the lobby, which is ending.
func (h *house) latecomers(users ...conference.Identity) []*outcome {
	h.t.Helper()
	outcomes := make([]*outcome, len(users))
	for k, u := range users {
		outcomes[k] = &outcome{}
		h.Join(lobby(), admit(u, conference.EndpointID(u)), outcomes[k].done)
	}
	synctest.Wait()
	return outcomes
}

func TestEmptyReservedConferenceReopens(t *testing.T) {
	conform.Covers(t, "FOC-TRM-02")
	bubble(t, func(c *instance.Config) { c.Queue.Commands = 3 }, open(nil), func(h *house) {
		var finish func()
		h.attach = func(r *recorder) {
			r.drain = func(done func()) { finish = done }
		}
		first := h.join(lobby(), "sip:alice@a.test", "alice1")
		h.must(first, conference.Leave{At: time.Now(), Endpoint: "alice1"})
		h.status(lobby(), instance.Terminating)
		waiting := h.latecomers("sip:b@b.test", "sip:c@b.test", "sip:d@b.test", "sip:e@b.test")
		for k, o := range waiting[:3] {
			if o.calls != 0 {
				t.Errorf("%d was told something: %v", k, o.err)
			}
		}
		if o := waiting[3]; o.calls != 1 || !errors.Is(o.err, instance.ErrOverload) {
			t.Errorf("one too many: %v", o.err)
		}
		h.attach = nil
		finish()
		<-first.Gone()
		synctest.Wait()
		for k, o := range waiting[:3] {
			if o.calls != 1 || o.err != nil || o.instance == first || o.instance != waiting[0].instance {
				t.Errorf("%d: %d answers, %v", k, o.calls, o.err)
			}
		}
		if len(h.recorders) != 2 {
			t.Errorf("%d lives of the lobby", len(h.recorders))
		}
	})
}

func TestOtherEndsDoNotReopen(t *testing.T) {
	conform.Covers(t, "FOC-TRM-02")
	bubble(t, nil, open(nil), func(h *house) {
		var finish func()
		h.attach = func(r *recorder) {
			r.drain = func(done func()) { finish = done }
		}
		for _, cause := range []conference.EndCause{conference.EndRequested, conference.EndDuration, conference.EndFault} {
			i := h.join(lobby(), "sip:alice@a.test", "alice1")
			h.must(i, conference.End{At: time.Now(), Cause: cause})
			if o := h.latecomers("sip:b@b.test")[0]; !errors.Is(o.err, instance.ErrTerminating) {
				t.Errorf("%v: %v", cause, o.err)
			}
			finish()
			<-i.Gone()
		}
	})
}

func TestShutdownSendsLatecomersAway(t *testing.T) {
	conform.Covers(t, "FOC-TRM-09")
	bubble(t, nil, open(nil), func(h *house) {
		var finish func()
		h.attach = func(r *recorder) {
			r.drain = func(done func()) { finish = done }
		}
		i := h.join(lobby(), "sip:alice@a.test", "alice1")
		h.must(i, conference.Leave{At: time.Now(), Endpoint: "alice1"})
		o := h.latecomers("sip:b@b.test")[0]
		go h.close()
		synctest.Wait()
		finish()
		<-i.Gone()
		synctest.Wait()
		if o.calls != 1 || !errors.Is(o.err, instance.ErrDraining) {
			t.Errorf("%d answers, %v", o.calls, o.err)
		}
	})
}
