package confinfo

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unmarshal(t *testing.T, text string) *Document {
	t.Helper()
	d, err := Unmarshal([]byte(text), Limits{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return d
}

func TestUnmarshalIgnoresTheUnknown(t *testing.T) {
	got := unmarshal(t, `<?xml version="1.0" encoding="utf8"?><?app do?><!-- c -->
<ci:conference-info xmlns:ci="urn:ietf:params:xml:ns:conference-info" xmlns:x="urn:x" entity=" sip:c@x " state="odd" version="5"
    x:state="deleted" yet="another">
  <x:users><ci:users state="deleted"/></x:users>
  <ci:conference-description x:a="b"><ci:colour>red</ci:colour><ci:subject>a<!-- b -->c<![CDATA[<d>]]></ci:subject>
    <ci:keywords> one
      two </ci:keywords>
    <ci:maximum-user-count>many</ci:maximum-user-count>
  </ci:conference-description>
  <ci:conference-state><ci:user-count>3</ci:user-count><ci:active>1</ci:active></ci:conference-state>
  <ci:users>
    <ci:user entity="sip:u@x" xmlns:xcon="urn:ietf:params:xml:ns:xcon-conference-info" xcon:nickname="Dopey Donkey" nickname="no">
      <ci:roles><ci:entry>owner</ci:entry><ci:entry/><x:entry>spy</x:entry></ci:roles>
      <ci:languages>de x_y en</ci:languages>
      <ci:endpoint entity="e">
        <ci:status>levitating</ci:status>
        <ci:joining-method>teleported</ci:joining-method>
        <ci:joining-info><ci:when>yesterday</ci:when><ci:by>sip:b@x</ci:by></ci:joining-info>
        <ci:referred><ci:when>2026-11-22T10:00:01+01:00</ci:when></ci:referred>
        <ci:disconnection-info><ci:when>2026-11-22T09:00:01.5</ci:when></ci:disconnection-info>
        <ci:media id="1"><ci:status>sendrecv</ci:status><x:more/></ci:media>
        <ci:call-info><x:h323/></ci:call-info>
      </ci:endpoint>
    </ci:user>
  </ci:users>
  <ci:sidebars-by-ref><ci:entry><ci:uri>sip:s@x</ci:uri></ci:entry></ci:sidebars-by-ref>
</ci:conference-info>
`)
	want := &Document{
		Entity: "sip:c@x", Version: 5,
		Description:     &Description{Subject: "ac<d>", Keywords: []string{"one", "two"}},
		ConferenceState: &ConferenceState{UserCount: 3, Active: true},
		Users: &Users{List: []User{{
			Entity: "sip:u@x", Nickname: "Dopey Donkey", Roles: []string{"owner"}, Languages: []string{"de", "en"},
			Endpoints: []Endpoint{{
				Entity: "e", JoiningInfo: Execution{By: "sip:b@x"},
				Referred:          Execution{When: at(t, "2026-11-22T09:00:01Z")},
				DisconnectionInfo: Execution{When: at(t, "2026-11-22T09:00:01.5Z")},
				Media:             []Media{{ID: "1", Status: SendRecv}},
			}},
		}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnmarshalWithoutNamespace(t *testing.T) {
	got := unmarshal(t, `<conference-info entity="sip:c@x"><users><user entity="sip:u@x"/></users></conference-info>`)
	if len(got.users()) != 1 || got.State != Full || got.Version != 0 {
		t.Errorf("%+v", got)
	}
}

func TestDeletedParentsHaveNoChildren(t *testing.T) {
	const ns = ` xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:c@x" version="2"`
	if d := unmarshal(t, `<conference-info`+ns+` state="deleted"><users><user entity="u"/></users></conference-info>`); d.Users != nil {
		t.Errorf("document: %+v", d)
	}
	d := unmarshal(t, `<conference-info`+ns+` state="partial"><users state="deleted"><user entity="u"/></users></conference-info>`)
	if d.Users.State != Deleted || len(d.Users.List) != 0 {
		t.Errorf("users: %+v", d.Users)
	}
	d = unmarshal(t, `<conference-info`+ns+` state="partial"><users state="partial">
		<user entity="u" state="deleted"><display-text>x</display-text></user>
		<user entity="v" state="partial"><endpoint entity="e" state="deleted"><status>connected</status></endpoint></user>
		</users></conference-info>`)
	want := []User{{Entity: "u", State: Deleted}, {Entity: "v", State: Partial, Endpoints: []Endpoint{{Entity: "e", State: Deleted}}}}
	if diff := cmp.Diff(want, d.Users.List); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	const root = `<conference-info xmlns="urn:ietf:params:xml:ns:conference-info" entity="sip:c@x" version="1">`
	for name, text := range map[string]string{
		"empty":            "",
		"no XML":           "hello",
		"cut off":          root + "<users>",
		"crossed tags":     root + "<users></user></conference-info>",
		"two attributes":   `<conference-info entity="a"`,
		"custom entity":    root + "<users>&x;</users></conference-info>",
		"document type":    `<!DOCTYPE a [<!ENTITY x "y">]>` + root + "</conference-info>",
		"external entity":  `<!DOCTYPE a SYSTEM "file:///etc/passwd">` + root + "</conference-info>",
		"other root":       `<users xmlns="urn:ietf:params:xml:ns:conference-info" entity="a"/>`,
		"other namespace":  `<conference-info xmlns="urn:x" entity="a"/>`,
		"no entity":        `<conference-info xmlns="urn:ietf:params:xml:ns:conference-info"/>`,
		"too deep":         root + strings.Repeat("<users>", 40) + strings.Repeat("</users>", 40) + "</conference-info>",
		"too deep outside": root + strings.Repeat("<x:a xmlns:x='urn:x'>", 40) + strings.Repeat("</x:a>", 40) + "</conference-info>",
		"too large":        root + strings.Repeat(" ", 1<<20) + "</conference-info>",
		"other charset":    `<?xml version="1.0" encoding="ISO-8859-1"?>` + root + "</conference-info>",
		"no UTF-8":         root + "<users>\xff</users></conference-info>",
		"two roots":        root + "</conference-info>" + root + "</conference-info>",
	} {
		_, err := Unmarshal([]byte(text), Limits{})
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Unmarshal([]byte(root+"<users/></conference-info>"), Limits{Depth: 1}); err == nil {
		t.Error("depth 1: no error")
	}
	if _, err := Unmarshal([]byte(root+"</conference-info>"), Limits{Size: 50}); err == nil {
		t.Error("size 50: no error")
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, name := range []string{"x1", "x2", "x3", "x4"} {
		f.Add(example(f, name))
	}
	f.Add([]byte(`<conference-info entity="sip:c@x" state="partial"><users><user entity="&#x41;" state="deleted"/></users></conference-info>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := Unmarshal(b, Limits{Size: 64 << 10})
		if err != nil {
			return
		}
		text := d.Append(nil)
		again, err := Unmarshal(text, Limits{Size: 16 << 20})
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if got := again.Append(nil); string(got) != string(text) {
			t.Fatalf("written again (-want +got):\n%s", cmp.Diff(string(text), string(got)))
		}
		local, outcome := Apply(nil, d)
		if (outcome == Applied) != (d.State != Partial) {
			t.Fatalf("outcome %d of a %s document", outcome, d.State)
		}
		if local == nil {
			local = &Document{Entity: d.Entity, Version: d.Version - 1, Users: &Users{}}
			if d.Version == 0 {
				return
			}
			if local, outcome = Apply(local, d); outcome != Applied {
				t.Fatalf("outcome %d", outcome)
			}
		}
		if _, changed := Diff(local, local); changed && local.State != Deleted {
			t.Fatalf("a state differs from itself: %s", local.Append(nil))
		}
	})
}
