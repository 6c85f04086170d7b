package limits

import (
	"net/netip"
	"sync"
	"sync/atomic"
)

// Connections counts the accepted connections of each network, whatever protocol they
// are for. It is safe for concurrent use. There is an entry for a network only while
// it has connections, so there are never more than those.
type Connections struct {
	most    int    // of a network; fixed
	files   *Files // nil: never short; fixed
	refused atomic.Uint64

	mu   sync.Mutex
	open map[netip.Prefix]int
}

// NewConnections returns a count that allows most connections a network, 0: any number,
// as long as files has descriptors for them; nil: it always has.
func NewConnections(most int, files *Files) *Connections {
	return &Connections{most: most, files: files, open: make(map[netip.Prefix]int)}
}

// Acquire counts one more connection from an address, unless there are too many.
// What it has allowed is given back by Release.
func (c *Connections) Acquire(addr netip.Addr) bool {
	if c.files != nil && !c.files.Left() {
		return false
	}
	network := networkOf(addr)
	c.mu.Lock()
	full := c.most > 0 && c.open[network] >= c.most
	if !full {
		c.open[network]++
	}
	c.mu.Unlock()
	if full {
		c.refused.Add(1)
	}
	return !full
}

// Release counts one connection less.
func (c *Connections) Release(addr netip.Addr) {
	network := networkOf(addr)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.open[network]--; c.open[network] <= 0 {
		delete(c.open, network)
	}
}

// Refused is how often Acquire said no because of a network.
func (c *Connections) Refused() uint64 { return c.refused.Load() }

// Networks is how many networks have connections.
func (c *Connections) Networks() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

// networkOf is what counts as one peer: an IPv4 address, or the /64 that an IPv6
// subscriber has.
func networkOf(addr netip.Addr) netip.Prefix {
	addr = addr.Unmap().WithZone("")
	bits := 64
	if addr.Is4() {
		bits = 32
	}
	network, _ := addr.Prefix(bits)
	return network
}
