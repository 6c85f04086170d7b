package msrp

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

func TestChunksInAnyOrder(t *testing.T) {
	_, _, h, p := example(t, SessionConfig{})
	chunks := []chunkOf{{1, "abc", "11", "+"}, {4, "defg", "11", "+"}, {8, "h", "11", "+"}, {9, "ijk", "11", "$"}}
	n := 0
	permute(chunks, func(order []chunkOf) {
		n++
		for _, c := range order {
			p.chunk(fmt.Sprintf("m%d", n), c)
			p.status(200)
		}
		if in := wait(t, h.messages, "message"); string(in.Body()) != "abcdefghijk" {
			t.Errorf("order %v: %q", order, in.Body())
		}
	})
	if n != 24 {
		t.Fatalf("%d permutations", n)
	}
	conform.Covers(t, "MSRP-RCV-03", "MSRP-RCV-01")
}

func permute[T any](s []T, f func([]T)) {
	var step func(i int)
	step = func(i int) {
		if i == len(s) {
			f(append([]T{}, s...))
			return
		}
		for j := i; j < len(s); j++ {
			s[i], s[j] = s[j], s[i]
			step(i + 1)
			s[i], s[j] = s[j], s[i]
		}
	}
	step(0)
}

func TestReassembly(t *testing.T) {
	tests := []struct {
		name   string
		chunks []chunkOf
		last   int // status of the last chunk
		want   string
		rows   []string
	}{
		{"one request", []chunkOf{{1, "hello", "5", "$"}}, 200, "hello", []string{"MSRP-RCV-01"}},
		{"wrong range-end", []chunkOf{{1, "hello", "99", "$"}}, 200, "hello", []string{"MSRP-RCV-02"}},
		{"overlap: later wins", []chunkOf{{1, "aaaaaa", "8", "+"}, {4, "bbbbb", "8", "$"}}, 200, "aaabbbbb", []string{"MSRP-RCV-04"}},
		{"overlap from before", []chunkOf{{4, "bbbbb", "8", "$"}, {1, "aaaaaa", "8", "+"}}, 200, "aaaaaabb", []string{"MSRP-RCV-04"}},
		{"contradicting totals", []chunkOf{{1, "abc", "10", "+"}, {4, "def", "12", "$"}}, 200, "abcdef", []string{"MSRP-RCV-05"}},
		{"octets beyond the last", []chunkOf{{4, "def", "6", "$"}, {7, "x", "7", "+"}}, 413, "", []string{"MSRP-RCV-05"}},
		{"last before octets that are there", []chunkOf{{7, "x", "7", "+"}, {4, "def", "6", "$"}}, 413, "", []string{"MSRP-RCV-05"}},
		{"empty last chunk behind the end", []chunkOf{{1, "abc", "*", "+"}, {4, "", "3", "$"}}, 200, "abc", []string{"MSRP-RCV-13"}},
		{"empty last chunk with start 1", []chunkOf{{1, "abc", "*", "+"}, {1, "", "*", "$"}}, 200, "abc", []string{"MSRP-RCV-13"}},
		{"empty message", []chunkOf{{1, "", "0", "$"}}, 200, "", []string{"MSRP-FRM-11"}},
		{"single octets", []chunkOf{{2, "b", "3", "+"}, {1, "a", "3", "+"}, {3, "c", "3", "$"}}, 200, "abc", []string{"MSRP-RCV-09"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, h, p := example(t, SessionConfig{})
			for i, c := range tt.chunks {
				p.chunk("m1", c)
				if i < len(tt.chunks)-1 {
					p.status(200)
				} else {
					p.status(tt.last)
				}
			}
			if tt.last != 200 {
				if len(h.messages) != 0 {
					t.Error("delivered")
				}
				return
			}
			if in := wait(t, h.messages, "message"); string(in.Body()) != tt.want {
				t.Errorf("got %q, want %q", in.Body(), tt.want)
			}
			conform.Covers(t, tt.rows...)
		})
	}
}

func TestAssemblyAgainstModel(t *testing.T) {
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		var a assembly
		a.total = -1
		model, have := make([]byte, 200), make([]bool, 200)
		for step := range 40 {
			at, n := r.IntN(180), r.IntN(20)
			p := []byte(strings.Repeat(string(rune('a'+step%26)), n))
			if !a.write(int64(at), p) {
				t.Fatal("refused")
			}
			held := int64(0)
			for i := range p {
				model[at+i], have[at+i] = p[i], true
			}
			for _, h := range have {
				if h {
					held++
				}
			}
			if a.held != held {
				t.Fatalf("seed %d step %d: holds %d octets, want %d", seed, step, a.held, held)
			}
			for _, e := range a.extents {
				if string(e.octets()) != string(model[e.at:e.end()]) {
					t.Fatalf("seed %d step %d: extent at %d differs", seed, step, e.at)
				}
			}
		}
	}
}

// BenchmarkReassembly puts messages of two sizes together: the time for an octet is the
// same, in whatever order chunks come.
func BenchmarkReassembly(b *testing.B) {
	const chunk = 2048
	p := make([]byte, chunk)
	orders := map[string]func(i, n int) int{
		"rising":  func(i, _ int) int { return i },
		"falling": func(i, n int) int { return n - 1 - i },
		"from the middle": func(i, n int) int {
			if i%2 == 0 {
				return n/2 + i/2
			}
			return n/2 - 1 - i/2
		},
	}
	for name, order := range orders {
		for _, size := range []int{1 << 20, 16 << 20} {
			b.Run(fmt.Sprintf("%s/%dMiB", name, size>>20), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					a := assembly{total: int64(size)}
					for i := range size / chunk {
						a.write(int64(order(i, size/chunk)*chunk), p)
					}
					if !a.complete() {
						b.Fatal("incomplete")
					}
				}
			})
		}
	}
}
