package server

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/chat"
	"github.com/confab-chat/confab/internal/testnet"
)

// terminal is a running `confab chat --output json`.
type terminal struct {
	t      testing.TB
	in     *io.PipeWriter
	events chan map[string]any
	done   chan error
}

// chat starts a terminal.
func (r *rig) chat(ctx context.Context, name, uri string, create bool) *terminal {
	r.t.Helper()
	return r.terminal(ctx, name, chat.Config{URI: uri, Create: create})
}

// terminal starts a terminal of somebody over TCP.
func (r *rig) terminal(ctx context.Context, name string, cfg chat.Config) *terminal {
	t := r.t
	t.Helper()
	in, typed := io.Pipe()
	shown, out := io.Pipe()
	x := &terminal{t: t, in: typed, events: make(chan map[string]any, 256), done: make(chan error, 1)}
	go func() {
		cfg.As, cfg.Server, cfg.Transport = "sip:"+name+"@example.test", r.address("sip", "tcp"), "tcp"
		cfg.JSON, cfg.In, cfg.Out, cfg.Err = true, in, out, t.Output()
		err := chat.Run(ctx, cfg)
		x.done <- errors.Join(err, out.Close())
	}()
	go func() {
		defer close(x.events)
		for s := bufio.NewScanner(shown); s.Scan(); {
			var e map[string]any
			if err := json.Unmarshal(s.Bytes(), &e); err != nil {
				t.Errorf("%s: %v", s.Bytes(), err)
			}
			x.events <- e
		}
	}()
	t.Cleanup(func() { _ = typed.Close() })
	return x
}

// types enters lines.
func (x *terminal) types(lines ...string) {
	x.t.Helper()
	if _, err := io.WriteString(x.in, strings.Join(lines, "\n")+"\n"); err != nil {
		x.t.Fatal(err)
	}
}

// shows waits for an event with these members.
func (x *terminal) shows(event string, members map[string]any) map[string]any {
	x.t.Helper()
	var seen []map[string]any
	timeout := time.After(testnet.Patience)
	for {
		select {
		case e, open := <-x.events:
			if !open {
				x.t.Fatalf("ended without %s %v", event, members)
			}
			seen = append(seen, e)
			if e["event"] == event && holdsAll(e, members) {
				return e
			}
		case <-timeout:
			x.t.Fatalf("no %s %v; seen %v", event, members, seen)
		}
	}
}

func holdsAll(e, members map[string]any) bool {
	for name, want := range members {
		if e[name] != want {
			return false
		}
	}
	return true
}

// ends waits for the end of the program.
func (x *terminal) ends() error {
	x.t.Helper()
	for range x.events { // nothing is left unread
	}
	select {
	case err := <-x.done:
		return err
	case <-time.After(testnet.Patience):
		x.t.Fatal("does not end")
		return nil
	}
}

func TestChat(t *testing.T) {
	t.Parallel()
	r := serve(t, nil)
	alice := r.chat(t.Context(), "alice", factory, true)
	uri, _ := alice.shows("joined", nil)["conference"].(string)
	bob := r.chat(t.Context(), "bob", uri, false)
	bob.shows("joined", map[string]any{"conference": uri})
	alice.types("hello", "")
	id := alice.shows("sent", nil)["id"]
	alice.shows("delivered", map[string]any{"id": id})
	bob.shows("message", map[string]any{
		"from": "sip:alice@example.test", "to": uri, "private": false, "text": "hello", "type": "text/plain; charset=utf-8", "nickname": "",
	})
	bob.types("/msg alice psst")
	alice.shows("message", map[string]any{"from": "sip:bob@example.test", "private": true, "text": "psst"})
	bob.types("/msg sip:nobody@example.test psst")
	bob.shows("failed", map[string]any{"status": 404.0})
	bob.types("/who")
	users, _ := bob.shows("roster", nil)["users"].([]any)
	user, _ := users[0].(map[string]any)
	if len(users) != 2 || user["uri"] != "sip:alice@example.test" || user["status"] != "connected" {
		t.Errorf("users %v", users)
	}
	for line, status := range map[string]float64{
		"/invite": 400, "/invite lobby": 0, "/remove": 400, "/remove carol": 404, "/history x": 400, "/file": 400, "/file /no/such": 400,
		"/lock": 501, "/unlock": 501, "/accept": 404, "/dance": 400, "/msg": 400, "/msg alice": 400, "/msg carol hi": 404,
	} {
		bob.types(line)
		bob.shows("error", map[string]any{"status": status})
	}
	path := filepath.Join(t.TempDir(), "note.html")
	if err := os.WriteFile(path, []byte("<p>hi"), 0o600); err != nil {
		t.Fatal(err)
	}
	alice.types("/file " + path)
	bob.shows("message", map[string]any{"type": "text/html; charset=utf-8", "text": "<p>hi"})
	bob.types("/history 1")
	bob.shows("message", map[string]any{"text": "<p>hi", "history": true})
	bob.types("/help", "/leave")
	bob.shows("left", nil)
	if err := bob.ends(); err != nil {
		t.Error(err)
	}
	// The end of input leaves, but not before what was entered is delivered.
	alice.types("goodbye")
	if err := alice.in.Close(); err != nil {
		t.Fatal(err)
	}
	alice.shows("delivered", nil)
	alice.shows("left", nil)
	if err := alice.ends(); err != nil {
		t.Error(err)
	}
	r.noDialogs()
}

// noDialogs waits until no dialog is left.
func (r *rig) noDialogs() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), testnet.Patience)
	defer cancel()
	if err := r.stack.Dialog.Drain(ctx); err != nil {
		r.t.Errorf("%d dialogs are left: %v", r.stack.Dialog.Dialogs(), err)
	}
}

func TestChatRefused(t *testing.T) {
	t.Parallel()
	r := serve(t, nil)
	x := r.chat(t.Context(), "alice", nowhere, false)
	x.shows("error", map[string]any{"status": 404.0, "reason": "Not Found"})
	if err := x.ends(); !errors.Is(err, chat.ErrFailed) {
		t.Error(err)
	}
}

func TestChatEndedByFocus(t *testing.T) {
	t.Parallel()
	r := serve(t, nil)
	x := r.chat(t.Context(), "alice", lobby, false)
	x.shows("roster", nil)
	r.ended = true
	if err := r.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	x.shows("left", nil)
	if err := x.ends(); err != nil {
		t.Error(err)
	}
}

func TestChatInterrupted(t *testing.T) {
	t.Parallel()
	r := serve(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	x := r.chat(ctx, "alice", lobby, false)
	x.shows("roster", nil)
	cancel()
	x.shows("left", nil)
	if err := x.ends(); err != nil {
		t.Error(err)
	}
	r.vacant()
}
