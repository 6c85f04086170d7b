package mixer_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
)

// What a later chunk writes over counts as well as what stood there first: nobody
// gets past the checks with a header that is another's in the end.
func TestRewrittenHeader(t *testing.T) {
	t.Parallel()
	const mallory = "sip:malls@example.test" // as long as that of alice
	h := newHouse(t, nil)
	m, b := h.join(mallory, nil), h.join(bob, nil)
	h.join(alice, nil)
	for name, to := range map[string]string{"to everybody": lobby, "in private": bob} {
		mine := wrap(mallory, to, "text/plain", "pay him")
		forged := wrap(alice, to, "text/plain", "pay him")
		id := "re" + strings.ReplaceAll(name, " ", "")
		half := len(mine) - 3
		m.try(part{id: id, rng: rangeOf(1, half, len(mine)), body: mine[:half], flag: "+"}, 200)
		m.try(part{id: id, rng: rangeOf(1, half, len(mine)), body: forged[:half], flag: "+"}, 200)
		m.try(part{id: id, rng: rangeOf(half+1, len(mine), len(mine)), body: mine[half:], flag: "$"}, 403)
	}
	if n := len(b.copies); n > 0 {
		t.Errorf("%d forged messages arrived: %+v", n, <-b.copies)
	}
	// What is in order in the end may have been written twice.
	body := wrap(mallory, lobby, "text/plain", "in order")
	m.try(part{id: "fine", rng: rangeOf(1, 80, len(body)), body: body[:80], flag: "+"}, 200)
	m.try(part{id: "fine", rng: rangeOf(1, len(body), len(body)), body: body, flag: "$"}, 200)
	b.hears(body)
	conform.Covers(t, "SW-PUB-02")
}
