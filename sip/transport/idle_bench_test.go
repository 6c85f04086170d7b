package transport_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/netip"
	"runtime"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// mute is a receiver that answers nothing.
type mute struct{}

func (mute) ReceiveRequest(*sipmsg.Request, transport.Source)   {}
func (mute) ReceiveResponse(*sipmsg.Response, transport.Source) {}

// BenchmarkIdleConnection measures what an accepted connection without traffic
// holds on the heap and in stacks, the socket of its peer included: over TCP, over
// WebSocket, and, for comparison, over a WebSocket of github.com/coder/websocket
// with nothing but a reader that waits.
func BenchmarkIdleConnection(b *testing.B) {
	b.Run("tcp", func(b *testing.B) { idleConnections(b, serveTCP, false) })
	b.Run("ws", func(b *testing.B) { idleConnections(b, serveWS, true) })
	b.Run("coder", func(b *testing.B) { idleConnections(b, serveCoder, true) })
}

type serving func(b *testing.B, l *transport.Layer) netip.AddrPort

func idleConnections(b *testing.B, serve serving, hello bool) {
	b.Helper()
	const idle = 1000
	for b.Loop() {
		l := transport.New(transport.Config{}, mute{})
		at := serve(b, l)
		before := memory()
		conns := make([]net.Conn, idle)
		for i := range conns {
			conns[i] = idleConn(b, at, hello)
		}
		b.ReportMetric(float64(memory()-before)/idle, "B/conn")
		for _, c := range conns {
			_ = c.Close()
		}
		_ = l.Close()
	}
}

func serveTCP(b *testing.B, l *transport.Layer) netip.AddrPort {
	b.Helper()
	at, err := l.Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	return at
}

func serveWS(b *testing.B, l *transport.Layer) netip.AddrPort {
	b.Helper()
	return serveHTTP(b, l.WebSocket(false, transport.WebSocketOptions{}))
}

func serveCoder(b *testing.B, _ *transport.Layer) netip.AddrPort {
	b.Helper()
	return serveHTTP(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{"sip"}})
		if err == nil {
			go func() { _, _, _ = ws.Read(b.Context()) }() //nolint:contextcheck // it outlives the request
		}
	}))
}

func serveHTTP(b *testing.B, h http.Handler) netip.AddrPort {
	b.Helper()
	ln, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	web := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	go func() { _ = web.Serve(ln) }()
	b.Cleanup(func() { _ = web.Close() })
	return netip.MustParseAddrPort(ln.Addr().String())
}

func idleConn(b *testing.B, at netip.AddrPort, hello bool) net.Conn {
	b.Helper()
	conn, err := (&net.Dialer{}).DialContext(b.Context(), "tcp", at.String())
	if err != nil {
		b.Fatal(err)
	}
	if hello {
		if _, err := io.WriteString(conn, knock(at.String())); err != nil {
			b.Fatal(err)
		}
		if _, err := bufio.NewReaderSize(conn, 16).ReadString(' '); err != nil {
			b.Fatal(err)
		}
	}
	return conn
}

// memory is what the process holds on the heap and in stacks.
func memory() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// BenchmarkMessage measures a request that comes in and is answered, both ends in
// one process.
func BenchmarkMessage(b *testing.B) {
	ca := testca.New(b)
	for _, network := range []string{"udp", "tcp", "tls", "ws"} {
		b.Run(network, func(b *testing.B) {
			e := &echo{got: make(chan struct{}, 1)}
			e.Layer = transport.New(transport.Config{
				TLS: ca.Server(b, testca.Names{IP: []string{"127.0.0.1"}}), ClientTLS: ca.Client(b, testca.Names{}), WebSocketPath: "/sip",
			}, e)
			b.Cleanup(func() { _ = e.Close() })
			var at netip.AddrPort
			if network == "ws" {
				at = serveHTTP(b, e.WebSocket(false, transport.WebSocketOptions{}))
			} else {
				var err error
				if at, err = e.Listen(b.Context(), network, "127.0.0.1:0"); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				e.SendRequest(options(""), transport.Target{Transport: network, Addr: at}, nil)
				<-e.got
			}
		})
	}
}

// echo answers itself.
type echo struct {
	*transport.Layer
	got chan struct{}
}

func (e *echo) ReceiveRequest(req *sipmsg.Request, src transport.Source) {
	e.SendResponse(sipmsg.NewResponse(req, 200, ""), src, nil)
}

func (e *echo) ReceiveResponse(*sipmsg.Response, transport.Source) { e.got <- struct{}{} }
