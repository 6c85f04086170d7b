package fanout

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// RunLatency has users join conferences of a whole server, offers b.N seconds of
// messages to these, and to a bare server, by turns, so many deliveries a second, and
// reports after what time a copy was with its receiver.
func RunLatency(b *testing.B, s *Server, shape Shape, room func(i int) string, text, deliveries int) {
	b.Helper()
	ours, shape := crowded(b, s, "", shape, room, text)
	bare := startBare(b, s.over, shape)
	rate := deliveries / shape.receivers()
	b.ResetTimer()
	for range b.N {
		ours.offer(rate)
		bare.offer(rate)
	}
	b.StopTimer()
	ours.reportLatency("")
	bare.reportLatency("bare-")
	b.ReportMetric(0, "ns/op")
}

// offer sends rate messages within a second. The time of each runs from when it was
// due, also if the ones before it keep it waiting; that the timer comes late is not
// the server's.
func (s *side) offer(rate int) {
	start := time.Now()
	for i := range rate {
		begun := start.Add(time.Duration(i) * time.Second / time.Duration(rate))
		if wait := time.Until(begun); wait > 0 {
			<-time.After(wait)
			begun = time.Now()
		}
		f := s.flows[s.sent%len(s.flows)]
		f.next()
		f.begin(begun)
		if err := s.send(s.sent); err != nil {
			s.b.Fatal(err)
		}
		s.sent++
	}
	for _, f := range s.flows {
		f.wait(0)
	}
}

// reportLatency reports quantiles of the time that copies took.
func (s *side) reportLatency(prefix string) {
	var took []time.Duration
	for _, f := range s.flows {
		took = append(took, f.times()...)
	}
	slices.Sort(took)
	for _, q := range []float64{50, 99, 99.9} {
		at := took[min(len(took)-1, int(float64(len(took))*q/100))]
		s.b.ReportMetric(float64(at)/float64(time.Millisecond), fmt.Sprintf("%sp%v-ms", prefix, q))
	}
}
