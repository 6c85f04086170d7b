package chat

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/testnet"
)

// receiver is bob, who waits on this machine, with a folder for files or without.
type receiver struct {
	t      *testing.T
	events *bufio.Scanner
	leave  func() // and wait until he has
}

func newReceiver(ctx context.Context, t *testing.T, folder string) *receiver {
	t.Helper()
	in, input := io.Pipe()
	output, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- Run(ctx, Config{As: "sip:bob@127.0.0.1", Listen: "127.0.0.1", Files: folder, JSON: true, In: in, Out: out, Err: io.Discard})
		_ = out.Close()
	}()
	return &receiver{t: t, events: bufio.NewScanner(output), leave: func() {
		_ = input.Close()
		go func() { _, _ = io.Copy(io.Discard, output) }() // nobody looks any more
		if err := <-done; err != nil {
			t.Errorf("bob: %v", err)
		}
	}}
}

// next is the next event, which must be of a kind.
func (r *receiver) next(kind string) map[string]any {
	r.t.Helper()
	var e map[string]any
	if !r.events.Scan() || json.Unmarshal(r.events.Bytes(), &e) != nil || e["event"] != kind {
		r.t.Fatalf("event %s, want %s", r.events.Text(), kind)
	}
	return e
}

// TestSendFile: a file goes from one chat to the other, which saves it if it may.
func TestSendFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "note.txt")
	if err := os.WriteFile(path, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, folder := range map[string]string{"saved": t.TempDir(), "refused": ""} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
			defer cancel()
			bob := newReceiver(ctx, t, folder)
			defer bob.leave()
			contact, _ := bob.next("listening")["contact"].(string)
			var out strings.Builder
			err := Run(ctx, Config{
				As: "sip:alice@127.0.0.1", Listen: "127.0.0.1", JSON: true,
				In: strings.NewReader("/sendfile " + contact + " " + path + "\n"), Out: &out, Err: io.Discard,
			})
			if err != nil {
				t.Fatal(err)
			}
			if folder == "" {
				if e := bob.next("file"); e["state"] != "refused" || e["name"] != "note.txt" || e["peer"] != "sip:alice@127.0.0.1" {
					t.Errorf("%v", e)
				}
				if !strings.Contains(out.String(), `"state":"failed","status":603`) {
					t.Errorf("alice is told\n%s", &out)
				}
				return
			}
			bob.next("file")
			if e := bob.next("file"); e["state"] != "done" || e["path"] != filepath.Join(folder, "note.txt") {
				t.Errorf("%v", e)
			}
			if got, err := os.ReadFile(filepath.Join(folder, "note.txt")); string(got) != "hello" {
				t.Errorf("%s, %v", got, err)
			}
			if !strings.Contains(out.String(), `"state":"started"`) || !strings.Contains(out.String(), `"state":"done"`) {
				t.Errorf("alice is told\n%s", &out)
			}
		})
	}
}

// TestSendFileRefused: what cannot be sent is an error event.
func TestSendFileRefused(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	err := Run(t.Context(), Config{
		As: "sip:alice@127.0.0.1", Listen: "127.0.0.1", JSON: true, Out: &out, Err: io.Discard,
		In: strings.NewReader("/sendfile\n/sendfile sip:bob@127.0.0.1\n/sendfile bob /x\n/sendfile sip:bob@127.0.0.1 /no/such/file\n"),
	})
	if err != nil || strings.Count(out.String(), `"event":"error","status":400`) != 3 || !strings.Contains(out.String(), `"status":404`) {
		t.Errorf("%v\n%s", err, &out)
	}
}
