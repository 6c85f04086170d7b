package msrp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

// numbered is a message whose body tells its number and whether it is whole.
func numbered(n, size int) Message {
	body := pattern(max(size, 8))
	binary.BigEndian.PutUint64(body, uint64(n))
	return Message{ContentType: "a/b", Body: body}
}

// TestManySessionsOneConnection sends messages of all sizes both ways on
// sessions that share a connection and cut their messages differently.
func TestManySessionsOneConnection(t *testing.T) {
	const messages = 120
	server, client := listening(t, Config{}), newEndpoint(t, Config{})
	kinds := []SessionConfig{{}, {Whole: true}, {ExactRanges: true}, {ChunkCap: 16 << 10}, {Window: 2}, {Patient: true}}
	var wg sync.WaitGroup
	for i, cfg := range kinds {
		p := pairOn(t, client, server, cfg, kinds[len(kinds)-1-i])
		for _, way := range []struct {
			from     *Session
			sender   *recorder
			receiver *recorder
		}{{p.client, p.fromClient, p.atServ}, {p.server, p.atServ, p.fromClient}} {
			r := rand.New(rand.NewPCG(uint64(i), 7))
			wg.Go(func() {
				for n := range messages {
					size := r.IntN(3000)
					if n%10 == 0 {
						size = r.IntN(100_000)
					}
					queue(t, way.from, numbered(n, size), uint64(n))
				}
			})
			wg.Go(func() {
				for n := range messages {
					in := wait(t, way.receiver.messages, "message")
					want := numbered(n, len(in.Body())).Body
					if !bytes.Equal(in.Body(), want) {
						t.Errorf("message %d differs or is out of order", n)
						return
					}
				}
			})
			wg.Go(func() {
				seen := make([]bool, messages)
				for range messages {
					o := wait(t, way.sender.sent, "outcome")
					if o.err != nil || seen[o.ref] {
						t.Errorf("outcome %+v, seen: %v", o, seen[o.ref])
					}
					seen[o.ref] = true
				}
			})
		}
	}
	wg.Wait()
	nothingLeft(t, server)
	nothingLeft(t, client)
	conform.Covers(t, "SW-PUB-12", "SW-PUB-08", "MSRP-SND-07", "MSRP-CON-07", "MSRP-FRM-14")
}

// nothingLeft checks the accounts of an endpoint that has nothing more to do
// but to note that its last write has ended.
func nothingLeft(t *testing.T, ep *Endpoint) {
	t.Helper()
	ep.mu.Lock()
	conns := slices.Collect(maps.Keys(ep.conns))
	ep.mu.Unlock()
	for _, c := range conns {
		left := c.left()
		for start := time.Now(); left != "" && time.Since(start) < patience; left = c.left() {
			runtime.Gosched()
		}
		if left != "" {
			t.Error("left over: " + left)
		}
	}
}

// left says what the connection still has on account, "" if nothing.
func (c *conn) left() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sessions {
		if s.open != 0 || s.queued != 0 || s.frames != 0 || s.flat != 0 {
			return fmt.Sprintf("open %d, queued %d, flat %d, frames %d", s.open, s.queued, s.flat, s.frames)
		}
	}
	if c.ring.head != c.ring.tail || c.owed != 0 || c.out.octets != 0 {
		return fmt.Sprintf("%d slots, owed %d, out %d", c.ring.tail-c.ring.head, c.owed, c.out.octets)
	}
	return ""
}

// TestEndsUnderLoad ends sessions and connections while messages are moving.
func TestEndsUnderLoad(t *testing.T) {
	server, client := listening(t, Config{}), newEndpoint(t, Config{})
	var wg sync.WaitGroup
	for i := range 12 {
		p := pairOn(t, client, server, SessionConfig{}, SessionConfig{Whole: i%2 == 0})
		for _, s := range []*Session{p.client, p.server} {
			wg.Go(func() {
				for n := range 300 {
					if s.Send(numbered(n, 20*n), uint64(n)) != nil {
						return
					}
				}
			})
		}
		wg.Go(func() {
			wait(t, p.atServ.messages, "message")
			switch i % 4 {
			case 0:
				p.client.Close()
			case 1:
				p.server.Close()
			case 2:
				p.server.Gate(refusal(msrpwire.StatusForbidden))
				p.client.Close()
				p.server.Close()
			case 3:
				p.client.Abort("none")
				p.server.end(ErrShutdown, true)
				p.client.Close()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(2 * patience):
		t.Fatal("stuck")
	}
	if n := server.partials.Load() + client.partials.Load(); n != 0 {
		t.Errorf("%d octets of unfinished messages on account", n)
	}
}
