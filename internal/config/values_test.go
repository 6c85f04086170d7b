package config_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
)

func TestParseListener(t *testing.T) {
	t.Parallel()
	good := []struct {
		text     string
		want     config.Listener
		loopback bool
	}{
		{"udp://127.0.0.1:5060", config.Listener{Network: "udp", Address: "127.0.0.1:5060"}, true},
		{"tcp://[::1]:0", config.Listener{Network: "tcp", Address: "[::1]:0"}, true},
		{"tls://:5061", config.Listener{Network: "tls", Address: ":5061"}, false},
		{"tcp://192.0.2.1:2855", config.Listener{Network: "tcp", Address: "192.0.2.1:2855"}, false},
		{"udp://sip.localhost:5060", config.Listener{Network: "udp", Address: "sip.localhost:5060"}, true},
		{"ws://localhost:8080/sip", config.Listener{Network: "ws", Address: "localhost:8080", Path: "/sip"}, true},
	}
	for _, tt := range good {
		got, err := config.ParseListener(tt.text)
		if err != nil || got != tt.want || got.String() != tt.text || got.Loopback() != tt.loopback {
			t.Errorf("%s: %+v (%s, loopback %v), %v", tt.text, got, got, got.Loopback(), err)
		}
	}
	for _, text := range []string{
		"", "127.0.0.1:5060", "sctp://127.0.0.1:5060", "udp://127.0.0.1", "udp://127.0.0.1:sip", "udp://127.0.0.1:65536",
		"udp://127.0.0.1:-1", "tcp://a_b!:1", "tcp://-a:1", "tcp://127.0.0.1:1/path", "tcp://" + strings.Repeat("a.", 127) + ":1",
	} {
		if got, err := config.ParseListener(text); err == nil {
			t.Errorf("%q was taken as %+v", text, got)
		}
	}
}

func TestParseSize(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.Size{"0B": 0, "1B": 1, "1000B": 1000, "64KiB": 64 << 10, "1MiB": 1 << 20, "3GiB": 3 << 30} {
		if got, err := config.ParseSize(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %d, %s, %v", text, got, got, err)
		}
	}
	for text, want := range map[string]config.Size{"1024": 1024, "1024KiB": 1 << 20} {
		if got, err := config.ParseSize(text); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "KiB", "-1", "1KB", "1.5MiB", "9223372036854775807GiB", "1 MiB"} {
		if got, err := config.ParseSize(text); err == nil {
			t.Errorf("%q was taken as %d", text, got)
		}
	}
}

func TestParsePeer(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"127.0.0.0/8": "127.0.0.0/8", "2001:db8::/32": "2001:db8::/32", "192.0.2.1": "192.0.2.1/32", "::1": "::1/128",
		"tls:sbc.example.test": "tls:sbc.example.test",
	} {
		if got, err := config.ParsePeer(text); err != nil || got.String() != want {
			t.Errorf("%s: %s, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "tls:", "tls:a b", "127.0.0.1/8", "10.0.0.0/33", "example.test", "fe80::1%eth0"} {
		if got, err := config.ParsePeer(text); err == nil {
			t.Errorf("%q was taken as %s", text, got)
		}
	}
}

func TestSecretsStayOutOfLogs(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	slog.New(slog.NewTextHandler(&out, nil)).Info("account", "user", "alice", "password", config.Secret("hunter2"))
	if strings.Contains(out.String(), "hunter2") || !strings.Contains(out.String(), "redacted") {
		t.Errorf("logged %s", &out)
	}
}
