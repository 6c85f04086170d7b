package mixer

import "time"

// Congestion says what becomes of a participant who does not keep up. While his
// output is full, messages to everybody wait in the history, if there is one,
// and are sent in order when there is room. RFC 7701 §6.4. [SW-FLOW-02]
type Congestion uint8

// The policies.
const (
	// Cut ends the leg and its dialog when the output has been full for two
	// minutes, or overflows; who comes back gets what he missed.
	Cut Congestion = iota
	// Tell lets him stay. What is lost to him is lost, and he is told how much.
	Tell
	// Drop is Tell without telling.
	Drop
)

// congestedMax is the largest message that still goes to a congested leg where
// there is no history to read it from later. [SW-FLOW-02]
const congestedMax = 16 << 10

// patience is how long the output may be full; negative: for ever.
func (c Congestion) patience() time.Duration {
	if c == Cut {
		return 120 * time.Second // [SW-FLOW-04]
	}
	return -1
}
