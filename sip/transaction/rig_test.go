package transaction_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// A user is a transaction user made of functions; what is nil does nothing.
type user struct {
	request  func(tx *transaction.ServerTx)
	ack      func(req *sipmsg.Request, src transport.Source)
	response func(resp *sipmsg.Response, src transport.Source)
}

func (u *user) Request(tx *transaction.ServerTx) {
	if u.request != nil {
		u.request(tx)
	}
}

func (u *user) Ack(req *sipmsg.Request, src transport.Source) {
	if u.ack != nil {
		u.ack(req, src)
	}
}

func (u *user) Response(resp *sipmsg.Response, src transport.Source) {
	if u.response != nil {
		u.response(resp, src)
	}
}

// A stack is a transport and a transaction layer of one host.
type stack struct {
	*transaction.Layer
	transport *transport.Layer
	addr      netip.AddrPort
}

// stackAddr is where the stack under test listens, peerAddr its peer.
const (
	stackAddr = "192.0.2.1"
	peerAddr  = "192.0.2.2"
)

func newStack(t *testing.T, network transport.Network, cfg transaction.Config, u *user) *stack {
	t.Helper()
	s := &stack{Layer: transaction.New(cfg, u)}
	s.transport = transport.New(transport.Config{Network: network}, s.Layer)
	s.Bind(s.transport)
	for _, name := range []string{"udp", "tcp"} {
		var err error
		if s.addr, err = s.transport.Listen(t.Context(), name, "0.0.0.0:5060"); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// close ends the stack and sees that no transaction is left.
func (s *stack) close(t *testing.T) {
	t.Helper()
	if n := s.Open(); n != 0 {
		t.Errorf("%d transactions are left", n)
	}
	s.Layer.Close()
	if err := s.transport.Close(); err != nil {
		t.Error(err)
	}
}

// bench is a stack under test and a peer that is played by the test.
type bench struct {
	*stack
	t    *testing.T
	net  *transporttest.Network
	user *user
	peer *peer
}

// play runs a test with a stack and a UDP peer in a bubble. At the end all
// timers have run out and no transaction may be left.
func play(t *testing.T, cfg transaction.Config, f func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, net: new(transporttest.Network), user: new(user)}
		b.stack = newStack(t, b.net.Host(stackAddr), cfg, b.user)
		b.peer = newPeer(t, b.net.Host(peerAddr))
		b.peer.settle = b.settle
		f(b)
		b.pause(2 * time.Minute)
		b.close(t)
		_ = b.peer.conn.Close()
	})
}

// settle waits until everything is idle. What callbacks wrote may be read
// afterwards, and what was read before may be written by callbacks.
func (b *bench) settle() {
	synctest.Wait()
	for _, callID := range []string{"call-1", "call-2"} {
		b.Do(callID, func() {})
	}
}

// pause lets the clock of the bubble run.
func (b *bench) pause(d time.Duration) {
	b.settle()
	<-time.After(d)
	b.settle()
}

// arrival is a message that a peer received.
type arrival struct {
	at   time.Duration // since the peer began, or its clock was reset
	text string
}

func (a arrival) startLine() string { return strings.SplitN(a.text, "\r\n", 2)[0] }

// field returns the value of the first field of that name.
func (a arrival) field(name string) string {
	for _, line := range strings.Split(a.text, "\r\n") {
		if v, ok := strings.CutPrefix(line, name+": "); ok {
			return v
		}
	}
	return ""
}

// A peer is a UDP socket with which a test speaks by itself.
type peer struct {
	t      *testing.T
	conn   transport.PacketConn
	settle func()

	mu    sync.Mutex
	began time.Time
	got   []arrival
}

func newPeer(t *testing.T, network transport.Network) *peer {
	t.Helper()
	conn, err := network.ListenPacket(context.Background(), "udp", "0.0.0.0:5060")
	if err != nil {
		t.Fatal(err)
	}
	p := &peer{t: t, conn: conn, began: time.Now()}
	go func() {
		buf := make([]byte, 65535)
		for {
			n, _, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			p.mu.Lock()
			p.got = append(p.got, arrival{at: time.Since(p.began), text: string(buf[:n])})
			p.mu.Unlock()
		}
	}()
	return p
}

