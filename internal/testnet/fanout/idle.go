package fanout

import "testing"

// Idle reports what a member costs that does nothing, with its connection, in a
// server of n members.
func Idle(b *testing.B, n int) {
	b.Helper()
	IdleOver(b, TCP, n)
}

// IdleOver is Idle over TLS or WebSocket.
func IdleOver(b *testing.B, over string, n int) {
	b.Helper()
	for b.Loop() {
		full := start(b, asServer, over, n)
		startMSRP(full, n, nil)
		empty := start(b, asServer, over, 1)
		empty.Line() // its one session, which nobody uses
		used := full.ask(askMemory) - empty.ask(askMemory)
		b.ReportMetric(float64(used)/float64(n)/1024, "KiB/member")
	}
}
