package msrp

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"github.com/confab-chat/confab/msrp/msrpwire"
)

// benchServer as the first argument makes the test binary a server of the kind
// and size that the next two say.
const benchServer = "bench-server"

func TestMain(m *testing.M) {
	if len(os.Args) < 4 || os.Args[1] != benchServer {
		os.Exit(m.Run())
	}
	n, err := strconv.Atoi(os.Args[3])
	if err == nil && os.Args[2] == "msrp" {
		err = serveMSRP(n)
	} else if err == nil {
		err = serveBare(n)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// answerUsage prints for each line that comes in, until the input ends, the CPU
// time used so far in nanoseconds, or for the line "memory" the octets in use.
func answerUsage() error {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		if in.Text() == "memory" {
			fmt.Println(memoryInUse())
			continue
		}
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		fmt.Println(u.Utime.Nano() + u.Stime.Nano())
	}
	return in.Err()
}

func memoryInUse() uint64 {
	runtime.GC()
	runtime.GC() // empties the pools, too
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// room is the application of the benchmark: every message goes to all legs but
// its sender's.
type room struct{ legs []*benchLeg }

type benchLeg struct {
	room    *room
	session *Session
	next    uint64
}

func (l *benchLeg) Bound()             {}
func (l *benchLeg) Sent(uint64, error) {}
func (l *benchLeg) Ended(error)        {}

func (l *benchLeg) Message(in *Incoming) {
	in.Accept()
	sh, err := Prepare(Message{ContentType: in.ContentType(), Body: in.Body()})
	if err != nil {
		panic(err)
	}
	for _, to := range l.room.legs {
		if to != l {
			to.next++
			if err := to.session.SendShared(sh, to.next); err != nil {
				panic(err)
			}
		}
	}
}

func serveMSRP(n int) error {
	ep := New(Config{PerSource: n + 1, UnboundPerSource: n + 1})
	ln, err := ep.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	r := &room{}
	fmt.Println(ln.Addr())
	for i := range n {
		leg := &benchLeg{room: r}
		leg.session, err = ep.NewSession(SessionConfig{Handler: leg, Window: 1024, Patient: true, Whole: true})
		if err != nil {
			return err
		}
		peer, err := msrpwire.ParseURI(benchPeer(i))
		if err != nil {
			return err
		}
		leg.session.SetRemote([]msrpwire.URI{peer})
		r.legs = append(r.legs, leg)
		fmt.Println(leg.session.URI())
	}
	return answerUsage()
}

func benchPeer(i int) string { return "msrp://127.0.0.1:9/client" + strconv.Itoa(i) + ";tcp" }

// bareConn is a connection of the bare server: octets wait in a buffer for the
// goroutine that writes.
type bareConn struct {
	nc   net.Conn
	mu   sync.Mutex
	out  []byte
	wake chan struct{}
}

func (c *bareConn) send(p []byte) {
	c.mu.Lock()
	first := len(c.out) == 0
	c.out = append(c.out, p...)
	c.mu.Unlock()
	if first {
		select {
		case c.wake <- struct{}{}:
		default:
		}
	}
}

func (c *bareConn) write() {
	var buf []byte
	for range c.wake {
		c.mu.Lock()
		buf, c.out = c.out, buf[:0]
		c.mu.Unlock()
		if _, err := c.nc.Write(buf); err != nil {
			return
		}
	}
}

// serveBare sends every bareFrame octets of the first of its n connections to
// all others.
func serveBare(n int) error {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println(ln.Addr())
	conns := make([]*bareConn, n)
	for i := range conns {
		nc, err := ln.Accept()
		if err != nil {
			return err
		}
		conns[i] = &bareConn{nc: nc, wake: make(chan struct{}, 1)}
		go conns[i].write()
		if i > 0 {
			go discard(nc)
		}
		fmt.Println("accepted")
	}
	go spread(conns)
	return answerUsage()
}

func spread(conns []*bareConn) {
	buf, held := make([]byte, 32<<10), 0
	for {
		n, err := conns[0].nc.Read(buf[held:])
		if err != nil {
			return
		}
		held += n
		for held >= bareFrame {
			for _, to := range conns[1:] {
				to.send(buf[:bareFrame])
			}
			conns[0].send(buf[:bareAnswer])
			held = copy(buf, buf[bareFrame:held])
		}
	}
}

func discard(nc net.Conn) {
	buf := make([]byte, 4096)
	for {
		if _, err := nc.Read(buf); err != nil {
			return
		}
	}
}
