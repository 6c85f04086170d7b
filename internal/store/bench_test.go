package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/journal/local"
	"github.com/confab-chat/confab/internal/store"
)

// BenchmarkAppend measures a message of 280 octets from Append to the commit, by
// how many share one.
func BenchmarkAppend(b *testing.B) {
	for _, relaxed := range []bool{false, true} {
		for _, size := range []int{1, 8, 64} {
			b.Run(fmt.Sprintf("relaxed=%t/batch=%d", relaxed, size), func(b *testing.B) {
				j := local.Open(local.Limits{}, open(b, store.Options{Relaxed: relaxed}))
				appendTo(b, j, created(nil))
				m := &conference.Message{
					At: time.Now(), ID: "0123456789abcdef", User: "sip:alice@example.test", Endpoint: "ep-0123456789abcdef",
					SenderID: "fedcba9876543210", ContentType: "text/plain", Body: make([]byte, 280),
				}
				events := make([]conference.Event, size)
				for k := range events {
					events[k] = conference.Posted{Message: m}
				}
				b.ReportAllocs()
				b.ResetTimer()
				for n := 0; n < b.N; n += size {
					if _, err := j.Append(b.Context(), room, journal.AnyPosition, events...); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
