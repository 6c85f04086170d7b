package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
)

func TestChatUsage(t *testing.T) {
	t.Parallel()
	const uri = "sip:lobby@conf.localhost"
	for _, tt := range []struct {
		args, says string
	}{
		{"--as sip:a@nowhere.invalid --accept maybe", "--accept"},
		{uri + " " + uri, "one URI at most; confab chat --help tells how"},
		{uri + " --transport sctp", "neither"},
		{uri + " --output xml", "neither"},
		{uri + " --invite bob", "no SIP URI"},
		{uri + " --password-file /no/such/file", "--password-file"},
		{uri + " --listen here", "listen"},
		{uri + " --ca /no/such/file", "--ca"},
		{uri + " --files /no/such/folder --as sip:a@b", "no such file"},
		{uri + " --ca chat_test.go", "holds no certificate"},
		{uri + " --as tel:+4930", "AOR"},
		{uri + " --server nowhere", "server"},
		{uri + " --media pigeon", "WebSocket"},
		{"lobby", "no SIP URI"},
		{"tel:+4930 --as sip:a@b", "no SIP URI"},
		{uri + " --dance", "unknown flag"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), append([]string{"chat"}, strings.Fields(tt.args)...), &stdout, &stderr)
		if status != exitUsage || !strings.Contains(stderr.String(), tt.says) || stdout.Len() != 0 {
			t.Errorf("chat %s: status %d\nstdout %s\nstderr %s", tt.args, status, &stdout, &stderr)
		}
	}
}

func TestDomainOf(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"sip:lobby@conf.example":             "conf.example",
		"sip:lobby@conf.example:5062;lr?a=b": "conf.example",
		"sip:conf.example":                   "conf.example",
	} {
		if got := domainOf(uri); got != want {
			t.Errorf("%s: %s", uri, got)
		}
	}
}

// TestChatAdvice: who is kept out is told what to do about it.
func TestChatAdvice(t *testing.T) {
	s := serving(t, func(cfg *config.Config) {
		cfg.Auth.Users = []config.User{{AOR: "sip:bob@example.test", Password: "secret"}}
		cfg.Conferences = []config.Conference{{URI: "sip:lobby@conf.localhost", Policy: cfg.Defaults}}
	})
	at, _ := s.Addr("sip", "tcp")
	for _, tt := range []struct{ server, password, says string }{
		{" --server " + at.String(), "", "401 Unauthorized: a password is needed"},
		{" --server " + at.String(), "guess", "401 Unauthorized: the password, or the user name"},
	} {
		t.Setenv("CONFAB_PASSWORD", tt.password)
		var stdout, stderr bytes.Buffer
		args := "chat sip:lobby@conf.localhost --transport tcp --as sip:bob@example.test" + tt.server
		if status := run(t.Context(), strings.Fields(args), &stdout, &stderr); status != exitFailed || !strings.Contains(stderr.String(), tt.says) {
			t.Errorf("%s: status %d, %s, want %q", args, status, &stderr, tt.says)
		}
	}
}
