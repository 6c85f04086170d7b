package interop

import (
	"testing"

	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// BenchmarkCallBeside has our stack place calls (INVITE, 200, ACK, BYE, 200) to a
// callee in a process of its own, made with our stack or with the public Go library,
// in turn, and reports the processor time of the callee, kernel included.
func BenchmarkCallBeside(b *testing.B) {
	callees := callees(b)
	for _, network := range []string{transport.UDP, transport.TCP, transport.TLS, transport.WS} {
		b.Run(network+"/confab", func(b *testing.B) { placeCalls(b, callees.ours(b, network)) })
		b.Run(network+"/sipgo", func(b *testing.B) { placeCalls(b, callees.theirs(b, network, "-waits")) })
	}
}

// placeCalls places b.N calls to a callee, a few at a time.
func placeCalls(b *testing.B, c *callee) {
	b.Helper()
	s, out := c.caller(b)
	over := hasty{&caller{ended: make(chan error, parallel)}}
	b.ResetTimer()
	before := c.ask("cpu")[0]
	inParallel(b, b.N, over.ended, func() { s.Invite.Invite(out, over) })
	b.ReportMetric(float64(c.ask("cpu")[0]-before)/1000/float64(b.N), "callee-cpu-µs/call")
}

// hasty hangs up as soon as somebody answers.
type hasty struct{ *caller }

func (h hasty) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	s.Bye()
	return h.caller, invite.Answer{}
}
