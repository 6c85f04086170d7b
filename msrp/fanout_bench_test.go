package msrp

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// The fan-out benchmark runs a server in a process of its own, so that its CPU
// time can be told from that of the load: confab's endpoint, and beside it a
// bare server that moves as many octets with a goroutine per connection and
// knows no protocol.

const (
	bareFrame  = 700 // octets of a copy
	bareAnswer = 200 // octets that come back for it
	inFlight   = 32  // messages that not all receivers have yet
)

// benchProcess is the server as its load sees it.
type benchProcess struct {
	b    *testing.B
	cmd  *exec.Cmd
	out  *bufio.Scanner
	in   *os.File
	addr string
}

func startBench(b *testing.B, kind string, n int) *benchProcess {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	p := &benchProcess{b: b, cmd: exec.CommandContext(context.Background(), exe, benchServer, kind, strconv.Itoa(n)), in: w}
	p.cmd.Stdin, p.cmd.Stderr = r, os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	_ = r.Close()
	p.out = bufio.NewScanner(out)
	p.addr = p.line()
	b.Cleanup(func() {
		_ = w.Close()
		if err := p.cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	return p
}

func (p *benchProcess) line() string {
	if !p.out.Scan() {
		p.b.Fatal("server: no output")
	}
	return p.out.Text()
}

// usage is the CPU time of the server in nanoseconds.
func (p *benchProcess) usage() int64 { return p.ask("usage") }

func (p *benchProcess) ask(what string) int64 {
	if _, err := p.in.WriteString(what + "\n"); err != nil {
		p.b.Fatal(err)
	}
	n, err := strconv.ParseInt(p.line(), 10, 64)
	if err != nil {
		p.b.Fatal(err)
	}
	return n
}

func (p *benchProcess) dial() net.Conn {
	p.b.Helper()
	nc := dial(p.b, p.addr)
	p.b.Cleanup(func() { _ = nc.Close() })
	return nc
}

// flow lets the sender be inFlight messages ahead of the slowest receiver.
type flow struct {
	mu   sync.Mutex
	cond *sync.Cond
	got  []int // how many receivers have each message, by number modulo its length
	need int
	done int
}

func newFlow(receivers int) *flow {
	f := &flow{got: make([]int, 4*inFlight), need: receivers}
	f.cond = sync.NewCond(&f.mu)
	return f
}

// received counts that one receiver has the messages from..to-1.
func (f *flow) received(from, to int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := from; i < to; i++ {
		k := i % len(f.got)
		if f.got[k]++; f.got[k] == f.need {
			f.got[k] = 0
			f.done++
			f.cond.Signal()
		}
	}
}

// wait returns when at most ahead of the n messages sent are not yet with all.
func (f *flow) wait(n, ahead int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n-f.done > ahead {
		f.cond.Wait()
	}
}

func BenchmarkFanOut(b *testing.B) {
	for _, n := range []int{100, 1000} {
		b.Run("msrp-"+strconv.Itoa(n), func(b *testing.B) { benchMSRP(b, n) })
		b.Run("bare-"+strconv.Itoa(n), func(b *testing.B) { benchBare(b, n) })
	}
}

// run sends b.N messages and reports the server's CPU time for each delivery.
func run(b *testing.B, p *benchProcess, f *flow, send func(i int)) {
	b.Helper()
	before := p.usage()
	b.ResetTimer()
	for i := range b.N {
		f.wait(i, inFlight-1)
		send(i)
	}
	f.wait(b.N, 0)
	b.StopTimer()
	deliveries := float64(b.N) * float64(f.need)
	b.ReportMetric(float64(p.usage()-before)/deliveries/1e3, "cpu-µs/delivery")
	b.ReportMetric(deliveries/b.Elapsed().Seconds(), "deliveries/s")
	b.ReportMetric(0, "ns/op")
}

func benchBare(b *testing.B, n int) {
	b.Helper()
	p := startBench(b, "bare", n)
	sender := p.dial()
	p.line()
	go discard(sender)
	f := newFlow(n - 1)
	answer := make([]byte, bareAnswer*inFlight*2)
	for range n - 1 {
		nc := p.dial()
		p.line()
		go func() {
			buf, held, got := make([]byte, 32<<10), 0, 0
			for {
				m, err := nc.Read(buf)
				if err != nil {
					return
				}
				held += m
				k := held / bareFrame
				held -= k * bareFrame
				f.received(got, got+k)
				got += k
				if _, err := nc.Write(answer[:k*bareAnswer]); err != nil {
					return
				}
			}
		}()
	}
	frame := make([]byte, bareFrame)
	run(b, p, f, func(int) {
		if _, err := sender.Write(frame); err != nil {
			b.Fatal(err)
		}
	})
}

func benchMSRP(b *testing.B, n int) {
	b.Helper()
	p := startBench(b, "msrp", n)
	f := newFlow(n - 1)
	bound := make(chan struct{})
	var sender *benchClient
	for i := range n {
		c := &benchClient{nc: p.dial(), to: p.line(), from: benchPeer(i), flow: f, bound: bound}
		if i == 0 {
			sender = c
		}
		c.send(msrpwire.Range{Start: 1}, nil)
		go c.read()
		<-bound
	}
	body := make([]byte, 286) // 166 octets of CPIM and 120 of text
	run(b, p, f, func(int) { sender.send(msrpwire.Range{Start: 1, End: 286, Total: 286}, body) })
}

// BenchmarkIdleMember reports what a bound session costs that does nothing,
// with its connection.
func BenchmarkIdleMember(b *testing.B) {
	const members = 2000
	for b.Loop() {
		p := startBench(b, "msrp", members)
		bound := make(chan struct{})
		for i := range members {
			c := &benchClient{nc: p.dial(), to: p.line(), from: benchPeer(i), flow: newFlow(1), bound: bound}
			c.send(msrpwire.Range{Start: 1}, nil)
			go c.read()
			<-bound
		}
		full := p.ask("memory")
		idle := startBench(b, "msrp", 1)
		idle.line() // its session
		empty := idle.ask("memory")
		b.ReportMetric(float64(full-empty)/members/1024, "KiB/member")
	}
}

// benchClient answers every SEND and counts it.
type benchClient struct {
	nc       net.Conn
	to, from string
	sent     int
	flow     *flow
	bound    chan struct{}
}

func (c *benchClient) send(r msrpwire.Range, body []byte) {
	c.sent++
	tid := []byte("load" + strconv.Itoa(c.sent))
	h := msrpwire.Head{
		TID: tid, Method: msrpwire.SEND, ToPath: msrpwire.Path(c.to), FromPath: msrpwire.Path(c.from),
		MessageID: []byte("id" + strconv.Itoa(c.sent)), ByteRange: r,
	}
	if body != nil {
		h.HasBody, h.ContentType = true, []byte("message/cpim")
	}
	frame, err := h.Append(nil)
	if err != nil {
		panic(err)
	}
	frame = msrpwire.AppendEnd(append(frame, body...), tid, msrpwire.Last, h.HasBody)
	if _, err := c.nc.Write(frame); err != nil {
		panic(err)
	}
}

func (c *benchClient) read() {
	var dec msrpwire.Decoder
	var out []byte
	buf, held, got := make([]byte, 32<<10), 0, 0
	for {
		n, err := c.nc.Read(buf[held:])
		if err != nil {
			return
		}
		held += n
		used, from := 0, got
		for {
			ev, n, err := dec.Next(buf[used:held])
			if err != nil {
				panic(err)
			}
			used += n
			if ev == msrpwire.NeedMore {
				break
			}
			if ev != msrpwire.GotEnd {
				continue
			}
			if h := dec.Head(); h.IsRequest() {
				out = msrpwire.AppendResponse(out, h, msrpwire.StatusOK, "")
				got++
			} else if c.bound != nil {
				c.bound <- struct{}{}
				c.bound = nil
			}
		}
		held = copy(buf, buf[used:held])
		c.flow.received(from, got)
		if len(out) > 0 {
			if _, err := c.nc.Write(out); err != nil {
				return
			}
			out = out[:0]
		}
	}
}
