package instance_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal/local"
)

const domain = "conf.example.test"

// recorder is an observer that remembers the kinds of events.
type recorder struct {
	instance *instance.Instance
	kinds    []conference.Kind
	last     conference.Position
	flushed  int
}

func (r *recorder) Applied(_ *conference.State, at conference.Position, e conference.Event) {
	r.kinds = append(r.kinds, e.Kind())
	r.last = at
}

func (r *recorder) Flush() { r.flushed++ }

// house is a directory under test with what it told its observers.
type house struct {
	*instance.Directory
	t         *testing.T
	recorders []*recorder
}

func newHouse(t *testing.T, change func(*instance.Config), reserved ...instance.Definition) *house {
	t.Helper()
	h := &house{t: t}
	cfg := instance.Config{Journal: local.New(local.Limits{}), Domain: domain}
	cfg.Attach = append(cfg.Attach, func(i *instance.Instance) instance.Observer {
		r := &recorder{instance: i}
		h.recorders = append(h.recorders, r)
		return r
	})
	if change != nil {
		change(&cfg)
	}
	d, err := instance.NewDirectory(cfg, reserved...)
	if err != nil {
		t.Fatal(err)
	}
	h.Directory = d
	return h
}

func admit(user, endpoint string) conference.Admit {
	return conference.Admit{
		At: time.Now(), Identity: conference.Identity(user), Endpoint: conference.EndpointID(endpoint),
	}
}

func TestFactoryConferenceFromCreationToEnd(t *testing.T) {
	conform.Covers(t, "FOC-FAC-01", "FOC-TRM-01")
	synctest.Test(t, func(t *testing.T) {
		h := newHouse(t, nil)
		var in *instance.Instance
		h.Create(instance.Founding{}, admit("sip:alice@a.test", "e1"), func(i *instance.Instance, r instance.Result) {
			if r.Err != nil {
				t.Error(r.Err)
			}
			in = i
		})
		synctest.Wait()
		in.Do(conference.Connect{At: time.Now(), Endpoint: "e1"}, nil)
		synctest.Wait()
		if got := h.Lookup(in.Address()).Status; got != instance.Active {
			t.Fatalf("status %v after the creator connected", got)
		}
		in.Do(conference.Leave{At: time.Now(), Endpoint: "e1"}, nil)
		<-in.Gone()
		if got := h.Lookup(in.Address()).Status; got != instance.Ended {
			t.Fatalf("status %v after the last user left", got)
		}
	})
}
