package fanout

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"time"

	"github.com/confab-chat/confab/websocket"
)

// listenBare has the connections of a bare server come over what is to carry them.
func listenBare(over string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	switch over {
	case TLS:
		cert, err := certificate()
		return tls.NewListener(ln, &tls.Config{
			MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{cert}, DynamicRecordSizingDisabled: true,
		}), err
	case WebSocket:
		return newWebListener(ln), nil
	}
	return ln, nil
}

// certificate is one that its clients do not look at.
func certificate() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// webListener accepts WebSockets.
type webListener struct {
	net.Listener

	opened chan net.Conn
}

func newWebListener(ln net.Listener) *webListener {
	l := &webListener{Listener: ln, opened: make(chan net.Conn)}
	server := &websocket.Server{Subprotocol: "msrp"}
	srv := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refusal := server.Check(r); refusal != nil {
			refusal.Answer(w)
			return
		}
		if nc, early, err := server.Accept(w, r, time.Minute); err == nil {
			l.opened <- &unframed{Conn: nc, held: early, buf: make([]byte, 4<<10)}
		}
	})}
	go func() { _ = srv.Serve(ln) }()
	return l
}

// Accept implements net.Listener.
func (l *webListener) Accept() (net.Conn, error) { return <-l.opened, nil }
