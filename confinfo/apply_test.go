package confinfo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confab-chat/confab/internal/conform"
)

func TestApplyExamples(t *testing.T) {
	x := examples(t)
	local, outcome := Apply(nil, x["x1"])
	if outcome != Applied {
		t.Fatalf("x1: outcome %d", outcome)
	}
	before := *local
	after, outcome := Apply(local, x["x2"])
	if outcome != Applied || after.Version != 2 || after.ConferenceState.UserCount != 3 {
		t.Fatalf("x2: outcome %d, %+v", outcome, after)
	}
	if diff := cmp.Diff(&before, local); diff != "" {
		t.Errorf("the state before was changed (-want +got):\n%s", diff)
	}
	want := examples(t)["x1"]
	want.Version, want.ConferenceState = 2, x["x2"].ConferenceState
	phone := &want.Users.List[0].Endpoints[0]
	phone.Status, phone.Media = StatusOnHold, message(Inactive)
	want.Users.List = append(want.Users.List, x["x2"].Users.List[0])
	if diff := cmp.Diff(want, after, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("x1 and x2 (-want +got):\n%s", diff)
	}
	// The sender's way from the one to the other. Users come in the roster's order.
	d, changed := Diff(local, after)
	x2 := x["x2"].Users.List
	x2[0], x2[1] = x2[1], x2[0]
	if diff := cmp.Diff(x["x2"], d, cmpopts.EquateEmpty()); diff != "" || !changed {
		t.Errorf("difference (-want +got):\n%s", diff)
	}
	// x4 ends it, whatever the version, if only above the local one.
	gone, outcome := Apply(after, x["x4"])
	if outcome != Applied || gone.State != Deleted || gone.Version != 9 || len(gone.users()) != 0 {
		t.Errorf("x4: outcome %d, %+v", outcome, gone)
	}
}

func TestApplyVersions(t *testing.T) {
	conform.Covers(t, "PAR-SUB-06")
	doc := func(state State, version uint32) *Document {
		return &Document{Entity: "sip:c@x", State: state, Version: version, Host: &Host{DisplayText: "new"}}
	}
	for _, tt := range []struct {
		local *Document
		doc   *Document
		want  Outcome
	}{
		{nil, doc(Full, 1), Applied},
		{nil, doc(Full, 0), Applied},
		{nil, doc(Deleted, 7), Applied},
		{nil, doc(Partial, 1), Refresh},
		{doc(Full, 5), doc(Full, 5), Ignored},
		{doc(Full, 5), doc(Full, 4), Ignored},
		{doc(Full, 5), doc(Deleted, 5), Ignored},
		{doc(Full, 5), doc(Partial, 5), Ignored},
		{doc(Full, 5), doc(Partial, 6), Applied},
		{doc(Full, 5), doc(Partial, 7), Refresh},
		{doc(Full, 5), doc(Full, 900), Applied},
		{doc(Full, 5), doc(Deleted, 900), Applied},
		{doc(Deleted, 5), doc(Partial, 6), Refresh},
		{doc(Deleted, 5), doc(Full, 6), Applied},
		{doc(Full, 1<<32-1), doc(Partial, 0), Ignored},
	} {
		got, outcome := Apply(tt.local, tt.doc)
		if outcome != tt.want {
			t.Errorf("local %+v, document %+v: outcome %d, want %d", tt.local, tt.doc, outcome, tt.want)
		}
		if outcome != Applied && got != tt.local {
			t.Errorf("local %+v, document %+v: state replaced", tt.local, tt.doc)
		}
		if outcome == Applied && got.Version != tt.doc.Version {
			t.Errorf("local %+v, document %+v: version %d", tt.local, tt.doc, got.Version)
		}
	}
}

// A gap leaves the local version unchanged, so that only a full document helps.
func TestApplyGap(t *testing.T) {
	conform.Covers(t, "PAR-SUB-06")
	local, _ := Apply(nil, &Document{Entity: "sip:c@x", Version: 1})
	partial := func(version uint32) *Document { return &Document{Entity: "sip:c@x", State: Partial, Version: version} }
	for _, version := range []uint32{3, 4} {
		var outcome Outcome
		if local, outcome = Apply(local, partial(version)); outcome != Refresh || local.Version != 1 {
			t.Errorf("partial %d: outcome %d, local version %d", version, outcome, local.Version)
		}
	}
	local, outcome := Apply(local, &Document{Entity: "sip:c@x", Version: 5})
	if outcome != Applied || local.Version != 5 {
		t.Errorf("full 5: outcome %d, local version %d", outcome, local.Version)
	}
}

