package confinfo

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReducedDocuments(t *testing.T) {
	const limit = 250_000 // what some clients take in one SIP message, with room for the header
	d := roster(1000)
	compact := d.Compact()
	b := compact.Append(nil)
	if whole := len(d.Append(nil)); len(b) > limit || whole <= limit {
		t.Errorf("%d octets, compact %d", whole, len(b))
	}
	own := d.Only("sip:user7@ims.example")
	nobody := d.Only("sip:nobody@ims.example")
	validate(t, b, own.Append(nil), nobody.Append(nil))

	want := User{
		Entity: "sip:user7@ims.example", DisplayText: "User 7",
		Endpoints: []Endpoint{{Entity: "ep-00000007", Status: StatusConnected}},
	}
	if diff := cmp.Diff(want, compact.Users.List[7]); diff != "" {
		t.Errorf("compact (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(d.Users.List[7:8], own.Users.List); diff != "" {
		t.Errorf("own entry (-want +got):\n%s", diff)
	}
	if len(nobody.Users.List) != 0 || nobody.ConferenceState.UserCount != 1000 {
		t.Errorf("without own entry: %+v", nobody.Users)
	}
	empty := &Document{Entity: "sip:c@x"}
	if empty.Compact().Users != nil || empty.Only("x").Users != nil {
		t.Error("users out of nothing")
	}
}
