package confinfo

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// base is a full state with two users; edit changes its copy.
func base(edit func(*Document)) *Document {
	d := &Document{
		Entity: "sip:c@x", Version: 1, Description: &Description{Subject: "s"}, ConferenceState: &ConferenceState{UserCount: 2},
		Users: &Users{List: []User{
			{
				Entity: "sip:a@x", DisplayText: "A", Roles: []string{"owner"},
				Endpoints: []Endpoint{{Entity: "1", Status: StatusConnected, Media: []Media{{ID: "1"}, {ID: "2"}}}},
			},
			{Entity: "sip:b@x"},
		}},
	}
	edit(d)
	return d
}

func TestDiff(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*Document)
		want *Document // nil: no change
	}{
		{"nothing", func(*Document) {}, nil},
		{"another order", func(d *Document) {
			l := d.Users.List
			l[0], l[1] = l[1], l[0]
		}, nil},
		{
			"an atomic part goes whole", func(d *Document) { d.ConferenceState.Locked = true },
			&Document{State: Partial, ConferenceState: &ConferenceState{UserCount: 2, Locked: true}},
		},
		{
			"a new user goes whole", func(d *Document) {
				d.Users.List = append(d.Users.List, User{Entity: "sip:c@x", Roles: []string{"participant"}})
			},
			&Document{State: Partial, Users: &Users{Partial, []User{{Entity: "sip:c@x", Roles: []string{"participant"}}}, nil}},
		},
		{
			"who left is deleted", func(d *Document) { d.Users.List = d.Users.List[:1] },
			&Document{State: Partial, Users: &Users{Partial, []User{{Entity: "sip:b@x", State: Deleted}}, nil}},
		},
		{
			"an inner change goes in part", func(d *Document) {
				d.Users.List[0].Endpoints = []Endpoint{
					{Entity: "1", Status: StatusOnHold, Media: []Media{{ID: "1"}, {ID: "2", Type: "message"}}}, {Entity: "2"},
				}
			},
			&Document{State: Partial, Users: &Users{Partial, []User{{
				Entity: "sip:a@x", State: Partial,
				Endpoints: []Endpoint{
					{Entity: "1", State: Partial, Status: StatusOnHold, Media: []Media{{ID: "2", Type: "message"}}}, {Entity: "2"},
				},
			}}, nil}},
		},
		{
			"a medium that vanished takes the whole endpoint", func(d *Document) {
				d.Users.List[0].Endpoints = []Endpoint{{Entity: "1", Status: StatusConnected, Media: []Media{{ID: "1"}}}}
			},
			&Document{State: Partial, Users: &Users{Partial, []User{{
				Entity: "sip:a@x", State: Partial,
				Endpoints: []Endpoint{{Entity: "1", Status: StatusConnected, Media: []Media{{ID: "1"}}}},
			}}, nil}},
		},
		{
			"text that vanished takes the whole user", func(d *Document) { d.Users.List[0].DisplayText = "" },
			&Document{State: Partial, Users: &Users{Partial, []User{base(func(d *Document) { d.Users.List[0].DisplayText = "" }).Users.List[0]}, nil}},
		},
		{
			"an endpoint that vanished is deleted", func(d *Document) { d.Users.List[0].Endpoints = nil },
			&Document{State: Partial, Users: &Users{Partial, []User{{
				Entity: "sip:a@x", State: Partial, Endpoints: []Endpoint{{Entity: "1", State: Deleted}},
			}}, nil}},
		},
		{
			"a part that vanished takes everything", func(d *Document) { d.Description = nil },
			base(func(d *Document) { d.Description = nil }),
		},
		{"the end", func(d *Document) { d.State = Deleted }, base(func(d *Document) { d.State = Deleted })},
	} {
		got, changed := Diff(base(func(*Document) {}), base(tt.edit))
		if changed != (tt.want != nil) {
			t.Errorf("%s: changed %t", tt.name, changed)
		}
		if tt.want == nil {
			continue
		}
		tt.want.Entity, tt.want.Version = "sip:c@x", 1
		if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestWrittenUsers(t *testing.T) {
	d := roster(3)
	d.Users.List[1].Nickname = "Bob"
	want := string(d.Append(nil))
	for i := range d.Users.List {
		d.Users.Written = append(d.Users.Written, d.Users.List[i].Append(nil))
	}
	d.Users.List = nil
	if diff := cmp.Diff(want, string(d.Append(nil))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	d.Users.Written = nil
	if got := string(d.Append(nil)); !strings.Contains(got, `<users state="full"/>`) {
		t.Errorf("got %s", got)
	}
}