const partialHead = `<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:c@x" state="partial" version="2">`

func TestApplyMerge(t *testing.T) {
	conform.Covers(t, "PAR-SUB-06", "PAR-SUB-08")
	start := &Document{
		Entity: "sip:c@x", Version: 1, Description: &Description{Subject: "s"}, Host: &Host{DisplayText: "h"},
		Users: &Users{List: []User{
			{
				Entity: "a", Nickname: "A", DisplayText: "Alice", Roles: []string{"owner"},
				Endpoints: []Endpoint{
					{Entity: "1", Status: StatusConnected, JoiningMethod: DialedIn, Media: []Media{{ID: "1"}, {ID: "2"}}},
					{Entity: "2", Status: StatusConnected},
				},
			},
			{Entity: "b"},
		}},
	}
	for _, tt := range []struct {
		name, users string
		change      func(*Document)
	}{
		{"nothing said", ``, func(*Document) {}},
		{"users without state are full", `<users><user entity="c"/></users>`, func(d *Document) {
			d.Users = &Users{List: []User{{Entity: "c"}}}
		}},
		{"users deleted", `<users state="deleted"/>`, func(d *Document) { d.Users = &Users{} }},
		{"user without state is full", `<users state="partial"><user entity="a"/></users>`, func(d *Document) {
			d.Users.List[0] = User{Entity: "a"}
		}},
		{
			"user deleted, another unknown", `<users state="partial"><user entity="a" state="deleted"/><user entity="z" state="deleted"/></users>`,
			func(d *Document) { d.Users.List = d.Users.List[1:] },
		},
		{
			"user deleted and back", `<users state="partial"><user entity="a" state="deleted"/><user entity="a"/></users>`,
			func(d *Document) { d.Users.List = []User{{Entity: "b"}, {Entity: "a"}} },
		},
		{
			"unknown user in part", `<users state="partial"><user entity="c" state="partial"><endpoint entity="1" state="partial"/></user></users>`,
			func(d *Document) {
				d.Users.List = append(d.Users.List, User{Entity: "c", Endpoints: []Endpoint{{Entity: "1"}}})
			},
		},
		{
			"keys compare octet by octet", `<users state="partial"><user entity="A" state="partial"/></users>`,
			func(d *Document) { d.Users.List = append(d.Users.List, User{Entity: "A"}) },
		},
		{
			"user in part",
			`<users state="partial"><user entity="a" state="partial"><display-text>Al</display-text>
			<associated-aors><entry><uri>tel:1</uri></entry></associated-aors><endpoint entity="2" state="deleted"/></user></users>`,
			func(d *Document) {
				u := &d.Users.List[0]
				u.DisplayText, u.AssociatedAORs, u.Endpoints = "Al", []URI{{URI: "tel:1"}}, u.Endpoints[:1]
			},
		},
		{
			"endpoints",
			`<users state="partial"><user entity="a" state="partial">
			<endpoint entity="1" state="partial"><status>on-hold</status><media id="2"><type>message</type></media><media id="3"/></endpoint>
			<endpoint entity="2"><joining-method>dialed-out</joining-method></endpoint><endpoint entity="3"/></user></users>`,
			func(d *Document) {
				d.Users.List[0].Endpoints = []Endpoint{
					{Entity: "1", Status: StatusOnHold, JoiningMethod: DialedIn, Media: []Media{{ID: "1"}, {ID: "2", Type: "message"}, {ID: "3"}}},
					{Entity: "2", JoiningMethod: DialedOut},
					{Entity: "3"},
				}
			},
		},
		{"atomic parts are replaced", `<conference-description><free-text>f</free-text></conference-description>`, func(d *Document) {
			d.Description = &Description{FreeText: "f"}
		}},
	} {
		local, _ := Apply(nil, start)
		got, outcome := Apply(local, unmarshal(t, partialHead+tt.users+`</conference-info>`))
		want, _ := Apply(nil, start)
		want.Version = 2
		tt.change(want)
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || outcome != Applied {
			t.Errorf("%s: outcome %d (-want +got):\n%s", tt.name, outcome, diff)
		}
	}
}
