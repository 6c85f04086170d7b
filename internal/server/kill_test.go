package server

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conference"
	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/instance"
	"github.com/confab-chat/confab/internal/journal"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/participant"
)

// lasting makes the lobby a durable conference of alice's in a folder.
func lasting(dir string) func(*config.Config) {
	return func(c *config.Config) {
		c.Store.Path, c.Store.Required = dir, true
		c.Conferences[0].Moderators = []string{"sip:alice@example.test"}
		c.Conferences[0].Policy.History = config.History{Keep: 1 << 20, Replay: 5, Durable: true}
	}
}

// made is a conference that is reserved while the server runs.
func made() instance.Definition {
	return instance.Definition{
		Address: instance.Address{User: "made", Host: "conf.localhost"}, Subject: "Made",
		Owner: "sip:alice@example.test", Members: []string{"example.test"}, Policy: conference.DefaultPolicy(),
	}
}

// TestServeUntilKilled is the server of TestKill, in a process of its own: it
// serves until its standard input ends.
func TestServeUntilKilled(t *testing.T) {
	if flag.NArg() == 0 {
		t.Skip("TestKill runs it")
	}
	r := serve(t, lasting(flag.Arg(0)))
	if err := r.directory.Reserve(t.Context(), made()); err != nil {
		t.Fatal(err)
	}
	gone := made()
	gone.Address.User = "gone"
	if err := r.directory.Reserve(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	if err := r.directory.Release(t.Context(), gone.Address); err != nil {
		t.Fatal(err)
	}
	fmt.Println("serving " + r.address("sip", "tcp"))
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		t.Error(err)
	}
}

// victim runs a server that will be killed, and returns where it is reached.
func victim(t *testing.T, dir string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestServeUntilKilled$", dir)
	if _, err := cmd.StdinPipe(); err != nil { // ends with this process
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if address, ok := strings.CutPrefix(lines.Text(), "serving "); ok {
			return cmd, address
		}
		t.Log(lines.Text())
	}
	t.Fatal("the server does not start")
	return nil, ""
}

// stranger is a user of a server in another process.
func stranger(t *testing.T, address, name string) *participant.UE {
	t.Helper()
	u, err := participant.New(participant.Config{
		AOR: "sip:" + name + "@example.test", Server: address, Transport: "tcp", Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = u.Close(ctx) // the server may be gone
	})
	return u
}

// chatter sends messages until the server is killed, which is done when enough
// were taken. It returns the texts of those, by their ids.
func chatter(t *testing.T, c *participant.Conference, kill func()) (taken []string) {
	t.Helper()
	const enough = 200
	texts := make(map[string]string)
	ids := make(chan [2]string, 1<<16)
	stop := make(chan struct{})
	go func() {
		defer close(ids)
		for n := 0; ; n++ {
			text := fmt.Sprintf("message %d", n)
			id, err := c.Send(t.Context(), text)
			if err != nil {
				return
			}
			select {
			case ids <- [2]string{id, text}:
			case <-stop:
				return
			}
		}
	}()
	defer close(stop)
	limit := time.After(testnet.Patience)
	for len(taken) < enough {
		select {
		case e := <-c.Events():
			if d, ok := e.(participant.Delivered); ok {
				for texts[d.ID] == "" {
					sent, ok := <-ids
					if !ok {
						t.Fatal("sending ended too early")
					}
					texts[sent[0]] = sent[1]
				}
				taken = append(taken, texts[d.ID])
			}
		case <-limit:
			t.Fatalf("only %d messages were taken", len(taken))
		}
	}
	kill()
	return taken
}

// TestKill kills a server in the middle of a stream of messages. The one after it
// has every message that was acknowledged, once and in order; the bars, nicknames and
// reserved conferences with their owners; and those who were there come back into the
// same one.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	process, address := victim(t, dir)
	alice, err := stranger(t, address, "alice").Join(t.Context(), lobby, participant.Options{NoSubscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = stranger(t, address, "mallory").Join(t.Context(), lobby, participant.Options{NoSubscribe: true}); err != nil {
		t.Fatal(err)
	}
	if err = alice.Remove(t.Context(), "sip:mallory@example.test"); err != nil {
		t.Fatal(err)
	}
	if err = alice.SetNickname(t.Context(), "Ally"); err != nil {
		t.Fatal(err)
	}
	taken := chatter(t, alice, func() { _ = process.Process.Kill() })
	_ = process.Wait() // tells that it was killed

	r := serve(t, lasting(dir))
	entries, err := r.journal.Messages(t.Context(), lobby, journal.AnyPosition, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) < len(taken) {
		t.Fatalf("%d messages are kept, %d were acknowledged", len(entries), len(taken))
	}
	kept := make(map[string]int)
	for k, e := range entries {
		p, ok := e.Event.(conference.Posted)
		if !ok || !strings.HasSuffix(string(p.Message.Body), fmt.Sprintf("message %d", k)) {
			t.Fatalf("message %d is %q", k, p.Message.Body)
		}
		kept[fmt.Sprintf("message %d", k)]++
	}
	for _, text := range taken {
		if kept[text] != 1 {
			t.Errorf("%q was acknowledged and is kept %d times", text, kept[text])
		}
	}
	if e := r.entry(); e.Status != instance.Active {
		t.Errorf("the lobby is %s", e.Status)
	}
	r.guest("tcp", "mallory").refused(lobby, 403)
	bob, err := stranger(t, r.address("sip", "tcp"), "bob").Join(t.Context(), lobby, participant.Options{NoSubscribe: true})
	if err != nil {
		t.Fatal(err)
	}
	if err = bob.SetNickname(t.Context(), "ally"); err == nil {
		t.Error("the nickname of one who is about to come back was given away")
	}
	back := r.guest("tcp", "alice").join(lobby).connect()
	if got := r.admin().must(200, "GET", at(lobby), ""); dig(got, "users", 1, "nickname") != "Ally" || dig(got, "users", 1, "roles", 0) != "moderator" {
		t.Errorf("alice is back: %v", got)
	}
	if m := back.msrp.Receive(); !strings.HasPrefix(text(m), "message ") {
		t.Errorf("first of the history: %s", m.Body)
	}
	want := made()
	if d := r.directory.Lookup(want.Address).Definition; d == nil || d.Subject != want.Subject || d.Owner != want.Owner ||
		!slices.Equal(d.Members, want.Members) || d.Policy != want.Policy {
		t.Errorf("the conference made meanwhile: %+v", d)
	}
	owner := r.guest("tcp", "alice").join(string(want.Address.ID()))
	if got := r.admin().must(200, "GET", at(string(want.Address.ID())), ""); dig(got, "users", 0, "roles", 0) != "owner" {
		t.Errorf("who owns it: %v", got)
	}
	owner.leave()
	if e := r.directory.Lookup(instance.Address{User: "gone", Host: "conf.localhost"}); e.Status != instance.Ended {
		t.Errorf("the conference given back is %s, want it in quarantine", e.Status)
	}
}
