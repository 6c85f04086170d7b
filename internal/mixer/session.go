package mixer

import (
	"strings"
	"time"
)

// What every session of a leg is made with.
const (
	chunkTimer = 540 * time.Second // how long a message may wait for its next chunk [SW-PUB-10]
	window     = 1024              // copies without response [MSRP-SND-11]
)

// wholeMessages reports whether a client gets each message in one SEND: all but
// our own, for there are clients that do not survive chunks, and none that
// minds their absence. [!MSRP-SND-05] [MSRP-SND-15]
func wholeMessages(userAgent string) bool {
	return !strings.HasPrefix(userAgent, "confab")
}
