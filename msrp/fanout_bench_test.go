package msrp_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet/fanout"
	"github.com/confab-chat/confab/msrp"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestMain(m *testing.M) { os.Exit(fanout.Main(m, serveRoom)) }

// BenchmarkFanOut measures the endpoint's part of a delivery: parse, copies,
// responses, and an application that does nothing but pass messages on.
func BenchmarkFanOut(b *testing.B) {
	body := make([]byte, 286) // 166 octets of CPIM and 120 of text
	for _, n := range []int{100, 1000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) { fanout.Run(b, n, body) })
	}
	for _, over := range []string{fanout.TLS, fanout.WebSocket} {
		b.Run(over, func(b *testing.B) { fanout.RunOver(b, over, 100, body) })
	}
}

// BenchmarkIdleMember reports what a bound session costs that does nothing,
// with its connection.
func BenchmarkIdleMember(b *testing.B) {
	for _, over := range []string{fanout.TCP, fanout.TLS, fanout.WebSocket} {
		b.Run(over, func(b *testing.B) { fanout.IdleOver(b, over, 2000) })
	}
}

// room is the application of the benchmark: every message goes to all legs but
// its sender's.
type room struct{ legs []*roomLeg }

type roomLeg struct {
	room    *room
	session *msrp.Session
	next    uint64
}

func (l *roomLeg) Bound()             {}
func (l *roomLeg) Sent(uint64, error) {}
func (l *roomLeg) Ended(error)        {}

func (l *roomLeg) Message(in *msrp.Incoming) {
	in.Accept()
	sh, err := msrp.Prepare(msrp.Message{ContentType: in.ContentType(), Body: in.Body()})
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

// serveRoom is an endpoint with one room of n members.
func serveRoom(n int, out io.Writer) error {
	ep := msrp.New(msrp.Config{PerSource: n + 1, UnboundPerSource: n + 1})
	addr, err := listenOver(ep, fanout.Over())
	if err != nil {
		return err
	}
	if _, err = fmt.Fprintln(out, addr); err != nil {
		return err
	}
	r := &room{}
	for i := range n {
		leg := &roomLeg{room: r}
		leg.session, err = ep.NewSession(msrp.SessionConfig{
			Handler: leg, Window: 1024, Patient: true, Whole: true,
			Secure: fanout.Over() == fanout.TLS, WebSocket: fanout.Over() == fanout.WebSocket, Host: "127.0.0.1", Port: 2855,
		})
		if err != nil {
			return err
		}
		peer, err := msrpwire.ParseURI(fanout.Peer(i))
		if err != nil {
			return err
		}
		leg.session.SetRemote([]msrpwire.URI{peer})
		r.legs = append(r.legs, leg)
		if _, err := fmt.Fprintln(out, leg.session.URI()); err != nil {
			return err
		}
	}
	return fanout.Usage(out)
}

// listenOver opens a listener for what carries MSRP.
func listenOver(ep *msrp.Endpoint, over string) (net.Addr, error) {
	if over != fanout.WebSocket {
		l, err := ep.Listen(context.Background(), over, "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		return net.TCPAddrFromAddrPort(l.Addr()), nil
	}
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: ep.WebSocket(msrp.WebSocketOptions{}), ReadHeaderTimeout: time.Minute}
	go func() { _ = srv.Serve(l) }()
	return l.Addr(), nil
}
