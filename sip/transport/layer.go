package transport

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/confab-chat/confab/sip/sipid"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// A Receiver takes what a Layer reads. Calls for one flow come one after the
// other, in the order of the wire; calls for different flows are concurrent. The
// message belongs to the receiver.
type Receiver interface {
	ReceiveRequest(req *sipmsg.Request, src Source)
	ReceiveResponse(resp *sipmsg.Response, src Source)
}

// A Layer is the transport layer of one SIP stack. Its methods are safe for
// concurrent use.
type Layer struct {
	// Fixed after construction.
	cfg     Config
	up      Receiver
	closing chan struct{} // closed when Shutdown or Close begins
	nowhere string        // host of ours where nobody can connect to us
	issued  issued
	routes  routes
	udpOnly udpOnly
	buffers outBuffers
	scratch scratch
	count   counters
	partial atomic.Int64 // octets of read buffers beyond readSize
	group   sync.WaitGroup

	lifetime context.Context    //nolint:containedctx // the layer's, which bounds lookups
	expire   context.CancelFunc // ends it
	seeking  chan struct{}      // holds a token for each of them

	resolver Resolver // fixed before the first message

	mu          sync.Mutex
	listeners   []net.Listener
	sockets     []*Flow
	bound       []bound              // addresses of listeners and sockets
	byRemote    map[endpoint]*Flow   // connections that requests may reuse
	streams     map[*stream]struct{} // all connections
	perNetwork  map[netip.Prefix]int // accepted connections
	handshakes  handshakes
	connections int
	stopped     bool // closing is closed: nothing new
	closed      bool // no goroutine starts any more
}

// New makes a layer that hands what it reads to up.
func New(cfg Config, up Receiver) *Layer {
	lifetime, expire := context.WithCancel(context.Background())
	return &Layer{
		lifetime: lifetime, expire: expire, seeking: make(chan struct{}, mostSeeking),
		cfg:        cfg.withDefaults(),
		up:         up,
		closing:    make(chan struct{}),
		byRemote:   make(map[endpoint]*Flow),
		streams:    make(map[*stream]struct{}),
		perNetwork: make(map[netip.Prefix]int),
		nowhere:    sipid.NewTag() + ".invalid",
	}
}

// Nowhere is a host name of this layer under ".invalid", for the Contact of
// clients to which nobody can connect (RFC 7118 §5.2).
func (l *Layer) Nowhere() string { return l.nowhere }

// Listen opens a listener; network is "udp", "tcp" or "tls", or one of them with
// "4" or "6". It returns the address that was bound. ctx bounds the opening
// only. WebSocket connections come by an HTTP server: see [Layer.WebSocket].
func (l *Layer) Listen(ctx context.Context, network, addr string) (netip.AddrPort, error) {
	name := strings.TrimRight(network, "46")
	switch {
	case name == UDP:
		return l.listenUDP(ctx, network, addr)
	case name == TLS && l.cfg.TLS == nil:
		return netip.AddrPort{}, fmt.Errorf("%w: tls without a certificate", ErrTransport)
	case name != TCP && name != TLS:
		return netip.AddrPort{}, fmt.Errorf("%w: %s", ErrTransport, network)
	}
	ln, err := l.cfg.Network.Listen(ctx, TCP+network[len(name):], addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	local := addrPort(ln.Addr())
	l.mu.Lock()
	stopped := l.stopped
	if !stopped {
		l.listeners = append(l.listeners, ln)
		l.bound = append(l.bound, bound{name, local})
	}
	l.mu.Unlock()
	if stopped || !l.start(func() { l.accept(ln, name) }) { //nolint:contextcheck // connections outlive the opening
		_ = ln.Close()
		return netip.AddrPort{}, ErrClosed
	}
	return local, nil
}

func (l *Layer) listenUDP(ctx context.Context, network, addr string) (netip.AddrPort, error) {
	conn, err := l.cfg.Network.ListenPacket(ctx, network, addr)
	if err != nil {
		return netip.AddrPort{}, err
	}
	d := newDatagram(l, conn)
	l.mu.Lock()
	stopped := l.stopped
	if !stopped {
		l.sockets = append(l.sockets, d.flow)
		l.bound = append(l.bound, bound{UDP, d.addr})
	}
	l.mu.Unlock()
	if stopped || !l.start(d.read) {
		d.end(ErrClosed)
		return netip.AddrPort{}, ErrClosed
	}
	return d.addr, nil
}

// start runs f on a goroutine that Close waits for, unless the layer is closed.
func (l *Layer) start(f func()) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.group.Go(f)
	return true
}

// socketFor returns the UDP socket from which a peer can be reached, or nil.
func (l *Layer) socketFor(remote netip.Addr) *Flow {
	l.mu.Lock()
	defer l.mu.Unlock()
	var fits *Flow
	for _, f := range l.sockets {
		local := f.Local().Addr()
		dual := local.IsUnspecified() && local.Is6()
		if local.Is4() != remote.Is4() && !dual {
			continue
		}
		if local.IsUnspecified() || local.IsLoopback() == remote.IsLoopback() {
			return f
		}
		if fits == nil {
			fits = f
		}
	}
	return fits
}

// Shutdown stops accepting, writes what is queued, closes every connection and
// socket and waits for the goroutines. When ctx ends first the rest is closed
// at once and the error is that of ctx. It must not be called by the Receiver.
func (l *Layer) Shutdown(ctx context.Context) error {
	streams := l.stop()
	for _, s := range streams {
		s.finish()
	}
	var err error
	for _, s := range streams {
		select {
		case <-s.flow.gone:
			continue
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		break
	}
	_ = l.Close()
	return err
}

// Close closes everything at once and waits for the goroutines. It must not be
// called by the Receiver.
func (l *Layer) Close() error {
	streams := l.stop()
	l.mu.Lock()
	l.closed = true
	sockets := l.sockets
	l.mu.Unlock()
	for _, s := range streams {
		s.end(ErrClosed)
	}
	for _, f := range sockets {
		f.link.end(ErrClosed)
	}
	l.group.Wait()
	return nil
}

// stop ends all that brings new flows and returns the connections that are left.
func (l *Layer) stop() []*stream {
	l.mu.Lock()
	first := !l.stopped
	l.stopped = true
	listeners := l.listeners
	l.listeners = nil
	streams := make([]*stream, 0, len(l.streams))
	for s := range l.streams {
		streams = append(streams, s)
	}
	l.mu.Unlock()
	if first {
		l.expire()
		close(l.closing)
	}
	for _, ln := range listeners {
		_ = ln.Close()
	}
	return streams
}
