package main

import (
	"bytes"
	"strings"
	"testing"
)

func TestChatUsage(t *testing.T) {
	t.Parallel()
	const uri = "sip:lobby@conf.localhost"
	for _, tt := range []struct {
		args, says string
	}{
		{"--as sip:a@nowhere.invalid --accept maybe", "--accept"},
		{uri + " " + uri, "one URI"},
		{uri + " --transport sctp", "neither"},
		{uri + " --output xml", "neither"},
		{uri + " --invite bob", "no SIP URI"},
		{uri + " --password-file /no/such/file", "--password-file"},
		{uri + " --listen here", "listen"},
		{uri + " --ca /no/such/file", "--ca"},
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
