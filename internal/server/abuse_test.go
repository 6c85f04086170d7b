package server

import (
	"fmt"
	"net"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// A siege is a server under attack, with two users who go on talking. The attackers
// are in the same process, so what they take counts against the bounds, too.
type siege struct {
	*rig
	alice, bob *guest
	heap       uint64
	goroutines int
	calls      int
}

// besiege starts a server that takes loopback peers for whom they say they are,
// but does not trust them, as it does nobody else on the network.
func besiege(t *testing.T, change func(*config.Config)) *siege {
	t.Helper()
	return besiegeTuned(t, change, tuning{})
}

// besiegeTuned is besiege with what no configuration changes.
func besiegeTuned(t *testing.T, change func(*config.Config), tune tuning) *siege {
	t.Helper()
	s := &siege{rig: serveTuned(t, func(c *config.Config) {
		c.SIP.Trust = nil
		c.Limits.ConnectionsPerAddress = config.Default().Limits.ConnectionsPerAddress
		c.Limits.MessagesPerSecond = 0
		if change != nil {
			change(c)
		}
	}, tune)}
	s.begin()
	return s
}

// cutting is the patience of a server that is besieged by peers who begin and do not
// end: short enough to wait for, and longer than those who mean well ever take.
const cutting = 5 * time.Second

// begin lets the users in and takes the measure of the server.
func (s *siege) begin() {
	s.alice, s.bob = s.guest("tcp", "alice").join(lobby).connect(), s.guest("udp", "bob").join(lobby).connect()
	s.goes("calm")
	s.heap, s.goroutines = memory(), runtime.NumGoroutine()
}

// goes fails the test unless a message arrives, and somebody else can come and leave
// by UDP and by TCP.
func (s *siege) goes(when string) {
	s.t.Helper()
	s.goesBy(when, "udp", "tcp")
}

// goesBy is goes for those who come by some transports only.
func (s *siege) goesBy(when string, networks ...string) {
	s.t.Helper()
	begun := time.Now()
	s.calls++
	text := fmt.Sprintf("%s %d", when, s.calls)
	s.alice.say(text)
	s.bob.hear(text)
	for _, network := range networks {
		carol := s.from(network, 200+s.calls).join(lobby)
		carol.leave()
		carol.Close()
	}
	s.t.Logf("%s: a message and calls took %v", when, time.Since(begun))
}

// from connects a user from a loopback address of his own.
func (s *siege) from(network string, n int) *guest {
	s.t.Helper()
	conn, err := s.open(network, "sip", n)
	if err != nil {
		s.t.Fatal(err)
	}
	name := "carol" + strconv.Itoa(n)
	return s.over(network, name, conn)
}

// open connects to a listener from one of many loopback addresses.
func (s *siege) open(network, proto string, n int) (net.Conn, error) {
	from := net.IPv4(127, 9, byte(n>>8), byte(n))
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: from}, Timeout: testnet.Patience}
	if network == "udp" {
		d.LocalAddr = &net.UDPAddr{IP: from}
		return d.DialContext(s.t.Context(), "udp", s.address(proto, network))
	}
	to := s.address(proto, network)
	return d.DialContext(s.t.Context(), "tcp", to)
}

// holds fails the test unless the server has grown by no more than most octets, its
// goroutines' stacks included, once what is under way has come to rest.
func (s *siege) holds(when string, most int) {
	s.t.Helper()
	grown := s.grown()
	for end := time.Now().Add(testnet.Patience); grown > int64(most) && time.Now().Before(end); grown = s.grown() {
		<-time.After(250 * time.Millisecond)
	}
	s.t.Logf("%s: %d KiB more than before, bound %d KiB; %d goroutines more", when, grown>>10, most>>10, runtime.NumGoroutine()-s.goroutines)
	if grown > int64(most) {
		s.t.Errorf("%s: the server has grown by %d KiB, more than %d", when, grown>>10, most>>10)
	}
}

func (s *siege) grown() int64 { return int64(memory()) - int64(s.heap) }

// recovers fails the test unless all goroutines that came with the attack have gone.
func (s *siege) recovers() {
	s.t.Helper()
	const spare = 20 // timers, idle HTTP connections, workers of the runtime
	deadline := time.Now().Add(testnet.Patience)
	for {
		n := runtime.NumGoroutine()
		if n <= s.goroutines+spare {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%d goroutines, %d before", n, s.goroutines)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// read is how many messages the server has read by SIP, sound or malformed.
func (s *siege) read() int { return int(s.stack.Transport.Counters().In) }

// keepPace waits until the server has read n messages, but for as many as fit the
// buffer of a socket: the system drops others.
func (s *siege) keepPace(n int) {
	s.t.Helper()
	const fit = 100
	for end := time.Now().Add(testnet.Patience); s.read()+fit < n; <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("the server has read %d messages of %d", s.read(), n)
		}
	}
}

// counts fails the test unless a metric reaches a value.
func (s *siege) counts(name string, least float64) {
	s.t.Helper()
	deadline := time.Now().Add(testnet.Patience)
	for got := s.metric(name); got < least; got = s.metric(name) {
		if time.Now().After(deadline) {
			s.t.Errorf("%s is %v, want at least %v", name, got, least)
			return
		}
		<-time.After(20 * time.Millisecond)
	}
}

// refusals counts what was refused for a limit.
func (s *siege) refusals(limit string, least float64) {
	s.t.Helper()
	s.counts(`confab_refused_total{limit="`+limit+`"}`, least)
}

// over makes a guest of a connection.
func (r *rig) over(network, name string, conn net.Conn) *guest {
	g := &guest{SIPPeer: testnet.SIPOver(r.t, network, conn), rig: r, name: name}
	g.sdp = offer(name, "msrp://127.0.0.1:2855/"+name+";tcp")
	return g
}

// memory is what the heap and the stacks take after a collection.
func memory() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}

// plain is a request outside dialogs, from an address in Via.
func plain(method sipmsg.Method, uri, via, callID string) string {
	return string(method) + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/" + via + ";branch=z9hG4bK" + callID +
		"\r\nMax-Forwards: 70\r\nFrom: <sip:mallory@example.test>;tag=m\r\nTo: <" + uri + ">\r\nCall-ID: " + callID +
		"\r\nCSeq: 1 " + string(method) + "\r\nContact: <sip:mallory@127.0.0.1:9>\r\nContent-Length: 0\r\n\r\n"
}
