package transport

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// hostPort is a sent-by value.
type hostPort struct {
	host string // lower case
	port uint16 // 0 if none is named
}

// issued holds the sent-by values this layer has used; there are as many as
// the host has addresses.
type issued struct {
	mu     sync.Mutex
	values atomic.Pointer[map[hostPort]struct{}] // replaced, never changed
}

func (s *issued) has(host string, port uint16) bool {
	values := s.values.Load()
	if values == nil {
		return false
	}
	_, ok := (*values)[hostPort{strings.ToLower(host), port}]
	return ok
}

func (s *issued) add(v hostPort) {
	if s.has(v.host, v.port) {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	values := map[hostPort]struct{}{v: {}}
	if old := s.values.Load(); old != nil {
		for k := range *old {
			values[k] = struct{}{}
		}
	}
	s.values.Store(&values)
}

// bound is an address at which this layer can be reached.
type bound struct {
	transport string
	addr      netip.AddrPort
}

// putVia writes transport and sent-by of a flow into the top Via of a request.
func (l *Layer) putVia(req *sipmsg.Request, flow *Flow, remote netip.Addr) error {
	var params [viaParams + 1]sipmsg.Param
	via, err := req.Header.TopVia(params[:0])
	if err != nil {
		return err
	}
	by, err := l.sentBy(flow, remote)
	if err != nil {
		return err
	}
	l.issued.add(by)
	via.Transport, via.Host, via.Port = strings.ToUpper(flow.transport), by.host, by.port
	// RFC 3581 §3: the response comes back through the NAT. [COM-21]
	if _, ok := via.Params.Lookup("rport"); !ok && flow.transport == UDP {
		via.Params = append(via.Params, sipmsg.Param{Name: "rport", Flag: true})
	}
	req.Header.SetTopVia(via)
	return nil
}

// sentBy is what Via shows for a request that leaves over flow for remote.
func (l *Layer) sentBy(flow *Flow, remote netip.Addr) (hostPort, error) {
	if socket(flow.transport) && flow.dialed {
		return hostPort{host: l.nowhere}, nil // RFC 7118 §5.2: nobody can connect to a browser [COM-15]
	}
	local := flow.Local().Addr()
	port := l.portAt(flow.transport, local, remote)
	if socket(flow.transport) {
		port = flow.Local().Port() // its listener is a web server
	}
	if host := l.cfg.Advertise; host != "" {
		if name, number, err := net.SplitHostPort(host); err == nil {
			host = name
			// The port is that of UDP and TCP: others have listeners of their own.
			if n, err := strconv.ParseUint(number, 10, 16); err == nil && (flow.transport == UDP || flow.transport == TCP) {
				port = uint16(n)
			}
		}
		return hostPort{strings.ToLower(strings.Trim(host, "[]")), port}, nil
	}
	if local.IsValid() && !local.IsUnspecified() {
		return hostPort{local.WithZone("").String(), port}, nil
	}
	local, err := l.routes.local(l.cfg.Network, remote)
	if err != nil {
		return hostPort{}, err
	}
	return hostPort{local.String(), port}, nil
}

// portAt returns the port on which a response, or a connection for it, can come
// in: of a listener of that transport, best on the same address. Without any
// listener it is 0, which leaves the port out.
func (l *Layer) portAt(transport string, local, remote netip.Addr) uint16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	var port uint16
	best := 0
	for _, b := range l.bound {
		score := 1
		if b.transport == transport {
			score += 4
		}
		switch at := b.addr.Addr(); {
		case at == local:
			score += 2
		case at.Is4() == remote.Is4():
			score++
		}
		if score > best {
			best, port = score, b.addr.Port()
		}
	}
	return port
}
