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
	var listeners []*bell
	for i := range n {
		s.join(fmt.Sprintf("user%d", i), fmt.Sprintf("ep-%d", i))
		listeners = append(listeners, s.subscribe(fmt.Sprintf("user%d", i)))
		for _, sub := range s.board.dueNow() {
			sub.Changed()
		}
	}
	for _, l := range listeners {
		l.body, l.at = nil, nil
	}
	b.ReportAllocs()
	octets := 0
	for i := 0; b.Loop(); i++ {
		s.join(fmt.Sprintf("late%d", i), fmt.Sprintf("late-%d", i))
		for _, sub := range s.board.dueNow() {
			sub.Changed()
		}
		for _, l := range listeners {
			octets += len(l.body[0].Data)
			l.body, l.at = l.body[:0], l.at[:0]
		}
	}
	b.ReportMetric(float64(octets)/float64(b.N*n), "octets/NOTIFY")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/NOTIFY")
}
