package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/server"
	"github.com/confab-chat/confab/internal/testnet/testca"
)

// secureServer starts a server that listens over TLS and WebSocket, and returns it
// with the file of the roots it is certified by.
func secureServer(t *testing.T) (s *server.Server, roots string) {
	t.Helper()
	ca, dir := testca.New(t), t.TempDir()
	cert, key := ca.IssuePEM(t, testca.Names{DNS: []string{"conf.localhost"}, IP: []string{"127.0.0.1"}})
	roots = filepath.Join(dir, "ca.pem")
	for name, text := range map[string][]byte{"cert.pem": cert, "key.pem": key, "ca.pem": ca.PEM()} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cfg, err := config.Parse("test", []byte(`
sip: {listen: ["tcp://127.0.0.1:0", "tls://127.0.0.1:0", "ws://127.0.0.1:0/sip", "wss://127.0.0.1:0/other"]}
msrp: {listen: ["tcp://127.0.0.1:0"]}
http: {listen: ""}
store: {path: ""}
auth: {local: true}
limits: {cpu_wait: 0s}
tls: {certificate: "`+filepath.Join(dir, "cert.pem")+`", key: "`+filepath.Join(dir, "key.pem")+`"}
conferences: [{uri: "sip:lobby@conf.localhost"}]
`), nil)
	if err != nil {
		t.Fatal(err)
	}
	if s, err = server.New(cfg, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Shutdown(t.Context()) })
	return s, roots
}

// TestChatByEveryTransport runs the command against a server: its input ends at
// once, so it joins and leaves.
func TestChatByEveryTransport(t *testing.T) {
	s, roots := secureServer(t)
	tests := []struct {
		transport, path, flags string
		status                 int
	}{
		{"tcp", "", "", exitDone},
		{"tls", "", "--ca " + roots, exitDone},
		{"tls", "", "--insecure", exitDone},
		{"tls", "", "", exitFailed},
		{"ws", "", "", exitDone},
		{"ws", "/elsewhere", "", exitFailed},
		{"wss", "/other", "--ca " + roots, exitDone},
		{"wss", "/other", "", exitFailed},
	}
	for _, tt := range tests {
		at, ok := s.Addr("sip", tt.transport)
		if !ok {
			t.Fatalf("no listener for %s", tt.transport)
		}
		args := "chat sip:lobby@conf.localhost --as sip:alice@conf.localhost --output json --transport " + tt.transport +
			" --server " + at.String() + tt.path + " " + tt.flags
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), strings.Fields(args), &stdout, &stderr)
		joined := strings.Contains(stdout.String(), `"event":"joined"`)
		if status != tt.status || joined != (tt.status == exitDone) {
			t.Errorf("%s: status %d\n%s%s", args, status, &stdout, &stderr)
		}
	}
}
