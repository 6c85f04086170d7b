package event_test

import (
	"fmt"
	"time"

	"github.com/confab-chat/confab/sip/event"
)

func ExampleTermination_Resubscribe() {
	for _, t := range []event.Termination{
		{Reason: event.Deactivated},
		{Reason: event.Probation, RetryAfter: time.Minute},
		{Reason: event.Rejected},
	} {
		after, again := t.Resubscribe()
		fmt.Println(t.Reason, again, after)
	}
	// Output:
	// deactivated true 0s
	// probation true 1m0s
	// rejected false 0s
}
