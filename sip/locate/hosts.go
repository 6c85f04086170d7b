package locate

import (
	"bufio"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
)

// hostsAge is how long the system's table of hosts is not looked at again.
const hostsAge = 5 * time.Second

// hosts is the system's own table of names (hosts(5)), read again when it changes.
type hosts struct {
	path string // fixed

	mu     sync.Mutex
	looked time.Time // when it was looked at
	stamp  time.Time // of the file, when it was read
	table  map[string][]netip.Addr
}

// lookup returns the addresses of a name in lower case, nil if there are none.
func (h *hosts) lookup(name string) []netip.Addr {
	h.mu.Lock()
	defer h.mu.Unlock()
	if now := time.Now(); now.Sub(h.looked) > hostsAge {
		h.looked = now
		h.refresh()
	}
	return h.table[name]
}

// refresh is called with h.mu held; reading a small file takes no time.
func (h *hosts) refresh() {
	info, err := os.Stat(h.path)
	if err != nil || info.ModTime().Equal(h.stamp) {
		return
	}
	file, err := os.Open(h.path)
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	h.stamp, h.table = info.ModTime(), make(map[string][]netip.Addr)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) < 2 {
			continue
		}
		addr, err := netip.ParseAddr(words[0])
		if err != nil {
			continue
		}
		for _, name := range words[1:] {
			name = strings.ToLower(strings.TrimSuffix(name, "."))
			h.table[name] = append(h.table[name], addr.Unmap())
		}
	}
}
