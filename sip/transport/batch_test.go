package transport

import (
	"bytes"
	"testing"
)

// TestBatch checks that octets leave in the order in which messages came, small and large,
// no more than the limit at a time, and that large ones are not copied.
func TestBatch(t *testing.T) {
	const limit = writeSize
	for _, sizes := range [][]int{
		{},
		{1},
		{shareSize},
		{shareSize, 1},
		{1, shareSize, 1},
		{shareSize, shareSize},
		{limit},
		{limit, limit},
		{10, limit - 10, 1},
		{10, 3*limit + 1, 20, shareSize - 1, shareSize, 5},
		{shareSize - 1, limit + 1},
	} {
		var b batch
		var want []byte
		for i, size := range sizes {
			m := bytes.Repeat([]byte{byte('a' + i)}, size)
			want = append(want, m...)
			b.append(m)
		}
		if b.size() != len(want) {
			t.Errorf("%v: size %d", sizes, b.size())
		}
		var got []byte
		for part := range b.parts(limit) {
			if len(part) == 0 || len(part) > limit {
				t.Errorf("%v: %d octets in one write", sizes, len(part))
			}
			got = append(got, part...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%v: other octets, or another order", sizes)
		}
	}
	var b batch
	large := make([]byte, shareSize)
	b.append(large)
	for part := range b.parts(limit) {
		if &part[0] != &large[0] {
			t.Error("a large message was copied")
		}
	}
}
