package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"os"
	"syscall"

	"github.com/emiago/sipgo"
	"github.com/emiago/sipgo/sip"
)

// answer takes every call, and ends with the standard input. It writes its
// address, and for each line that it reads the processor time that it has used
// so far, in nanoseconds.
func answer(ctx context.Context, network, certificate, key string) error {
	ua, err := sipgo.NewUA(sipgo.WithUserAgent("foreign"))
	if err != nil {
		return err
	}
	defer func() { _ = ua.Close() }()
	server, err := callee(ua)
	if err != nil {
		return err
	}
	at, err := serve(ctx, server, network, certificate, key)
	if err != nil {
		return err
	}
	fmt.Println(at) //nolint:forbidigo // that is how the test finds it
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			return err
		}
		fmt.Println(u.Utime.Nano() + u.Stime.Nano()) //nolint:forbidigo // as above
	}
	return in.Err()
}

// callee answers INVITE and BYE the way the library's own examples do, with its
// cache of dialogs.
func callee(ua *sipgo.UserAgent) (*sipgo.Server, error) {
	server, err := sipgo.NewServer(ua)
	if err != nil {
		return nil, err
	}
	client, err := sipgo.NewClient(ua)
	if err != nil {
		return nil, err
	}
	contact := sip.ContactHeader{Address: sip.Uri{Scheme: "sip", User: "conf", Host: "127.0.0.1"}}
	dialogs := sipgo.NewDialogServerCache(client, contact)
	server.OnInvite(func(req *sip.Request, tx sip.ServerTransaction) {
		dialog, err := dialogs.ReadInvite(req, tx)
		if err != nil {
			_ = tx.Respond(sip.NewResponseFromRequest(req, sip.StatusBadRequest, "Bad Request", nil))
			return
		}
		defer func() { _ = dialog.Close() }()
		if err := dialog.RespondSDP([]byte(offer)); err != nil {
			return
		}
		<-dialog.Context().Done()
	})
	server.OnAck(func(req *sip.Request, tx sip.ServerTransaction) { _ = dialogs.ReadAck(req, tx) })
	server.OnBye(func(req *sip.Request, tx sip.ServerTransaction) { _ = dialogs.ReadBye(req, tx) })
	return server, nil
}

// serve listens on a free port.
func serve(ctx context.Context, server *sipgo.Server, network, certificate, key string) (net.Addr, error) {
	var lc net.ListenConfig
	if network == "udp" {
		socket, err := lc.ListenPacket(ctx, "udp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		go func() { _ = server.ServeUDP(socket) }()
		return socket.LocalAddr(), nil
	}
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	serveStream := server.ServeTCP
	switch network {
	case "ws":
		serveStream = server.ServeWS
	case "tls":
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		l = tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}})
		serveStream = server.ServeTLS
	}
	go func() { _ = serveStream(l) }()
	return l.Addr(), nil
}
