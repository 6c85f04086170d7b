package mixer_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

// Everybody hears the same order, whoever speaks and however long.
func TestOneOrder(t *testing.T) {
	t.Parallel()
	const senders, each = 20, 25
	h := newHouse(t, keeping)
	all := make([]*client, senders+2)
	for i := range all {
		all[i] = h.join(fmt.Sprintf("sip:user%d@example.test", i), func(w *wishes) {
			if i%2 == 0 {
				w.agent = "confab/1" // takes chunks
			}
		})
	}
	var group sync.WaitGroup
	for _, c := range all[:senders] {
		group.Go(func() {
			for i := range each {
				c.put(part{body: c.text(lobby, strings.Repeat("x", 700*(i%7)))})
			}
			for range each {
				c.status(200)
			}
		})
	}
	group.Wait()
	want := heard(t, all[senders], senders*each)
	if !slices.IsSortedFunc(want, func(a, b frame) int { return strings.Compare(pad(a.seq), pad(b.seq)) }) {
		t.Error("not in the order of their places")
	}
	for i, c := range all {
		n, own := senders*each, ""
		if i < senders {
			n, own = n-each, "<"+c.user+">"
		}
		got := want
		if i != senders {
			got = heard(t, c, n)
		}
		k := 0
		for _, f := range want {
			if own != "" && strings.HasPrefix(f.body, "From: "+own) {
				continue
			}
			if got[k].id != f.id || got[k].body != f.body {
				t.Fatalf("%s: number %d is %s at %s, want %s at %s", c.id, k, got[k].id, got[k].seq, f.id, f.seq)
			}
			k++
		}
	}
	conform.Covers(t, "SW-PUB-12")
}

func pad(seq string) string { return fmt.Sprintf("%12s", seq) }

// heard collects the next n messages, whole or in chunks: none begins before the
// one in front of it is complete.
func heard(t *testing.T, c *client, n int) []frame {
	t.Helper()
	all := make([]frame, 0, n)
	for len(all) < n {
		f := wait(t, c.copies, "copy")
		for int64(len(f.body)) < f.rng.Total {
			next := wait(t, c.copies, "chunk")
			if next.id != f.id || next.rng.Start != int64(len(f.body))+1 {
				t.Fatalf("%s %v in the middle of %s, of which %d octets are there", next.id, next.rng, f.id, len(f.body))
			}
			f.body += next.body
		}
		all = append(all, f)
	}
	return all
}
