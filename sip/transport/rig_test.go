package transport_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// patience is how long a test waits for what must come, on the slowest machine.
const patience = testnet.Patience

// A server is a layer whose receiver answers every request but ACK with 200 and
// remembers what it got.
type server struct {
	*transport.Layer
	t        *testing.T
	udp, tcp netip.AddrPort
	slow     func() // called before a request is answered
	silent   bool   // nothing is answered

	mu        sync.Mutex
	requests  []*sipmsg.Request
	sources   []transport.Source
	responses []*sipmsg.Response
	news      chan struct{}
}

func newServer(t *testing.T, cfg transport.Config) *server {
	t.Helper()
	s := &server{t: t, news: make(chan struct{}, 1)}
	if cfg.Network == nil { // it is the clock of the machine that counts
		cfg.DialTimeout, cfg.WriteTimeout, cfg.MessageTimeout = patience, patience, patience
		cfg.HandshakeTimeout, cfg.PongTimeout = patience, patience
	}
	s.Layer = transport.New(cfg, s)
	var err error
	if s.udp, err = s.Listen(t.Context(), "udp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if s.tcp, err = s.Listen(t.Context(), "tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func (s *server) ReceiveRequest(req *sipmsg.Request, src transport.Source) {
	s.mu.Lock()
	s.requests = append(s.requests, req)
	s.sources = append(s.sources, src)
	s.mu.Unlock()
	s.signal()
	if s.slow != nil {
		s.slow()
	}
	if !s.silent && req.Method != sipmsg.ACK {
		s.SendResponse(sipmsg.NewResponse(req, 200, ""), src, nil)
	}
}

func (s *server) ReceiveResponse(resp *sipmsg.Response, _ transport.Source) {
	s.mu.Lock()
	s.responses = append(s.responses, resp)
	s.mu.Unlock()
	s.signal()
}

func (s *server) signal() {
	select {
	case s.news <- struct{}{}:
	default:
	}
}

// await waits until so many requests and responses have come.
func (s *server) await(t *testing.T, requests, responses int) ([]*sipmsg.Request, []transport.Source) {
	t.Helper()
	deadline := time.After(patience)
	for {
		s.mu.Lock()
		gotRequests, sources, gotResponses := s.requests, s.sources, len(s.responses)
		s.mu.Unlock()
		if len(gotRequests) >= requests && gotResponses >= responses {
			return gotRequests, sources
		}
		select {
		case <-s.news:
		case <-deadline:
			t.Fatalf("got %d requests and %d responses, want %d and %d", len(gotRequests), gotResponses, requests, responses)
		}
	}
}

// message writes down a request with a number in its CSeq.
func message(method, network, sentBy string, seq int, more ...string) string {
	head := strings.Join(append([]string{
		method + " sip:conf@example.com SIP/2.0",
		"Via: SIP/2.0/" + strings.ToUpper(network) + " " + sentBy + ";branch=z9hG4bK" + strconv.Itoa(seq),
		"From: <sip:alice@example.com>;tag=1",
		"To: <sip:conf@example.com>",
		"Call-ID: call-1",
		fmt.Sprintf("CSeq: %d %s", seq, method),
	}, more...), "\r\n")
	if !strings.Contains(head, "Content-Length") {
		head += "\r\nContent-Length: 0"
	}
	return head + "\r\n\r\n"
}

// dial opens a connection that fails the test rather than hang.
func dial(t *testing.T, to netip.AddrPort) *net.TCPConn {
	t.Helper()
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(patience))
	tcp, ok := conn.(*net.TCPConn)
	if !ok {
		t.Fatal("no TCP connection")
	}
	return tcp
}

// readResponses reads n responses, as "status cseq".
func readResponses(t *testing.T, r io.Reader, n int) []string {
	t.Helper()
	in := bufio.NewReader(r)
	var got []string
	for range n {
		var status, cseq string
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatalf("after %v: %v", got, err)
			}
			line = strings.TrimSpace(line)
			if v, ok := strings.CutPrefix(line, "SIP/2.0 "); ok {
				status = v[:3]
			}
			if v, ok := strings.CutPrefix(line, "CSeq: "); ok {
				cseq, _, _ = strings.Cut(v, " ")
			}
			if line == "" && status != "" { // else the answer to a keep-alive
				break
			}
		}
		got = append(got, status+" "+cseq)
	}
	return got
}

func expectResponses(t *testing.T, r io.Reader, want ...string) {
	t.Helper()
	got := readResponses(t, r, len(want))
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		t.Errorf("got %v, want %v", got, want)
	}
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

// options makes a request to send.
func options(body string) *sipmsg.Request {
	r := &sipmsg.Request{Method: sipmsg.OPTIONS, URI: sipmsg.URI{Scheme: "sip", Host: "127.0.0.1"}, Body: []byte(body)}
	r.Header.Add("Via", "SIP/2.0/UDP unset.invalid;branch=z9hG4bKout")
	r.Header.Add("From", "<sip:conf@example.com>;tag=1")
	r.Header.Add("To", "<sip:bob@example.com>")
	r.Header.Add("Call-ID", "call-2")
	r.Header.Add("CSeq", "1 OPTIONS")
	return r
}

// outcome collects what becomes of a message.
func outcome() (func(error), <-chan error) {
	c := make(chan error, 1)
	return func(err error) { c <- err }, c
}

func wait[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatal("nothing happened")
		panic("unreachable")
	}
}

func shutdown(t *testing.T, l *transport.Layer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := l.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}
