package server

import (
	"context"
	"errors"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// probe returns the status of an HTTP path.
func (r *rig) probe(path string) int {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.address("http", "tcp")+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		r.t.Error(err)
	}
	return resp.StatusCode
}

// TestShutdownDrains stops a server with users in a conference, one of whom
// takes his time to answer.
func TestShutdownDrains(t *testing.T) {
	conform.Covers(t, "FOC-TRM-01", "FOC-TRM-09", "NOT-END-04", "OPT-04")
	r := serve(t, nil)
	if got := r.probe("/readyz"); got != http.StatusOK {
		t.Errorf("/readyz: %d", got)
	}
	alice := r.guest("tcp", "alice").join(lobby).connect()
	bob := r.guest("udp", "bob").join(lobby)
	w := r.watch("tcp", "alice")
	w.full()
	stranger := r.guest("tcp", "stranger")
	stranger.Send(stranger.other(sipmsg.OPTIONS, "sip:conf.localhost"))
	stranger.Expect(200, sipmsg.OPTIONS)

	ctx, cancel := context.WithTimeout(t.Context(), testnet.Patience)
	defer cancel()
	r.ended = true
	done := make(chan error, 1)
	go func() { done <- r.Shutdown(ctx) }()

	bye := alice.Request()
	if bye.Method != sipmsg.BYE {
		t.Fatalf("%s", bye.Append(nil))
	}
	if ready, healthy := r.probe("/readyz"), r.probe("/healthz"); ready != http.StatusServiceUnavailable || healthy != http.StatusOK {
		t.Errorf("/readyz %d, /healthz %d", ready, healthy)
	}
	for _, req := range []*sipmsg.Request{
		stranger.invite(lobby), stranger.invite(factory), stranger.other(sipmsg.SUBSCRIBE, lobby, "Event: conference"),
		stranger.other(sipmsg.OPTIONS, lobby), stranger.other(sipmsg.OPTIONS, "sip:conf.localhost"),
	} {
		stranger.Send(req)
		resp := stranger.Expect(503, req.Method)
		if resp.Header.Value("Retry-After") == "" {
			t.Errorf("no Retry-After in\n%s", resp.Append(nil))
		}
		if req.Method == sipmsg.INVITE {
			stranger.Send(testnet.Refused(req, resp))
		}
	}
	bob.Answer(bob.Request(), 200)
	w.terminated("deactivated", without)
	alice.msrp.Closed()
	alice.msrp.Close()
	alice.Answer(bye, 200)
	if err := <-done; err != nil {
		t.Error(err)
	}
	alice.Closed()
	if n := r.mixer.Legs(); n != 0 {
		t.Errorf("%d legs are left", n)
	}
}

// TestShutdownGivesUp has a user who answers nothing.
func TestShutdownGivesUp(t *testing.T) {
	conform.Covers(t, "FOC-TRM-05", "FOC-TRM-09")
	r := serve(t, nil)
	alice := r.guest("udp", "alice").join(lobby)
	ctx, giveUp := context.WithCancel(t.Context())
	defer giveUp()
	r.ended = true
	down := make(chan error, 1)
	go func() { down <- r.Shutdown(ctx) }()
	if bye := alice.Request(); bye.Method != sipmsg.BYE {
		t.Errorf("%s", bye.Append(nil))
	}
	giveUp()
	if err := <-down; !errors.Is(err, context.Canceled) {
		t.Errorf("shut down: %v", err)
	}
	if r.directory.Lookup(r.entry().Address).Instance != nil || r.mixer.Legs() != 0 {
		t.Error("something is left")
	}
}

// TestNothingRunsAfterShutdown looks for goroutines that a server left behind.
func TestNothingRunsAfterShutdown(t *testing.T) {
	r := serve(t, nil)
	guests := []*guest{r.guest("tcp", "alice"), r.guest("udp", "bob"), r.guest("tcp", "carol")}
	together(guests, func(_ int, g *guest) { g.join(lobby).connect() })
	w := r.watch("udp", "alice")
	w.full()
	guests[1].join(factory)
	guests[2].leave()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second/10)
	defer cancel()
	r.ended = true
	began := time.Now()
	if err := r.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	// Who only waited for others may be on his last lines.
	for left := leftovers(); left != ""; left = leftovers() {
		if time.Since(began) > testnet.Patience {
			t.Fatalf("still running:\n%s", left)
		}
		runtime.Gosched()
	}
}

// leftovers returns the stack of a goroutine of ours that is none of a test.
func leftovers() string {
	stacks := make([]byte, 1<<20)
	for g := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
		if strings.Contains(g, "confab-chat/confab/") && !strings.Contains(g, "testing.tRunner") {
			return g
		}
	}
	return ""
}
