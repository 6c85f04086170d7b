package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/server"
)

// serving runs a server with its listeners for TCP on free ports, no API and nothing
// kept, unless change says otherwise.
func serving(t *testing.T, change func(*config.Config)) *server.Server {
	t.Helper()
	cfg := config.Default()
	cfg.SIP.Listen = []config.Listener{{Network: "tcp", Address: "127.0.0.1:0"}}
	cfg.MSRP.Listen = []config.Listener{{Network: "tcp", Address: "127.0.0.1:0"}}
	cfg.HTTP.Listen, cfg.Store.Path, cfg.Limits.CPUWait = "", "", 0 // tests share their machine
	change(cfg)
	s, err := server.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if err = s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Shutdown(t.Context()) })
	return s
}

// TestConferenceCommands runs the commands against a server.
func TestConferenceCommands(t *testing.T) {
	s := serving(t, func(cfg *config.Config) { cfg.HTTP.Listen, cfg.Auth.Local = "127.0.0.1:0", true })
	at, _ := s.Addr("http", "tcp")
	t.Setenv("CONFAB_API", "http://"+at.String())

	const room = "sip:shift@conf.localhost"
	for _, step := range []struct {
		args   string
		status int
		out    string // of stdout, or of stderr where the command fails
	}{
		{"list", exitDone, ""},
		{"create " + room + " --subject Monday --moderator sip:alice@example.test", exitDone, "Monday"},
		{"create " + room, exitFailed, "409 Conflict: the URI is taken"},
		{"list", exitDone, room + "  reserved  Monday"},
		{"list --output json", exitDone, `"uri":"` + room + `"`},
		{"show " + room, exitDone, "state    reserved"},
		{"show sip:nowhere@conf.localhost", exitFailed, "404 Not Found"},
		{"lock " + room, exitFailed, "not active"},
		{"unlock " + room, exitFailed, "not active"},
		{"invite " + room + " sip:bob@example.test", exitFailed, "not active"},
		{"remove " + room + " sip:bob@example.test", exitFailed, "not active"},
		{"history " + room + " --limit 3", exitDone, ""},
		{"end " + room + " --release", exitDone, ""},
		{"show " + room, exitFailed, "404 Not Found"},
		{"list --output xml", exitUsage, "--output"},
		{"show", exitUsage, "confab conference show --help"},
		{"list --token-file /no/such/file", exitFailed, "/no/such/file"},
		{"list --api http://127.0.0.1:1", exitFailed, "refused; --api"},
	} {
		var stdout, stderr bytes.Buffer
		status := run(t.Context(), append([]string{"conference"}, strings.Fields(step.args)...), &stdout, &stderr)
		said := stdout.String()
		if status != exitDone {
			said = stderr.String()
		}
		if status != step.status || !strings.Contains(said, step.out) {
			t.Errorf("conference %s: status %d, want %d and %q\nstdout %s\nstderr %s", step.args, status, step.status, step.out, &stdout, &stderr)
		}
	}
}
