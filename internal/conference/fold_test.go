package conference

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// epoch is when the tests' conferences begin.
var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// at returns the time d after the beginning.
func at(d time.Duration) time.Time { return epoch.Add(d) }

// fold is a conference driven as an instance drives it: what is decided is
// applied, and time is looked at before each command.
type fold struct {
	State
	log []Event
}

// found returns a conference with policy that alice has created and is in.
func found(t *testing.T, change func(*Create)) *fold {
	t.Helper()
	f := &fold{}
	create := Create{
		At: epoch, ID: "sip:room@conf.test", Policy: DefaultPolicy(),
		First: Admit{At: epoch, Identity: "sip:alice@a.test", Endpoint: "alice1"},
	}
	if change != nil {
		change(&create)
	}
	f.must(t, create)
	f.must(t, Connect{At: create.At, Endpoint: create.First.Endpoint})
	return f
}

// do decides c and applies what follows.
func (f *fold) do(c Command) ([]Event, error) {
	events, err := Decide(&f.State, c)
	for _, e := range events {
		f.log = append(f.log, e)
		f.Apply(f.Position()+1, e)
	}
	return events, err
}

// must is do for commands that are not refused.
func (f *fold) must(t *testing.T, c Command) []Event {
	t.Helper()
	events, err := f.do(c)
	if err != nil {
		t.Fatalf("%T: %v", c, err)
	}
	return events
}

// refused checks that c is refused with the code.
func (f *fold) refused(t *testing.T, c Command, want Code) {
	t.Helper()
	before := f.Position()
	if _, err := f.do(c); CodeOf(err) != want {
		t.Errorf("%T: error %v, want %v", c, err, want)
	}
	if f.Position() != before {
		t.Errorf("%T was refused and changed the state", c)
	}
}

// pass lets time pass up to now and returns what it brought.
func (f *fold) pass(t *testing.T, now time.Time) []Event {
	t.Helper()
	var events []Event
	for range 1000 {
		next := f.NextTimeout()
		if next.IsZero() || now.Before(next) {
			return events
		}
		step := f.must(t, Expire{At: now})
		if len(step) == 0 {
			t.Fatalf("timeout at %v, and nothing to expire", next)
		}
		events = append(events, step...)
	}
	t.Fatal("time does not move on")
	return nil
}

// join lets a user in and connects it.
func (f *fold) join(t *testing.T, at time.Time, id Identity, ep EndpointID) {
	t.Helper()
	f.must(t, Admit{At: at, Identity: id, Endpoint: ep})
	f.must(t, Connect{At: at, Endpoint: ep})
}

// as returns the event as one of type E.
func as[E Event](t *testing.T, e Event) E {
	t.Helper()
	v, ok := e.(E)
	if !ok {
		t.Fatalf("event is %s", e.Kind())
	}
	return v
}

// kinds returns the kinds of events in one line.
func kinds(events []Event) string {
	words := make([]string, len(events))
	for i, e := range events {
		words[i] = string(e.Kind())
	}
	return strings.Join(words, " ")
}

// dump writes out all of a state that anybody can see.
func dump(s *State) string {
	var b strings.Builder
	fmt.Fprintln(&b, s.Position(), s.Phase(), s.created, s.locked, s.begun, s.end, s.barred, s.approved, s.moderators, s.UserCount(),
		s.arrived, s.activity, s.emptySince, s.ownerDue, s.absent.queue, s.NextTimeout())
	for p := range s.Participants() {
		fmt.Fprintln(&b, " ", p.User, p.Identity, p.Display, p.Role, p.Anonymous, p.connected, p.Nickname)
		for e := range p.Endpoints() {
			fmt.Fprintln(&b, "   ", e.ID, e.Instance, e.Method, e.By, e.Hidden, e.Contact, e.Replaces, e.Status(), e.JoinedAt, e.Media, e.LostAt, e.Return, e.acknowledged)
		}
	}
	for _, e := range s.lostLegs {
		fmt.Fprintln(&b, "  lost", e.ID)
	}
	for r := s.recent.first; r != nil; r = r.next {
		fmt.Fprintln(&b, "  recent", r.user, len(r.at), r.order, r.head)
	}
	fmt.Fprintln(&b, s.marks)
	fmt.Fprintln(&b, s.nicknames) // maps are written in the order of their keys
	return b.String()
}
