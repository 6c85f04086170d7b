package web_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/internal/testnet/testca"
	"github.com/confab-chat/confab/internal/web"
)

func say(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, text) })
}

// serve starts a host until the test ends.
func serve(t *testing.T, h *web.Host) {
	t.Helper()
	if err := h.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.Serve()
	t.Cleanup(func() { _ = h.Close() })
}

func address(t *testing.T, h *web.Host, at web.Site) string {
	t.Helper()
	a, ok := h.Addr(at)
	if !ok {
		t.Fatalf("%v has no address", at)
	}
	return a.String()
}

func fetch(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

func TestSitesAndPaths(t *testing.T) {
	t.Parallel()
	ca := testca.New(t)
	h := web.New(web.Config{TLS: ca.Server(t, testca.Names{IP: []string{"127.0.0.1"}})})
	open, secure := web.Site{Address: "127.0.0.1:0"}, web.Site{Address: "127.0.0.1:0", Secure: true}
	h.Handle(open, "GET /a", say("a"))
	h.Handle(open, "GET /b", say("b"))
	h.Handle(secure, "GET /a", say("secure"))
	serve(t, h)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: ca.Client(t, testca.Names{})}}
	tests := []struct {
		url    string
		status int
		body   string
	}{
		{"http://" + address(t, h, open) + "/a", 200, "a"},
		{"http://" + address(t, h, open) + "/b", 200, "b"},
		{"http://" + address(t, h, open) + "/c", 404, "404 page not found\n"},
		{"https://" + address(t, h, secure) + "/a", 200, "secure"},
	}
	for _, tt := range tests {
		if status, body := fetch(t, client, tt.url); status != tt.status || body != tt.body {
			t.Errorf("%s: %d %q", tt.url, status, body)
		}
	}
}

func TestSecureSiteWithoutCertificate(t *testing.T) {
	t.Parallel()
	h := web.New(web.Config{})
	h.Handle(web.Site{Address: "127.0.0.1:0", Secure: true}, "/", say(""))
	if err := h.Listen(t.Context()); err == nil {
		t.Error("listens")
	}
	if err := h.Close(); err != nil {
		t.Error(err)
	}
}

// A client that sends its head too slowly is cut.
func TestSlowHeader(t *testing.T) {
	t.Parallel()
	h := web.New(web.Config{HeaderTimeout: 50 * time.Millisecond})
	at := web.Site{Address: "127.0.0.1:0"}
	h.Handle(at, "/", say(""))
	serve(t, h)
	conn := dial(t, address(t, h, at))
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost:"); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err == nil {
		_ = resp.Body.Close()
		if resp.StatusCode < 400 {
			t.Errorf("served with %s", resp.Status)
		}
	}
}

func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(testnet.Patience)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func TestConnectionsPerAddress(t *testing.T) {
	t.Parallel()
	h := web.New(web.Config{ConnectionsPerAddress: 1})
	at := web.Site{Address: "127.0.0.1:0"}
	h.Handle(at, "/", say("a"))
	serve(t, h)
	request := func(conn net.Conn) error {
		if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"); err != nil {
			return err
		}
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return err
		}
		_, err = io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		return err
	}
	first := dial(t, address(t, h, at))
	if err := request(first); err != nil {
		t.Fatal(err)
	}
	if err := request(dial(t, address(t, h, at))); err == nil {
		t.Error("a second connection is served")
	}
	_ = first.Close()
	for end := time.Now().Add(testnet.Patience); time.Now().Before(end); { // until the server has seen the end
		if request(dial(t, address(t, h, at))) == nil {
			return
		}
	}
	t.Error("the closed connection still counts")
}

func TestShutdownWaitsForAnswers(t *testing.T) {
	t.Parallel()
	h := web.New(web.Config{Answering: testnet.Patience})
	at := web.Site{Address: "127.0.0.1:0"}
	entered, release := make(chan struct{}), make(chan struct{})
	h.Handle(at, "/", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(entered)
		<-release
		_, _ = io.WriteString(w, "late")
	}))
	serve(t, h)
	got := make(chan string, 1)
	go func() {
		_, body := fetch(t, http.DefaultClient, "http://"+address(t, h, at)+"/")
		got <- body
	}()
	<-entered
	ended := make(chan error, 1)
	go func() { ended <- h.Shutdown(context.WithoutCancel(t.Context())) }()
	close(release)
	if body := <-got; body != "late" {
		t.Errorf("got %q", body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
