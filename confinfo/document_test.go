package confinfo

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/confab-chat/confab/internal/conform"
)

func at(t *testing.T, when string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, when)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func message(status MediaStatus) []Media {
	return []Media{{ID: "1", Type: "message", Label: "msg", Status: status}}
}

const conferenceURI = "sip:r7Kq2vT9mZ4wXc1LpB6n@conf.ims.example"

// examples are the documents testdata/x1.xml to x4.xml as values.
func examples(t *testing.T) map[string]*Document {
	t.Helper()
	const alice, device = "sip:alice@ims.example", "sip:alice@192.0.2.11;transport=tcp"
	return map[string]*Document{
		"x1": {
			Entity: conferenceURI, Version: 1,
			Description: &Description{
				DisplayText: "Field team", Subject: "Monday shift",
				Keywords:         []string{"field", "shift", "monday"},
				ConferenceURIs:   []URI{{URI: conferenceURI, Purpose: "participation"}},
				MaximumUserCount: 1000,
				AvailableMedia:   []AvailableMedia{{Label: "msg", Type: "message", Status: SendRecv}},
			},
			Host:            &Host{DisplayText: "ims.example chat", WebPage: "https://chat.ims.example/"},
			ConferenceState: &ConferenceState{UserCount: 2, Active: true},
			Users: &Users{List: []User{
				{
					Entity: alice, DisplayText: "Alice",
					AssociatedAORs: []URI{{URI: "tel:+15550100"}}, Roles: []string{"owner"},
					Endpoints: []Endpoint{{
						Entity: device, Status: StatusConnected, JoiningMethod: DialedIn,
						JoiningInfo: Execution{When: at(t, "2026-11-22T09:00:01Z")}, Media: message(SendRecv),
					}},
				},
				{
					Entity: "sip:anonymous1@anonymous.invalid", DisplayText: "Anonymous 1", Roles: []string{"participant"},
					Endpoints: []Endpoint{{
						Entity: "ep-4f1c", Status: StatusConnected, JoiningMethod: DialedIn,
						JoiningInfo: Execution{When: at(t, "2026-11-22T09:00:40Z")}, Media: message(SendRecv),
					}},
				},
			}},
		},
		"x2": {
			Entity: conferenceURI, State: Partial, Version: 2,
			ConferenceState: &ConferenceState{UserCount: 3, Active: true},
			Users: &Users{State: Partial, List: []User{
				{
					Entity: "sip:bob@ims.example", DisplayText: "Bob", Roles: []string{"participant"},
					Endpoints: []Endpoint{{
						Entity:   "sip:bob@198.51.100.7:5060",
						Referred: Execution{When: at(t, "2026-11-22T09:02:10Z"), By: alice},
						Status:   StatusConnected, JoiningMethod: DialedOut,
						JoiningInfo: Execution{When: at(t, "2026-11-22T09:02:15Z"), By: alice}, Media: message(SendRecv),
					}},
				},
				{
					Entity: alice, State: Partial,
					Endpoints: []Endpoint{{Entity: device, State: Partial, Status: StatusOnHold, Media: message(Inactive)}},
				},
			}},
		},
		"x3": {
			Entity: conferenceURI, State: Partial, Version: 7,
			ConferenceState: &ConferenceState{UserCount: 3, Active: true},
			Users: &Users{State: Partial, List: []User{
				{
					Entity: "sip:carol@ims.example", State: Partial,
					Endpoints: []Endpoint{{
						Entity: "sip:carol@198.51.100.9:5060", Status: StatusDisconnected, JoiningMethod: DialedOut,
						DisconnectionMethod: Booted,
						DisconnectionInfo: Execution{
							When: at(t, "2026-11-22T09:10:00Z"), By: alice,
							Reason: `Reason: SIP;cause=200;text="Removed from conference"`,
						},
					}},
				},
				{
					Entity: "sip:dave@ims.example",
					Endpoints: []Endpoint{{
						Entity: "ep-91b0", Status: StatusDisconnected, DisconnectionMethod: Busy,
						DisconnectionInfo: Execution{
							When: at(t, "2026-11-22T09:10:01Z"), Reason: `Reason: SIP;cause=486;text="Busy Here"`,
						},
					}},
				},
				{Entity: "sip:frank@ims.example", State: Deleted},
			}},
		},
		"x4": {Entity: conferenceURI, State: Deleted, Version: 9},
	}
}

func example(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile("testdata/" + name + ".xml")
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// flat removes what indents a document.
func flat(b []byte) string {
	s := strings.ReplaceAll(string(b), "\n    entity=", " entity=")
	return regexp.MustCompile(`>\s+<`).ReplaceAllString(s, "><")
}

func TestExamples(t *testing.T) {
	conform.Covers(t, "NOT-NFY-10")
	var written [][]byte
	for name, want := range examples(t) {
		text := example(t, name)
		got, err := Unmarshal(text, Limits{})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s read (-want +got):\n%s", name, diff)
		}
		b := want.Append(nil)
		// A quotation mark in text may be written either way.
		if diff := cmp.Diff(flat(text), strings.ReplaceAll(flat(b), "&#34;", `"`)); diff != "" {
			t.Errorf("%s written (-want +got):\n%s", name, diff)
		}
		written = append(written, b, text)
	}
	validate(t, written...)
}

