package mixer

import "time"

// What every session of a leg is made with.
const (
	rosterFirst = 2 * time.Second        // how long a client that needs the roster first waits for history [SW-HIS-02]
	rosterLead  = 100 * time.Millisecond // what the roster needs to be there before history
	window      = 1024                   // copies without response [MSRP-SND-11]
)
