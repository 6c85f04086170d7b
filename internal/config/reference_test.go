package config_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/confab-chat/confab/internal/config"
)

//go:generate go test -run ^TestReference$ . -args -write

var write = flag.Bool("write", false, "write docs/configuration.md")

// The reference in docs is that of the code.
func TestReference(t *testing.T) {
	t.Parallel()
	name := filepath.Join("..", "..", "docs", "configuration.md")
	var b bytes.Buffer
	if err := config.Reference(&b); err != nil {
		t.Fatal(err)
	}
	if *write {
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b.String(), string(have)); diff != "" {
		t.Errorf("go generate ./internal/config was not run (-code +file):\n%s", diff)
	}
}

// Every key has its line, with its default.
func TestReferenceIsWhole(t *testing.T) {
	t.Parallel()
	var reference bytes.Buffer
	if err := config.Reference(&reference); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"| `domain` | `conf.localhost` | host part of conference URIs |",
		"| `defaults.history.keep` | `200` | messages kept |",
		"| `sip.trust` | `127.0.0.0/8` |",
		"| `auth.users` | `[]` |",
		"| `conferences` |",
	} {
		if !strings.Contains(reference.String(), want) {
			t.Errorf("no line begins with %s", want)
		}
	}
}

func TestChanged(t *testing.T) {
	t.Parallel()
	a := parse(t, "domain: a.example.test\nlog: {level: info}\nsip: {listen: ['udp://127.0.0.1:5060']}\n")
	b := parse(t, "domain: a.example.test\nlog: {level: debug}\nsip: {listen: ['tcp://127.0.0.1:5060']}\n"+
		"conferences: [{uri: 'sip:x@a.example.test'}]\n")
	if got := config.Changed(a, a); got != nil {
		t.Errorf("a file differs from itself in %v", got)
	}
	want := []string{"sip.listen", "conferences", "log.level"}
	if diff := cmp.Diff(want, config.Changed(a, b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The file that the documentation of the interface promises is accepted, every key of it.
func TestDocumentedFile(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join("testdata", "documented.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	c := parse(t, string(text))
	if len(c.SIP.Listen) != 3 || len(c.MSRP.Listen) != 2 || len(c.Conferences) != 1 || len(c.Auth.Users) != 1 {
		t.Errorf("listeners %v and %v, conferences %v", c.SIP.Listen, c.MSRP.Listen, c.Conferences)
	}
	if p := c.Conferences[0].Policy; !p.History.Durable || p.History.Keep != 200 {
		t.Errorf("the conference's history is %+v", p.History)
	}
}
