package fanout

import (
	"bufio"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"
)

// Server is a server in a process of its own, as its load sees it.
type Server struct {
	b    *testing.B
	out  *bufio.Scanner
	in   *os.File
	addr string
	over string
	pid  int
}

// start runs a server, the one under test or a bare one, and tells it numbers, the
// first of which is for serve.
func start(b *testing.B, as, over string, numbers ...int) *Server {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		b.Fatal(err)
	}
	args := []string{as, over}
	for _, n := range numbers {
		args = append(args, strconv.Itoa(n))
	}
	cmd := exec.CommandContext(context.WithoutCancel(b.Context()), exe, args...) //nolint:gosec // this very program
	cmd.Stdin, cmd.Stderr = r, os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	_ = r.Close()
	b.Cleanup(func() {
		_ = w.Close() // which it ends by
		_ = cmd.Wait()
	})
	s := &Server{b: b, out: bufio.NewScanner(out), in: w, over: over, pid: cmd.Process.Pid}
	s.addr = s.Line()
	return s
}

// Line returns the next line that the server has written.
func (s *Server) Line() string {
	if !s.out.Scan() {
		s.b.Fatal("server: no output")
	}
	return s.out.Text()
}

// ask asks the server for a figure.
func (s *Server) ask(what string) int64 {
	if _, err := s.in.WriteString(what + "\n"); err != nil {
		s.b.Fatal(err)
	}
	n, err := strconv.ParseInt(s.Line(), 10, 64)
	if err != nil {
		s.b.Fatal(err)
	}
	return n
}

func (s *Server) dial() net.Conn { return s.dialTo(s.addr) }

// dialTo connects to an address, behind which a path may stand, by what the server
// is reached over.
func (s *Server) dialTo(address string) net.Conn {
	host, _, _ := strings.Cut(address, "/")
	var d net.Dialer
	nc, err := d.DialContext(s.b.Context(), "tcp", host)
	if err != nil {
		s.b.Fatal(err)
	}
	s.b.Cleanup(func() { _ = nc.Close() })
	switch s.over {
	case TLS:
		return tls.Client(nc, &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // a server of our own
	case WebSocket:
		return s.upgrade(nc, address)
	}
	return nc
}

// upgrade makes a WebSocket of a connection: each Write is a message, of reads
// only the octets count.
func (s *Server) upgrade(nc net.Conn, address string) net.Conn {
	client := &http.Client{Transport: &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) { return nc, nil },
	}}
	ws, _, err := websocket.Dial(s.b.Context(), "ws://"+address, &websocket.DialOptions{ //nolint:bodyclose // the library's
		Subprotocols: []string{"msrp"}, HTTPClient: client,
	})
	if err != nil {
		s.b.Fatal(err)
	}
	ws.SetReadLimit(1 << 20)
	return websocket.NetConn(s.b.Context(), ws, websocket.MessageText)
}
