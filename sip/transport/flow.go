package transport

import (
	"net/netip"
	"sync/atomic"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// A Flow is a connection, or a UDP socket. It is made by the Layer only, and
// its methods are safe for concurrent use.
type Flow struct {
	// Fixed after construction.
	transport string
	dialed    bool   // this side opened it
	host      string // whom the peer has proved to be; "" where that is not asked
	remote    netip.AddrPort
	link      link
	gone      chan struct{}

	leaving atomic.Bool  // the peer has closed its half: answers only
	owed    atomic.Int32 // requests of a connection without final response
}

// link is what carries the octets of a flow.
type link interface {
	// write sends one message, or queues it, and never blocks for long. done
	// may be nil; otherwise it is called once, perhaps before write returns. at
	// is the address that a datagram leaves from where there is a choice; invalid
	// leaves it to the system.
	write(m rendered, at netip.Addr, to netip.AddrPort, done func(error))
	// local is the address of this side, invalid while a connection comes up.
	local() netip.AddrPort
	// settle tells the link that a request was answered.
	settle()
	// end closes the link at once.
	end(cause error)
}

// Transport is "udp", "tcp", "tls", "ws" or "wss".
func (f *Flow) Transport() string { return f.transport }

// Reliable reports whether the transport delivers by itself.
func (f *Flow) Reliable() bool { return f.transport != UDP }

// Secure reports whether nobody between the two ends can read the messages.
func (f *Flow) Secure() bool { return secure(f.transport) }

// Dialed reports whether this side opened the connection.
func (f *Flow) Dialed() bool { return f.dialed }

// endpoint is the far end, as requests look for it.
func (f *Flow) endpoint() endpoint { return endpoint{f.transport, f.remote, f.host} }

// Local is the address of this side; invalid while a connection comes up.
func (f *Flow) Local() netip.AddrPort { return f.link.local() }

// Remote is the address of the peer of a connection, invalid for a UDP socket.
func (f *Flow) Remote() netip.AddrPort { return f.remote }

// Done is closed when the flow has ended.
func (f *Flow) Done() <-chan struct{} { return f.gone }

// Alive reports whether requests can still be sent over the flow. A connection
// that is coming up is alive.
func (f *Flow) Alive() bool { return !f.leaving.Load() && !f.ended() }

// received notes a request that has to be answered over the connection.
func (f *Flow) received(req *sipmsg.Request) {
	if f.Reliable() && req.Method != sipmsg.ACK {
		f.owed.Add(1)
	}
}

// answered notes a response. A user may repeat a final one, so the figure can
// come out too small: then a half-closed connection closes a little early.
func (f *Flow) answered(resp *sipmsg.Response) {
	if !f.Reliable() || resp.Status < 200 {
		return
	}
	if f.owed.Add(-1) < 0 {
		f.owed.Store(0)
	}
	f.link.settle()
}

// ended reports whether nothing at all can be sent over the flow any more.
func (f *Flow) ended() bool {
	select {
	case <-f.gone:
		return true
	default:
		return false
	}
}
