package transporttest

import (
	"bytes"
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Odds says how bad a network is.
type Odds struct {
	Lost    int // percent of the datagrams
	Doubled int // percent of the datagrams: they arrive a second time
	// Delay is the longest that a datagram takes, and a third of the longest that its
	// repetition takes. Any datagram may overtake others within it.
	Delay time.Duration
}

// seedVariable names what makes a bad network another one.
const seedVariable = "CONFAB_SEED"

// usualSeed is the seed where none is asked for.
const usualSeed = "1"

// Bad returns a network that loses, repeats and reorders datagrams of SIP by chance. A
// seed decides the fate of each by what it is, not by when it is sent: its call, where
// calls count in the order of their first datagrams, its method or status, its CSeq, and
// how many like it were sent before. So the order in which goroutines run changes
// nothing. The seed is 1, or the value of CONFAB_SEED; a test that fails tells it.
func Bad(tb testing.TB, odds Odds) *Network {
	tb.Helper()
	text := cmp.Or(os.Getenv(seedVariable), usualSeed) //nolint:forbidigo // which network it is, is for who runs the test
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		tb.Fatalf("%s: %v", seedVariable, err)
	}
	tb.Cleanup(func() {
		if tb.Failed() {
			tb.Logf("%s=%d plays this network again", seedVariable, seed)
		}
	})
	c := &chance{odds: odds, seed: seed, calls: make(map[string]int), sent: make(map[string]int)}
	return &Network{Fate: c.fate}
}

// chance decides about datagrams.
type chance struct {
	odds Odds
	seed uint64

	mu    sync.Mutex
	calls map[string]int // numbers, by Call-ID
	sent  map[string]int // how often, by identity
}

func (c *chance) fate(from, to netip.AddrPort, octets []byte) []time.Duration {
	h := fnv.New64a()
	_, _ = h.Write([]byte(c.identity(from, to, octets)))
	rnd := rand.New(rand.NewPCG(c.seed, h.Sum64())) //nolint:gosec // no secret
	delay := time.Duration(rnd.Int64N(int64(c.odds.Delay)))
	switch n := rnd.IntN(100); {
	case n < c.odds.Lost:
		return nil
	case n < c.odds.Lost+c.odds.Doubled:
		return []time.Duration{delay, time.Duration(rnd.Int64N(3 * int64(c.odds.Delay)))}
	}
	return []time.Duration{delay}
}

// identity tells a datagram from all others of the same test.
func (c *chance) identity(from, to netip.AddrPort, octets []byte) string {
	start, _, _ := bytes.Cut(octets, []byte("\r\n"))
	kind, rest, _ := bytes.Cut(start, []byte(" "))
	if bytes.HasPrefix(kind, []byte("SIP/")) {
		kind, _, _ = bytes.Cut(rest, []byte(" "))
	}
	call := field(octets, "Call-ID")
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.calls[call]; !known {
		c.calls[call] = len(c.calls)
	}
	like := fmt.Sprintln(from, to, c.calls[call], string(kind), field(octets, "CSeq"))
	c.sent[like]++
	return fmt.Sprint(like, c.sent[like])
}

// field returns the value of a field that stands in the datagram by its long name.
func field(octets []byte, name string) string {
	_, value, _ := bytes.Cut(octets, []byte("\r\n"+name+": "))
	value, _, _ = bytes.Cut(value, []byte("\r\n"))
	return string(value)
}
