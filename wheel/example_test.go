package wheel_test

import (
	"fmt"
	"time"

	"github.com/confab-chat/confab/wheel"
)

// A request is given up after a while, unless its answer stops the timer.
func Example() {
	type request struct {
		timer wheel.Timer
		done  chan string
	}
	w := wheel.New(0)
	defer w.Close()
	answered, lost := request{done: make(chan string, 1)}, request{done: make(chan string, 1)}
	w.Start(&answered.timer, time.Minute, func() { answered.done <- "timed out" })
	w.Start(&lost.timer, 50*time.Millisecond, func() { lost.done <- "timed out" })
	if answered.timer.Stop() {
		answered.done <- "answered"
	}
	fmt.Println(<-answered.done)
	fmt.Println(<-lost.done)
	// Output:
	// answered
	// timed out
}
