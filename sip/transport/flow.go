package transport

import (
	"net/netip"
	"sync/atomic"
)

// A Flow is a connection, or a UDP socket. It is made by the Layer only, and
// its methods are safe for concurrent use.
type Flow struct {
	// Fixed after construction.
	transport string
	remote    netip.AddrPort
	link      link
	gone      chan struct{}

	leaving atomic.Bool // the peer has closed its half: answers only
}

// link is what carries the octets of a flow.
type link interface {
	// write sends one message, or queues it, and never blocks for long. done
	// may be nil; otherwise it is called once, perhaps before write returns.
	write(octets []byte, to netip.AddrPort, done func(error))
	// local is the address of this side, invalid while a connection comes up.
	local() netip.AddrPort
	// end closes the link at once.
	end(cause error)
}

// Transport is "udp" or "tcp".
func (f *Flow) Transport() string { return f.transport }

// Reliable reports whether the transport delivers by itself.
func (f *Flow) Reliable() bool { return f.transport != UDP }

// Local is the address of this side; invalid while a connection comes up.
func (f *Flow) Local() netip.AddrPort { return f.link.local() }

// Remote is the address of the peer of a connection, invalid for a UDP socket.
func (f *Flow) Remote() netip.AddrPort { return f.remote }

// Done is closed when the flow has ended.
func (f *Flow) Done() <-chan struct{} { return f.gone }

// Alive reports whether requests can still be sent over the flow. A connection
// that is coming up is alive.
func (f *Flow) Alive() bool { return !f.leaving.Load() && !f.ended() }

// ended reports whether nothing at all can be sent over the flow any more.
func (f *Flow) ended() bool {
	select {
	case <-f.gone:
		return true
	default:
		return false
	}
}
