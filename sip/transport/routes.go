package transport

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// routeAge is how long a local address is taken to stay right, and routeCount
// for how many destinations it is kept.
const (
	routeAge   = 30 * time.Second
	routeCount = 1024
)

// routes remembers from which local address the way to a destination starts,
// for sockets that are bound to all addresses: asking the system takes a few
// calls each time.
type routes struct {
	mu    sync.Mutex
	known map[netip.Addr]route
}

type route struct {
	local netip.Addr
	until time.Time
}

// local returns the local address for a destination, asking network if needed.
func (r *routes) local(network Network, remote netip.Addr) (netip.Addr, error) {
	now := time.Now()
	r.mu.Lock()
	at, ok := r.known[remote]
	r.mu.Unlock()
	if ok && now.Before(at.until) {
		return at.local, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	local, err := network.LocalAddr(ctx, remote)
	if err != nil {
		return netip.Addr{}, err
	}
	local = local.Unmap().WithZone("")
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil || len(r.known) >= routeCount {
		r.known = make(map[netip.Addr]route)
	}
	r.known[remote] = route{local: local, until: now.Add(routeAge)}
	return local, nil
}
