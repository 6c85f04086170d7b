package local_test

import (
	"context"
	"fmt"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
)

// History is reading the journal.
func Example() {
	ctx := context.Background()
	j := local.New(local.Limits{})
	const room = "sip:room@conf.example.test"
	for _, text := range []string{"hello", "anybody here?"} {
		m := &conference.Message{User: "sip:alice@example.test", Body: []byte(text)}
		if _, err := j.Append(ctx, room, journal.AnyPosition, conference.Posted{Message: m}); err != nil {
			fmt.Println(err)
		}
	}
	entries, err := j.Read(ctx, room, 1, 10)
	fmt.Println(len(entries), err)
	for _, e := range entries {
		if p, ok := e.Event.(conference.Posted); ok {
			fmt.Printf("%d %s: %s\n", e.Position, p.Message.User, p.Message.Body)
		}
	}
	// Output:
	// 1 <nil>
	// 2 sip:alice@example.test: anybody here?
}
