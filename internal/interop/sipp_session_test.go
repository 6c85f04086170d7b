package interop

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/participant"
	"github.com/confab-chat/confab/sip"
	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/invite"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/ua"
)

// TestSIPpPreconditions has SIPp call a conference with reliable responses and
// preconditions.
func TestSIPpPreconditions(t *testing.T) {
	conform.Covers(t, "FOC-FAC-04", "PRE-07")
	s := serve(t, sippConfig)
	leave := attend(t, s)
	defer leave()
	for name, mode := range map[string]string{"udp": "u1", "tcp": "t1"} {
		callWith(t, "precondition_uac", s.Addr["sip/"+name], mode, 500)
	}
}

// TestSIPpTimers has SIPp call our stack, which has to keep the session alive.
func TestSIPpTimers(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-02", "TMR-05")
	callStack(t, "timer_uac", 50)
}

// TestSIPpTimerLost has SIPp refresh its sessions once and then forget them: they are ended.
func TestSIPpTimerLost(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "TMR-03", "TMR-06")
	callStack(t, "timer_lost_uac", 20)
}

// callStack has SIPp place calls to a stack of ours, which takes them all.
func callStack(t *testing.T, file string, calls int) {
	t.Helper()
	_ = peer(t, "sipp", "sip-tester")
	stack := ua.New(ua.Config{Invite: accepting{}})
	t.Cleanup(func() { shut(stack) })
	at, err := stack.Listen(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	callSIPp(t, file, at.String(), "u1", calls)
}

// callWith is callSIPp as a test of its own.
func callWith(t *testing.T, file, to, mode string, calls int) {
	t.Helper()
	t.Run(mode, func(t *testing.T) { callSIPp(t, file, to, mode, calls) })
}

// callSIPp has SIPp place calls to an address; none may fail.
func callSIPp(t *testing.T, file, to, mode string, calls int) {
	t.Helper()
	cmd := exec.CommandContext(timeout(t), peer(t, "sipp", "sip-tester"),
		to, "-sf", "testdata/sipp/"+file+".xml", "-t", mode,
		"-i", "127.0.0.1", "-m", strconv.Itoa(calls), "-r", "100", "-l", "500",
		"-nostdin", "-trace_err", "-error_file", "/dev/stderr")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("sipp: %v\n%s", err, tail(out))
	}
	if got := successful(t, out); got != calls {
		t.Errorf("%d of %d calls succeeded\n%s", got, calls, tail(out))
	}
}

// accepting answers every INVITE whose session timer will do.
type accepting struct{}

func (accepting) Invite(in *invite.Incoming) {
	if e := in.Check(); e != nil {
		in.Reject(e)
		return
	}
	in.Accept(invite.Answer{Body: description(1)}, &caller{ended: make(chan error, 1)})
}

func shut(stack *ua.Stack) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = stack.Shutdown(ctx)
}

// attend keeps the lobby alive until the function returned is called: it would begin anew whenever nobody
// is left in it, and who is just waiting for resources is told to come again.
func attend(t *testing.T, s *served) (leave func()) {
	t.Helper()
	u, err := participant.New(participant.Config{AOR: "sip:host@example.test", Server: s.Addr["sip/tcp"], Transport: "tcp"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Join(t.Context(), "sip:lobby@conf.example.test", participant.Options{NoSubscribe: true}); err != nil {
		t.Fatal(err)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = u.Close(ctx)
	}
}

// caller is a call of our stack to SIPp.
type caller struct {
	t     *testing.T
	lasts time.Duration // of the session
	ended chan error
}

func (c *caller) Progress(*sipmsg.Response) {}

func (c *caller) EarlyAnswer(b *invite.Branch, _ *sipmsg.Response) invite.Answer {
	b.Update(invite.Answer{Body: description(2)}, func(_ *sipmsg.Response, err error) {
		if err != nil {
			c.t.Errorf("UPDATE: %v", err)
		}
	})
	return invite.Answer{}
}

func (c *caller) EarlyOffer(_ *invite.Branch, r *invite.Reoffer) { r.Reject(&sip.Error{Status: 488}) }

func (c *caller) Answered(s *invite.Session, _ *sipmsg.Response, _ []byte) (invite.SessionHandler, invite.Answer) {
	time.AfterFunc(c.lasts, func() { s.Bye() })
	return c, invite.Answer{}
}

func (c *caller) Failed(err error) { c.ended <- err }

func (c *caller) Confirmed(*sipmsg.Request) {}

func (c *caller) Reoffer(r *invite.Reoffer) { r.Reject(&sip.Error{Status: 488}) }

func (c *caller) Ended(end invite.End) {
	if end.Cause != invite.LocalBye {
		c.ended <- fmt.Errorf("ended by %s: %w", end.Cause, end.Err)
		return
	}
	c.ended <- nil
}

func description(version int) []byte {
	return fmt.Appendf(nil, "v=0\r\no=x 1 %d IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=message 9 TCP/MSRP *\r\n", version)
}

// TestSIPpCallees has our stack call SIPp, which waits for resources, or wants a longer
// session timer that we are to keep.
func TestSIPpCallees(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "FOC-OUT-07", "TMR-02", "TMR-05")
	sipp := peer(t, "sipp", "sip-tester")
	for file, lasts := range map[string]time.Duration{"precondition_uas": time.Second, "timer_uas": 52 * time.Second} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			const calls = 20
			to := startCallee(t, sipp, file, calls)
			stack := ua.New(ua.Config{SessionExpires: 90 * time.Second})
			at, err := stack.Listen(t.Context(), "udp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { shut(stack) })
			from, _ := sipmsg.ParseAddress("<sip:conf@" + at.String() + ">")
			c := &caller{t: t, lasts: lasts, ended: make(chan error, calls)}
			for range calls {
				stack.Invite.Invite(dialog.Outgoing{
					URI: to, From: from, Contact: "<sip:conf@" + at.String() + ">", Body: description(1),
				}, c)
			}
			for range calls {
				if err := <-c.ended; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// startCallee runs SIPp as callee until the test ends and returns its URI.
func startCallee(t *testing.T, sipp, file string, calls int) sipmsg.URI {
	t.Helper()
	port := strconv.Itoa(freePort(t, "127.0.0.1"))
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	cmd := exec.CommandContext(ctx, sipp, "-sf", "testdata/sipp/"+file+".xml", "-t", "u1",
		"-i", "127.0.0.1", "-p", port, "-m", strconv.Itoa(calls), "-nostdin", "-trace_err", "-error_file", "/dev/stderr")
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		if ended := cmd.Wait(); ended != nil {
			t.Errorf("sipp: %v\n%s", ended, tail(out.Bytes()))
			return
		}
		if got := successful(t, out.Bytes()); got != calls {
			t.Errorf("%d of %d calls succeeded\n%s", got, calls, tail(out.Bytes()))
		}
	})
	uri, err := sipmsg.ParseURI("sip:callee@127.0.0.1:" + port)
	if err != nil {
		t.Fatal(err)
	}
	return uri
}
