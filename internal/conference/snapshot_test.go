package conference

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// whole compares states by all that they hold.
func whole() cmp.Options {
	return cmp.Options{
		cmp.Exporter(func(reflect.Type) bool { return true }),
		cmpopts.EquateEmpty(),
		cmp.Transformer("ids", func(r recentIDs) []string {
			ids := []string{fmt.Sprint(r.total, len(r.users))}
			for sent := r.first; sent != nil; sent = sent.next {
				for k := range sent.order {
					id := sent.order[(sent.head+k)%len(sent.order)]
					ids = append(ids, fmt.Sprint(sent.user, id, sent.at[id]))
				}
			}
			return ids
		}),
	}
}

// written returns the event as it comes back from JSON.
func written(t *testing.T, e Snapshot) Snapshot {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var again Snapshot
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatal(err)
	}
	return again
}

// replay folds the events of a log from the one with the index from on.
func replay(t *testing.T, log []Event, from int) *State {
	t.Helper()
	var s State
	for k, e := range log[from:] {
		if snapshot, ok := e.(Snapshot); ok {
			e = written(t, snapshot)
		}
		s.Apply(Position(from+k+1), e)
	}
	return &s
}

// checkReplays replays the log from its beginning and from some of its snapshots: each
// time it comes to the same state.
func checkReplays(t *testing.T, f *fold) {
	t.Helper()
	begins := []int{0}
	for k, e := range f.log {
		if _, ok := e.(Snapshot); ok {
			begins = append(begins, k)
		}
	}
	step := max(1, len(begins)/4)
	for k := 0; k < len(begins); k += step {
		s := replay(t, f.log, begins[k])
		if got, want := dump(s), dump(&f.State); got != want {
			t.Fatalf("replayed from %d:\n%s\nwant:\n%s", begins[k]+1, got, want)
		}
		if diff := cmp.Diff(&f.State, s, whole()); diff != "" {
			t.Fatalf("replayed from %d:\n%s", begins[k]+1, diff)
		}
	}
}

// TestSnapshotHasEveryField: what an endpoint or a participant has anew is in its
// snapshot as well.
func TestSnapshotHasEveryField(t *testing.T) {
	t.Parallel()
	derived := []string{"Participant", "Role"}
	for _, pair := range [][2]any{{Endpoint{}, SnapshotEndpoint{}}, {Participant{}, SnapshotUser{}}} {
		in, kept := reflect.TypeOf(pair[0]), reflect.TypeOf(pair[1])
		for field := range in.Fields() {
			if !field.IsExported() || slices.Contains(derived, field.Name) {
				continue
			}
			if _, ok := kept.FieldByName(field.Name); !ok {
				t.Errorf("%s.%s is not in %s", in, field.Name, kept)
			}
		}
	}
}

// TestSnapshotOfEverything takes a snapshot of a conference in which all has
// happened that can.
func TestSnapshotOfEverything(t *testing.T) {
	t.Parallel()
	f := found(t, func(c *Create) {
		c.Moderators, c.Members, c.Starters = []Identity{"sip:mod@a.test"}, []string{"a.test", "sip:eve@b.test"}, []Identity{"sip:alice@a.test"}
		c.First.Display, c.First.AssociatedAORs, c.First.Focus = "Alice", []string{"tel:+1"}, "sip:other@conf.test"
		c.First.Contact, c.First.Instance, c.First.Device = "sip:alice@192.0.2.1", "urn:1", "Phone"
		c.First.Referred = &Referral{By: "sip:bob@a.test", At: epoch, Reason: "reason"}
		c.Policy.History.Durable = true
	})
	f.must(t, SetNickname{At: epoch, Endpoint: "alice1", Nickname: "Owl"})
	f.must(t, Invite{At: epoch, By: "sip:alice@a.test", Identity: "sip:carol@a.test", Endpoint: "carol1", Hidden: true, Until: at(time.Hour)})
	f.must(t, Admit{At: epoch, Identity: "sip:dave@a.test", Endpoint: "dave1", Private: true})
	f.must(t, Connect{At: epoch, Endpoint: "dave1", Media: Inactive})
	f.must(t, SetNickname{At: epoch, Endpoint: "dave1", Nickname: "Cat"})
	f.must(t, Acknowledge{Marks: []Mark{{"alice1", 3}, {"dave1", 4}}})
	f.must(t, Leave{At: epoch, Endpoint: "dave1", Cause: CauseLost})
	f.must(t, Bar{At: epoch, Identity: "sip:mallory@a.test"})
	f.must(t, Approve{At: epoch, Identity: "sip:frank@a.test", Approved: true})
	f.must(t, Lock{At: epoch, Locked: true})
	f.must(t, LoseLeg{At: epoch, Endpoint: "alice1"})
	for n := range recentCount + 3 {
		f.must(t, Post{Message: &Message{At: at(time.Duration(n) * time.Second), User: "", SenderID: fmt.Sprint(n)}})
	}
	f.must(t, TakeSnapshot{At: at((recentCount + 3) * time.Second)})
	checkReplays(t, f)
	if f.recent.has("", "0", at(0)) || !f.recent.has("", "1000", at(1001*time.Second)) {
		t.Error("not the old messages are forgotten, and the new ones known")
	}
	s := replay(t, f.log, len(f.log)-1)
	for field, v := range reflect.ValueOf(s).Elem().Fields() {
		if v.IsZero() && field.Name != "over" && field.Name != "end" && field.Name != "emptySince" && field.Name != "ownerDue" {
			t.Errorf("the state's %s is empty, which shows nothing", field.Name)
		}
	}
}

func TestSnapshotOfNothing(t *testing.T) {
	t.Parallel()
	(&fold{}).refused(t, TakeSnapshot{At: epoch}, CodeNotAlive)
}
