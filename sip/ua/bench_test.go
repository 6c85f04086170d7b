package ua_test

import (
	"context"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/ua"
)

const sdp = "v=0\r\no=alice 100 1 IN IP4 192.0.2.11\r\ns=-\r\nc=IN IP4 192.0.2.11\r\nt=0 0\r\n" +
	"m=message 9 TCP/MSRP *\r\na=accept-types:message/cpim\r\na=accept-wrapped-types:text/plain\r\n" +
	"a=setup:active\r\na=path:msrp://192.0.2.11:9/uAlice01;tcp\r\n"

// quiet answers every INVITE and forgets the session.
type quiet struct{}

func (quiet) Invite(in *invite.Incoming) { in.Accept(invite.Answer{Body: []byte(sdp)}, quiet{}) }
func (quiet) Confirmed(*sipmsg.Request)  {}
func (quiet) Reoffer(r *invite.Reoffer)  { r.Accept(invite.Answer{Body: []byte(sdp)}, nil) }
func (quiet) Ended(invite.End)           {}

// hasty hangs up when it is answered, and tells when the BYE has been answered.
type hasty struct {
	b    *testing.B
	over chan<- struct{}
	hold bool // do not hang up
}

func (h hasty) Progress(*sipmsg.Response) {}

func (h hasty) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	if h.hold {
		h.over <- struct{}{}
	} else {
		s.Bye()
	}
	return h, invite.Answer{}
}
func (h hasty) Failed(err error)          { h.b.Error(err); h.over <- struct{}{} }
func (h hasty) Confirmed(*sipmsg.Request) {}
func (h hasty) Reoffer(r *invite.Reoffer) { r.Accept(invite.Answer{Body: []byte(sdp)}, nil) }
func (h hasty) Ended(invite.End)          { h.over <- struct{}{} }

// cpu returns the processor time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func pair(b *testing.B) (caller *ua.Stack, callee *ua.Stack, to dialog.Outgoing) {
	b.Helper()
	callee = ua.New(ua.Config{Invite: quiet{}})
	at, err := callee.Listen(b.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	caller = ua.New(ua.Config{})
	from, err := caller.Listen(b.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	uri, err := sipmsg.ParseURI("sip:conf@" + at.String())
	if err != nil {
		b.Fatal(err)
	}
	me, err := sipmsg.ParseAddress(`"Alice" <sip:alice@example.org>`)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		shut(b, caller)
		shut(b, callee)
	})
	return caller, callee, dialog.Outgoing{
		URI: uri, From: me, Contact: dialog.ContactAt("alice", transport.UDP, from.String()),
		Body: []byte(sdp),
	}
}

// BenchmarkCall places calls, INVITE, 200, ACK, BYE and 200, between two stacks over
// UDP loopback, eight at a time. cpu-µs/call is the processor time of both sides, of
// the kernel too.
func BenchmarkCall(b *testing.B) {
	caller, _, to := pair(b)
	const parallel = 8
	over := make(chan struct{}, parallel)
	h := hasty{b: b, over: over}
	b.ReportAllocs()
	before := cpu()
	b.ResetTimer()
	open := 0
	for range b.N {
		if open == parallel {
			<-over
			open--
		}
		caller.Invite.Invite(to, h)
		open++
	}
	for ; open > 0; open-- {
		<-over
	}
	b.StopTimer()
	b.ReportMetric(float64((cpu()-before).Microseconds())/float64(b.N), "cpu-µs/call")
}

// heap returns what is in use after a collection.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// shut closes a stack without waiting for its dialogs.
func shut(tb testing.TB, s *ua.Stack) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = s.Shutdown(ctx)
}
