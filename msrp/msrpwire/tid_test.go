package msrpwire_test

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/msrp/msrpwire"
)

func TestTIDs(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-FRM-02")
	form := regexp.MustCompile(`^[0-9A-Za-z]{12,24}$`)
	const many = 1_000_000
	tids := msrpwire.NewTIDs()
	seen := make(map[string]bool, many)
	var buf [32]byte
	for i := uint64(1); i <= many; i++ {
		id, count := tids.Append(buf[:0])
		if seen[string(id)] || i%1000 == 0 && !form.Match(id) {
			t.Fatalf("identifier %d: %q", i, id)
		}
		seen[string(id)] = true
		if back, ok := tids.Counter(id); !ok || back != count || count != i {
			t.Fatalf("identifier %d: %q has the counter %d, read as %d %v", i, id, count, back, ok)
		}
	}
	prefixes := make(map[string]bool, 10_000)
	for range 10_000 {
		other := msrpwire.NewTIDs()
		id, _ := other.Append(nil)
		if prefix := string(id[:11]); prefixes[prefix] || !form.Match(id) {
			t.Fatalf("identifier %q", id)
		} else {
			prefixes[prefix] = true
		}
		if _, ok := tids.Counter(id); ok {
			t.Fatalf("identifier %q of another connection taken for own", id)
		}
	}
}

func TestForeignTIDs(t *testing.T) {
	t.Parallel()
	tids := msrpwire.NewTIDs()
	first, _ := tids.Append(nil)
	prefix := first[:11]
	for _, tail := range []string{"", "0", "2", "01", "1 ", "-", "zzzzzzzzzzz", "zzzzzzzzzzzz"} {
		if count, ok := tids.Counter(append(bytes.Clone(prefix), tail...)); ok {
			t.Errorf("%q behind the prefix taken for number %d", tail, count)
		}
	}
}

func TestMessageIDs(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for range 10_000 {
		id := msrpwire.AppendMessageID([]byte("sw."))
		if seen[string(id)] || !regexp.MustCompile(`^sw\.[0-9A-Za-z]{16}$`).Match(id) {
			t.Fatalf("Message-ID %q", id)
		}
		seen[string(id)] = true
	}
}

func TestSessionIDs(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "MSRP-URI-04")
	const many = 100_000
	seen := make(map[string]bool, many)
	ones := make([]int, 22*6)
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for range many {
		id := msrpwire.NewSessionID()
		if len(id) != 22 || seen[id] {
			t.Fatalf("session-id %q", id)
		}
		seen[id] = true
		for i := range len(id) {
			v := bytes.IndexByte([]byte(alphabet), id[i])
			for bit := range 6 {
				ones[i*6+bit] += v >> (5 - bit) & 1
			}
		}
	}
	// Each of the 128 bits is set in half of them; six standard deviations.
	for bit, n := range ones[:128] {
		if n < many/2-950 || n > many/2+950 {
			t.Errorf("bit %d set in %d of %d", bit, n, many)
		}
	}
}

func TestCollisions(t *testing.T) {
	t.Parallel()
	tid := []byte("abcd1")
	for _, tt := range []struct {
		body string
		may  bool
		at   int
	}{
		{"", false, -1},
		{"abcd1", false, -1},
		{"------abcd1$", false, -1},
		{"-------abcd2$", true, -1},
		{"-------abcd1$", true, 0},
		{"x-------abcd1", true, 1},
		{"---------abcd1 without the flag", true, 2},
		{"-------abcd", true, -1},
	} {
		body := []byte(tt.body)
		if msrpwire.MayCollide(body) != tt.may || msrpwire.CollisionAt(body, tid) != tt.at || msrpwire.Collides(body, tid) != (tt.at >= 0) {
			t.Errorf("%q: may %v, at %d", body, msrpwire.MayCollide(body), msrpwire.CollisionAt(body, tid))
		}
	}
	if msrpwire.CollisionAt([]byte("x"), make([]byte, 100)) != -1 {
		t.Error("an identifier that is too long collides")
	}
}
