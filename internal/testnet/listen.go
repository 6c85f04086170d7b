package testnet

import (
	"errors"
	"net"
	"testing"
	"time"
)

// Listen returns the first connection that somebody opens to a TCP port of the loopback
// address. LocalAddr is where; the first Read waits for it, up to the read deadline.
// Close, which is the caller's, ends the listening as well.
func Listen(tb testing.TB) net.Conn {
	tb.Helper()
	var config net.ListenConfig
	listener, err := config.Listen(tb.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return &awaited{listener: listener.(*net.TCPListener)} //nolint:forcetypeassert // of "tcp"
}

// awaited is a connection that need not be there yet.
type awaited struct {
	net.Conn // nil before
	listener *net.TCPListener
	deadline time.Time
}

func (a *awaited) LocalAddr() net.Addr { return a.listener.Addr() }

func (a *awaited) SetReadDeadline(t time.Time) error {
	if a.Conn != nil {
		return a.Conn.SetReadDeadline(t)
	}
	a.deadline = t
	return a.listener.SetDeadline(t)
}

func (a *awaited) Read(b []byte) (int, error) {
	if a.Conn == nil {
		conn, err := a.listener.Accept()
		if err != nil {
			return 0, err
		}
		a.Conn = conn
		if err := conn.SetReadDeadline(a.deadline); err != nil {
			return 0, err
		}
	}
	return a.Conn.Read(b)
}

func (a *awaited) Write(b []byte) (int, error) {
	if a.Conn == nil {
		return 0, errors.New("testnet: nobody has connected yet")
	}
	return a.Conn.Write(b)
}

func (a *awaited) Close() error {
	err := a.listener.Close()
	if a.Conn != nil {
		err = errors.Join(err, a.Conn.Close())
	}
	return err
}
