package transporttest_test

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip/transport/transporttest"
)

// TestBadNetworkIsReplayed sees that the fate of a datagram depends on what it is and
// on the seed, not on the order in which datagrams are sent or on their random parts.
func TestBadNetworkIsReplayed(t *testing.T) {
	odds := transporttest.Odds{Lost: 30, Doubled: 20, Delay: time.Second}
	a, b := netip.MustParseAddrPort("10.0.0.1:5060"), netip.MustParseAddrPort("10.0.0.2:5060")
	// fates sends calls requests and their answers, three times each, with Call-IDs of
	// their own; backwards but for the first ones.
	fates := func(seed, salt string, backwards bool) [][]time.Duration {
		t.Setenv("CONFAB_SEED", seed)
		net := transporttest.Bad(t, odds)
		const calls = 200
		all := make([][]time.Duration, 6*calls)
		send := func(call, kind int) {
			from, to, start := a, b, "INVITE sip:b@10.0.0.2 SIP/2.0"
			if kind >= 3 {
				from, to, start = b, a, "SIP/2.0 200 OK"
			}
			all[6*call+kind] = net.Fate(from, to, fmt.Appendf(nil, "%s\r\nCall-ID: %d%s\r\nCSeq: 1 INVITE\r\n\r\n", start, call, salt))
		}
		for call := range calls {
			send(call, 0)
		}
		for i := range calls {
			call := i
			if backwards {
				call = calls - 1 - i
			}
			for _, kind := range []int{3, 1, 4, 2, 5} {
				send(call, kind)
			}
		}
		return all
	}
	one := fates("1", "@x", false)
	if !slices.EqualFunc(one, fates("1", "@another", true), slices.Equal) {
		t.Error("the same seed makes another network")
	}
	if slices.EqualFunc(one, fates("2", "@x", false), slices.Equal) {
		t.Error("another seed makes the same network")
	}
	lost, doubled := 0, 0
	for _, f := range one {
		switch len(f) {
		case 0:
			lost++
		case 2:
			doubled++
		}
	}
	if lost < 300 || lost > 420 || doubled < 190 || doubled > 290 { // 360 and 240 of 1200
		t.Errorf("%d lost and %d doubled of %d", lost, doubled, len(one))
	}
}