// everything fills each field there is, some with what XML cannot hold.
func everything(t *testing.T) *Document {
	t.Helper()
	done := Execution{When: at(t, "2026-11-22T09:00:01.25Z"), Reason: "a < b & \"c\"\r\n\x00\xff", By: "sip:100%@x y#z#"}
	link := []URI{{URI: "sip:a@b", DisplayText: "<a>", Purpose: "participation", Modified: done}}
	return &Document{
		Entity: "sip:c@x.example", Version: 1<<32 - 1,
		Description: &Description{
			DisplayText: "Grüße", Subject: "s", FreeText: "\u2028\ufffe", Keywords: []string{"a", "b"},
			ConferenceURIs: link, ServiceURIs: link, MaximumUserCount: 5,
			AvailableMedia: []AvailableMedia{{Label: "m", DisplayText: "d", Type: "message", Status: "sideways"}},
		},
		Host:            &Host{DisplayText: "h", WebPage: "https://x.example/?a=%41&b#c", URIs: link},
		ConferenceState: &ConferenceState{UserCount: 1, Active: true, Locked: true},
		Users: &Users{List: []User{{
			Entity: "sip:u@x.example", Nickname: "Dopey \"Donkey\"", DisplayText: "U", AssociatedAORs: link,
			Roles: []string{"owner", "moderator"}, Languages: []string{"de", "en-GB", "*", "x y"},
			CascadedFocus: "sip:other@x.example",
			Endpoints: []Endpoint{{
				Entity: "<e>", DisplayText: "phone", Referred: done, Status: StatusMutedViaFocus,
				JoiningMethod: FocusOwner, JoiningInfo: done, DisconnectionMethod: "evaporated", DisconnectionInfo: done,
				Media:    []Media{{ID: "1", DisplayText: "d", Type: "message", Label: "m", SourceID: "7", Status: RecvOnly}},
				CallInfo: CallInfo{DisplayText: "d", CallID: "c@d", FromTag: "f", ToTag: "t"},
			}},
		}}},
	}
}

func TestEveryFieldIsWrittenAndRead(t *testing.T) {
	d := everything(t)
	b := d.Append(nil)
	validate(t, b)
	got, err := Unmarshal(b, Limits{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	// What the schema or XML has no room for.
	want := everything(t)
	clean := func(e *Execution) {
		e.Reason, e.By = "a < b & \"c\"\r\n\ufffd\ufffd", "sip:100%25@x%20y#z%23"
	}
	for _, list := range [][]URI{want.Description.ConferenceURIs, want.Host.URIs, want.Users.List[0].AssociatedAORs} {
		clean(&list[0].Modified)
	}
	want.Description.FreeText = "\u2028\ufffd"
	want.Description.AvailableMedia[0].Status = ""
	u := &want.Users.List[0]
	u.Languages = u.Languages[:2]
	e := &u.Endpoints[0]
	e.DisconnectionMethod = ""
	clean(&e.Referred)
	clean(&e.JoiningInfo)
	clean(&e.DisconnectionInfo)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s\n%s", diff, b)
	}
}

func TestEmptyParts(t *testing.T) {
	conform.Covers(t, "NOT-NFY-10")
	full := &Document{Entity: "sip:c@x.example", Version: 1}
	partial := &Document{Entity: "sip:c@x.example", State: Partial, Version: 2, Users: &Users{State: Partial}}
	hollow := &Document{
		Entity: "sip:c@x.example", Version: 1, Description: &Description{}, Host: &Host{},
		ConferenceState: &ConferenceState{},
		Users:           &Users{List: []User{{Entity: "sip:u@x.example", Endpoints: []Endpoint{{Entity: "e"}}}}},
	}
	gone := &Document{
		Entity: "sip:c@x.example", State: Deleted, Version: 3, Description: &Description{Subject: "s"},
		Users: &Users{List: []User{{Entity: "sip:u@x.example", Nickname: "n"}}},
	}
	validate(t, full.Append(nil), partial.Append(nil), hollow.Append(nil), gone.Append(nil))
	for _, tt := range []struct {
		d    *Document
		want string
	}{
		{full, `version="1"><conference-description></conference-description><users state="full"/></conference-info>`},
		{partial, `version="2"><users state="partial"/></conference-info>`},
		{gone, `entity="sip:c@x.example" state="deleted" version="3"/>`},
	} {
		if got := string(tt.d.Append(nil)); !strings.HasSuffix(got, tt.want+"\n") {
			t.Errorf("got %s, want end %s", got, tt.want)
		}
	}
}

func TestTemplate(t *testing.T) {
	d := everything(t)
	tpl := NewTemplate(d)
	for _, version := range []uint32{1, 10, 1<<32 - 1} {
		d.Version = version
		want := string(d.Append(nil))
		if got := string(tpl.Append(nil, version)); got != want {
			t.Errorf("version %d: got %s, want %s", version, got, want)
		}
		if got := string(tpl.Document(version)); got != want {
			t.Errorf("version %d as document: got %s, want %s", version, got, want)
		}
	}
	d.Version = 1
	if got, want := tpl.Size(), len(d.Append(nil)); got != want {
		t.Errorf("size %d, want %d", got, want)
	}
}
