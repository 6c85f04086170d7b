package notify

import (
	"fmt"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
)

// BenchmarkJoin has one more user join a conference whose members have all
// subscribed and are told at once: what a join costs, the SIP stack aside.
func BenchmarkJoin(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run(fmt.Sprintf("members=%d", n), func(b *testing.B) { benchmarkJoin(b, n) })
	}
}

func benchmarkJoin(b *testing.B, n int) {
	b.Helper()
	s := newStage(b)
	s.do(conference.Connect{At: time.Now(), Endpoint: "ep-alice"})
	for i := range n {
		s.join(fmt.Sprintf("user%d", i), fmt.Sprintf("ep-%d", i))
		s.subscribe(fmt.Sprintf("user%d", i))
		for _, sub := range s.board.dueNow() {
			sub.Changed()
		}
	}
	b.ReportAllocs()
	octets := 0
	for i := 0; b.Loop(); i++ {
		s.join(fmt.Sprintf("late%d", i), fmt.Sprintf("late-%d", i))
		for _, sub := range s.board.dueNow() {
			sub.Changed()
		}
		if last := s.board.subscribers[0].sub.(*bell); len(last.body) > 0 {
			octets = len(last.body[len(last.body)-1].Data)
		}
		for _, sub := range s.board.subscribers {
			last := sub.sub.(*bell)
			last.body, last.at = last.body[:0], last.at[:0]
		}
	}
	b.ReportMetric(float64(octets), "octets/NOTIFY")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/NOTIFY")
}
