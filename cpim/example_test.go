package cpim_test

import (
	"fmt"
	"time"

	"github.com/confab-chat/confab/cpim"
)

// A text is wrapped for a conference, as a participant sends it, and read again.
func Example() {
	draft := cpim.Draft{
		From:        cpim.Party{Name: "Alice", URI: "sip:alice@example.test"},
		To:          []cpim.Party{{URI: "sip:lobby@conf.example.test"}},
		DateTime:    time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
		ContentType: "text/plain;charset=utf-8",
		Content:     []byte("good morning"),
	}
	wrapped, err := draft.Append(nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := cpim.Parse(wrapped, cpim.Limits{})
	if err != nil {
		fmt.Println(err) // a *cpim.Error says which rule is broken
		return
	}
	fmt.Printf("%s: %s\n", m.From[0].Name(), wrapped[m.HeaderLen:])
	// Output: Alice: good morning
}
