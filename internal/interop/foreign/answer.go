package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// answer takes every call, and ends with the standard input. It writes its
// address, and for each line that it reads what it has used so far.
func answer(ctx context.Context, network string, pair tls.Certificate, waits bool) error {
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("foreign"))
	if err != nil {
		return err
	}
	defer func() { _ = ua.Close() }()
	at, serve, err := open(ctx, network, pair)
	if err != nil {
		return err
	}
	contact := sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "conf", Host: "127.0.0.1", Port: portOf(at)}}
	contact.Address.UriParams.Add("transport", network)
	server, err := callee(ua, contact, waits)
	if err != nil {
		return err
	}
	go serve(server)
	fmt.Println(at) //nolint:forbidigo // that is how the test finds it
	return tell(os.Stdin, os.Stdout)
}

// callee answers INVITE and BYE with the library's cache of dialogs. If it waits, it
// does so as the library's own examples do: the handler of an INVITE returns when the
// dialog has ended, which takes a goroutine. If not, the handler returns at once, and
// what remains is the dialog in the cache until its BYE.
func callee(ua *sipgo.UserAgent, contact sip.ContactHeader, waits bool) (*sipgo.Server, error) {
	server, err := sipgo.NewServer(ua)
	if err != nil {
		return nil, err
	}
	client, err := sipgo.NewClient(ua)
	if err != nil {
		return nil, err
	}
	dialogs := sipgo.NewDialogServerCache(client, contact)
	server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) {
		dialog, err := dialogs.ReadInvite(req, tx)
		if err != nil {
			_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusBadRequest, "Bad Request", nil))
			return
		}
		if err := dialog.RespondSDP([]byte(offer)); err != nil {
			_ = dialog.Close()
			return
		}
		if waits {
			<-dialog.Context().Done()
			_ = dialog.Close()
		}
	})
	server.OnAck(func(req *sip.Request, tx sip.ServerTransaction) { _ = dialogs.ReadAck(req, tx) })
	server.OnBye(func(req *sip.Request, tx sip.ServerTransaction) { _ = dialogs.ReadBye(req, tx) })
	return server, nil
}

// open listens on a free port, on which serve then takes requests.
func open(ctx context.Context, network string, pair tls.Certificate) (at net.Addr, serve func(*sipgo.Server), err error) {
	var lc net.ListenConfig
	if network == "udp" {
		socket, e := lc.ListenPacket(ctx, "udp", "127.0.0.1:0")
		if e != nil {
			return nil, nil, e
		}
		return socket.LocalAddr(), func(s *sipgo.Server) { _ = s.ServeUDP(socket) }, nil
	}
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	switch network {
	case "ws":
		return l.Addr(), func(s *sipgo.Server) { _ = s.ServeWS(l) }, nil
	case "tls":
		secure := tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}})
		return l.Addr(), func(s *sipgo.Server) { _ = s.ServeTLS(secure) }, nil
	}
	return l.Addr(), func(s *sipgo.Server) { _ = s.ServeTCP(l) }, nil
}
