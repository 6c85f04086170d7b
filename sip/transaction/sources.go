package transaction

import (
	"net/netip"
	"sync"

	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/transport"
)

// sources counts the open server transactions outside dialogs of each network. There
// is an entry only while there are some, so their number is bounded by that of all
// transactions.
type sources struct {
	mu   sync.Mutex
	open map[netip.Prefix]int
}

// turnsAway reports whether a request outside dialogs is refused for the load there is,
// or for the load that its sender makes. [SEC-02] [SEC-04]
func (l *Layer) turnsAway(req *sipmsg.Request, src transport.Source) bool {
	if l.cfg.TurnsAway != nil && l.cfg.TurnsAway(req.Header.CallID()) {
		l.count.turnedAway.Add(1)
		return true
	}
	if l.limits(src) && l.sources.of(src.Network()) >= l.cfg.PerAddress {
		l.count.crowded.Add(1)
		return true
	}
	return false
}

// limits reports whether the transactions of a peer are counted.
func (l *Layer) limits(src transport.Source) bool {
	return l.cfg.PerAddress > 0 && (l.cfg.Exempt == nil || !l.cfg.Exempt(src))
}

func (s *sources) of(network netip.Prefix) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.open[network]
}

// hold counts a transaction for its source, release takes it off the count.
func (s *sources) hold(tx *ServerTx) {
	if !tx.layer.limits(tx.src) {
		return
	}
	tx.from = tx.src.Network()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open[tx.from]++
}

func (s *sources) release(tx *ServerTx) {
	if !tx.from.IsValid() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[tx.from]--; s.open[tx.from] <= 0 {
		delete(s.open, tx.from)
	}
	tx.from = netip.Prefix{}
}
