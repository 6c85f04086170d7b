package conference_test

import (
	"fmt"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// A conference is the fold of its events.
func Example() {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	commands := []conference.Command{
		conference.Create{
			At: now, ID: "sip:room@conf.example.test", Policy: conference.DefaultPolicy(),
			First: conference.Admit{At: now, Identity: "sip:alice@example.test", Endpoint: "a"},
		},
		conference.Connect{At: now, Endpoint: "a"},
		conference.Admit{At: now, Identity: "sip:bob@example.test", Private: true, Endpoint: "b"},
		conference.Connect{At: now, Endpoint: "b"},
		conference.Lock{At: now, By: "sip:alice@example.test", Locked: true},
		conference.Admit{At: now, Identity: "sip:carol@example.test", Endpoint: "c"},
		conference.Leave{At: now, Endpoint: "a", Cause: conference.CauseHungup},
	}
	var state conference.State
	for _, c := range commands {
		events, err := conference.Decide(&state, c)
		if err != nil {
			fmt.Println(err)
		}
		for _, e := range events {
			state.Apply(state.Position()+1, e)
			fmt.Println(state.Position(), e.Kind())
		}
	}
	for p := range state.Participants() {
		fmt.Println(p.User, p.Display)
	}
	// Output:
	// 1 created
	// 2 admitted
	// 3 connected
	// 4 admitted
	// 5 connected
	// 6 lock_set
	// conference: conference is locked
	// 7 departed
	// sip:anonymous1@anonymous.invalid Anonymous 1
}
