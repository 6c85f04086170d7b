package server

import (
	"testing"

	"github.com/confab-chat/confab/internal/testnet/fanout"
)

// BenchmarkFanOut measures what the whole server spends on a delivery, beside a
// bare one in the same run: users who have joined by SIP, real CPIM, a history in
// memory, a 200 for each copy.
func BenchmarkFanOut(b *testing.B) {
	shapes := []struct {
		name string
		fanout.Shape
	}{
		{"A=1x100", fanout.Shape{Rooms: 1, Members: 100, Senders: 1}},
		{"B=1x1000", fanout.Shape{Rooms: 1, Members: 1000, Senders: 1}},
		{"C=100x10", fanout.Shape{Rooms: crowdRooms, Members: 10, Senders: 1}},
		{"D=1x1000,100_senders", fanout.Shape{Rooms: 1, Members: 1000, Senders: 100}},
	}
	if testing.Short() {
		shapes = shapes[:1]
	}
	for _, over := range []string{fanout.TCP, fanout.TLS, fanout.WebSocket} {
		for _, shape := range shapes {
			for name, text := range map[string]int{"120B": 120, "4KiB": 4 << 10} {
				b.Run(over+"/"+shape.name+"/"+name, func(b *testing.B) { benchmarkFanOut(b, over, shape.Shape, text) })
			}
		}
	}
}

func benchmarkFanOut(b *testing.B, over string, shape fanout.Shape, text int) {
	b.Helper()
	s := fanout.StartOver(b, over, 5)
	media := ""
	if over != fanout.TCP {
		if web := s.Line(); over == fanout.WebSocket {
			media = web
		}
	}
	fanout.RunServer(b, s, media, shape, crowdRoom, text)
}

// BenchmarkLatency offers 10,000 deliveries a second to the whole server, and to a bare
// one, and reports how long copies took.
func BenchmarkLatency(b *testing.B) {
	shape := fanout.Shape{Rooms: 1, Members: 100, Senders: 1}
	fanout.RunLatency(b, fanout.Start(b, 5), shape, crowdRoom, 120, 10_000)
}

// BenchmarkIdleMember reports the memory that a member takes who does nothing: his
// dialog, leg and connection, and with a subscription to the conference.
func BenchmarkIdleMember(b *testing.B) {
	if testing.Short() {
		b.Skip("answered transactions have to be forgotten first, after half a minute")
	}
	const members = 1000
	for name, watch := range map[string]bool{"leg_and_dialog": false, "with_subscription": true} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				s := fanout.Start(b, 5)
				crowd := fanout.NewCrowd(b, s.Address(), crowdRoom(0), 0)
				joinSome(b, crowd, "first", 1, watch)
				empty := s.Memory()
				joinSome(b, crowd, "member", members, watch)
				b.ReportMetric(float64(s.Settled()-empty)/members/1024, "KiB/member")
			}
		})
	}
}