// send sends a message whose lines may end in a bare line feed.
func (p *peer) send(text string) {
	p.t.Helper()
	p.settle()
	octets := []byte(strings.ReplaceAll(text, "\n", "\r\n"))
	if _, err := p.conn.WriteToUDPAddrPort(octets, netip.MustParseAddrPort(stackAddr+":5060")); err != nil {
		p.t.Error(err)
	}
	p.settle()
}

// take returns what has arrived, and starts afresh, clock included.
func (p *peer) take() []arrival {
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	got := p.got
	p.got, p.began = nil, time.Now()
	return got
}

// expect takes what has arrived and compares start lines and times, each
// written as "1.5 SIP/2.0 200 OK".
func (p *peer) expect(want ...string) []arrival {
	p.t.Helper()
	got := p.take()
	lines := make([]string, len(got))
	for i, a := range got {
		lines[i] = fmt.Sprintf("%g %s", a.at.Seconds(), a.startLine())
	}
	if strings.Join(lines, "\n") != strings.Join(want, "\n") {
		p.t.Errorf("the peer received\n  %s\nwant\n  %s", strings.Join(lines, "\n  "), strings.Join(want, "\n  "))
	}
	return got
}

// request writes down a request of the peer.
func request(method, branch string, cseq int) string {
	return strings.Join([]string{
		method + " sip:conf@example.com SIP/2.0",
		"Via: SIP/2.0/UDP " + peerAddr + ":5060;branch=" + branch,
		"Max-Forwards: 70",
		"From: <sip:alice@example.com>;tag=a1",
		"To: <sip:conf@example.com>",
		"Call-ID: call-1",
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		"Contact: <sip:alice@192.0.2.2>",
		"Content-Length: 0",
	}, "\n") + "\n\n"
}

// answer writes down the peer's response to a request it received.
func answer(to arrival, status, tag string) string {
	return "SIP/2.0 " + status +
		"\nVia: " + to.field("Via") +
		"\nFrom: " + to.field("From") +
		"\nTo: " + to.field("To") + ";tag=" + tag +
		"\nCall-ID: " + to.field("Call-ID") +
		"\nCSeq: " + to.field("CSeq") +
		"\nContact: <sip:bob@192.0.2.2>" +
		"\nContent-Length: 0\n\n"
}

// outgoing makes a request for the stack to send.
func outgoing(method sipmsg.Method) *sipmsg.Request {
	uri := sipmsg.URI{Scheme: "sip", User: "bob", Host: peerAddr}
	r := &sipmsg.Request{Method: method, URI: uri}
	r.Header.Add("Route", "<sip:"+peerAddr+";lr>")
	r.Header.Add("Max-Forwards", "70")
	r.Header.Add("From", "<sip:conf@example.com>;tag=f1")
	r.Header.Add("To", "<sip:bob@example.com>")
	r.Header.Add("Call-ID", "call-2")
	r.Header.Add("CSeq", "7 "+string(method))
	r.Header.Add("Contact", "<sip:conf@192.0.2.1>")
	return r
}

// toPeer is the target that is the peer.
func toPeer(network string) transport.Target {
	return transport.Target{Transport: network, Addr: netip.MustParseAddrPort(peerAddr + ":5060")}
}

// events collects the events of a client transaction.
type events struct {
	responses []string
	ends      []error
}

func (e *events) client() transaction.ClientEvents {
	return transaction.ClientEvents{
		Response: func(resp *sipmsg.Response, _ transport.Source) {
			to, _ := resp.Header.To()
			e.responses = append(e.responses, fmt.Sprint(resp.Status, " ", to.Tag()))
		},
		End: func(err error) { e.ends = append(e.ends, err) },
	}
}

// expect compares the responses and the one end, "" for none yet.
func (e *events) expect(b *bench, end string, responses ...string) {
	t := b.t
	t.Helper()
	b.settle()
	if got := strings.Join(e.responses, ", "); got != strings.Join(responses, ", ") {
		t.Errorf("responses %s, want %s", got, strings.Join(responses, ", "))
	}
	ends := make([]string, 0, 1)
	for _, err := range e.ends {
		ends = append(ends, fmt.Sprint(err))
	}
	if got := strings.Join(ends, ", "); got != end {
		t.Errorf("ended with %q, want %q", got, end)
	}
}
