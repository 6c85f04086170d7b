package fanout

import (
	"testing"
	"time"
)

// round is how many messages one server carries, in each room, before it is the
// other's turn.
const round = 128

// side is one of the servers in a comparison.
type side struct {
	*Server
	flows []*flow           // by room
	send  func(i int) error // the i-th message, which is for room i modulo their number
	sent  int
	cpu   int64
	wall  time.Duration
	calls calls
}

// Run sends b.N messages with body to a server of n members and as many to a
// bare one, by turns, and reports what a delivery costs each.
func Run(b *testing.B, n int, body []byte) {
	b.Helper()
	RunOver(b, TCP, n, body)
}

// RunOver is Run over TLS or WebSocket, which carries the bare server's octets,
// too; another bare server, over TCP, takes its turn then.
func RunOver(b *testing.B, over string, n int, body []byte) {
	b.Helper()
	shape := Shape{Rooms: 1, Members: n, Senders: 1, Octets: len(body)}
	compare(b, over, shape, startMSRP(start(b, asServer, over, n), n, body))
}

// RunBeside has two servers under test of n members carry b.N messages with body, by
// turns, and reports what a delivery costs each. Their serve function is told by
// [Over] which of the kinds it is; over both goes plain TCP.
func RunBeside(b *testing.B, kind, other string, n int, body []byte) {
	b.Helper()
	ours := startMSRP(start(b, asServer, kind, n), n, body)
	second := startMSRP(start(b, asServer, other, n), n, body)
	b.ResetTimer()
	for left := b.N; left > 0; left -= round {
		ours.carry(min(left, round))
		second.carry(min(left, round))
	}
	b.StopTimer()
	deliveries := float64(b.N) * float64(n-1)
	for name, s := range map[string]*side{kind: ours, other: second} {
		b.ReportMetric(float64(s.cpu)/deliveries, name+"-cpu-ns/delivery")
		b.ReportMetric(float64(s.wall)/deliveries, name+"-ns/delivery")
	}
	b.ReportMetric(float64(ours.cpu)/float64(second.cpu), "cpu-ratio")
	b.ReportMetric(0, "ns/op")
}

// compare has a server and bare ones carry b.N messages to each room, by turns.
func compare(b *testing.B, over string, shape Shape, ours *side) {
	b.Helper()
	bare := startBare(b, over, shape)
	sides := []*side{ours, bare}
	tcp := bare
	if over != TCP {
		tcp = startBare(b, TCP, shape)
		sides = append(sides, tcp)
	}
	b.ResetTimer()
	for left := b.N; left > 0; left -= round {
		for _, s := range sides {
			s.carry(min(left, round))
		}
	}
	b.StopTimer()
	deliveries := float64(b.N) * float64(shape.Rooms*shape.receivers())
	b.ReportMetric(float64(ours.cpu)/deliveries, "cpu-ns/delivery")
	b.ReportMetric(float64(bare.cpu)/deliveries, "bare-cpu-ns/delivery")
	b.ReportMetric(float64(ours.cpu)/float64(bare.cpu), "cpu-ratio")
	b.ReportMetric(float64(ours.wall)/deliveries, "ns/delivery")
	b.ReportMetric(float64(bare.wall)/deliveries, "bare-ns/delivery")
	b.ReportMetric(float64(ours.calls.reads)/deliveries, "reads/delivery")
	b.ReportMetric(float64(ours.calls.writes)/deliveries, "writes/delivery")
	b.ReportMetric(float64(bare.calls.reads)/deliveries, "bare-reads/delivery")
	b.ReportMetric(float64(bare.calls.writes)/deliveries, "bare-writes/delivery")
	if over != TCP {
		b.ReportMetric(float64(tcp.cpu)/deliveries, "tcp-cpu-ns/delivery")
		b.ReportMetric(float64(ours.cpu)/float64(tcp.cpu), "tcp-ratio")
	}
	b.ReportMetric(0, "ns/op")
}

// carry has the server carry count messages to each room and adds up what that
// cost.
func (s *side) carry(count int) {
	before, calls, begin := s.ask(askUsage), callsOf(s.pid), time.Now()
	for range count * len(s.flows) {
		s.flows[s.sent%len(s.flows)].next()
		if err := s.send(s.sent); err != nil {
			s.b.Fatal(err)
		}
		s.sent++
	}
	for _, f := range s.flows {
		f.wait(0)
	}
	s.wall += time.Since(begin)
	s.cpu += s.ask(askUsage) - before
	s.calls.add(callsOf(s.pid), calls)
}

// Start runs the server under test in a process of its own; n is what its serve
// function is told.
func Start(b *testing.B, n int) *Server {
	b.Helper()
	return start(b, asServer, TCP, n)
}

// StartOver is Start with MSRP over TLS or WebSocket.
func StartOver(b *testing.B, over string, n int) *Server {
	b.Helper()
	return start(b, asServer, over, n)
}

// Address is the line that the server wrote first.
func (s *Server) Address() string { return s.addr }

// CPU returns the CPU time that the server has used so far.
func (s *Server) CPU() time.Duration { return time.Duration(s.ask(askUsage)) }

// Memory returns the octets that the server has in use, after a collection.
func (s *Server) Memory() int64 { return s.ask(askMemory) }

// Settled is Memory once it does not shrink any more: a server forgets answered
// transactions after a while.
func (s *Server) Settled() int64 {
	least := s.Memory()
	for quiet := 0; quiet < 36; quiet++ {
		<-time.After(time.Second)
		if now := s.Memory(); now < least-least/100 {
			least, quiet = now, 0
		}
	}
	return least
}
