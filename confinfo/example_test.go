package confinfo_test

import (
	"fmt"

	"github.com/confab-chat/confab/confinfo"
)

// The notification service tells a subscriber what changed, and he keeps up.
func Example() {
	before := &confinfo.Document{
		Entity:          "sip:room@conf.example",
		Version:         1,
		ConferenceState: &confinfo.ConferenceState{UserCount: 1, Active: true},
		Users:           &confinfo.Users{List: []confinfo.User{{Entity: "sip:alice@example.com"}}},
	}
	local, _ := confinfo.Apply(nil, before)

	after := *before
	after.ConferenceState = &confinfo.ConferenceState{UserCount: 2, Active: true}
	after.Users = &confinfo.Users{List: []confinfo.User{{Entity: "sip:alice@example.com"}, {Entity: "sip:bob@example.com"}}}
	change, _ := confinfo.Diff(before, &after)
	body := confinfo.NewTemplate(change).Document(2) // each subscriber counts for himself

	received, err := confinfo.Unmarshal(body, confinfo.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	local, outcome := confinfo.Apply(local, received)
	fmt.Println(received.State, len(received.Users.List), outcome == confinfo.Applied)
	for _, u := range local.Users.List {
		fmt.Println(u.Entity)
	}
	// Output:
	// partial 1 true
	// sip:alice@example.com
	// sip:bob@example.com
}
