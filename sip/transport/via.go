package transport

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// stamp notes in the top Via where a request really came from and works out
// where its response goes.
func stamp(req *sipmsg.Request, via sipmsg.Via, src *Source) {
	from := src.Remote.Addr()
	port := via.Port
	if port == 0 {
		port = defaultPort
	}
	src.reply = netip.AddrPortFrom(from, port)
	_, symmetric := via.Params.Lookup("rport")
	sentBy, err := netip.ParseAddr(via.Host)
	if !symmetric && err == nil && sentBy.Unmap() == from.WithZone("") {
		return
	}
	// RFC 3261 §18.2.1: sent-by is a name or another address than the packet's.
	// RFC 3581 §4: with rport in any case. [COM-14] [COM-21]
	via.Params = via.Params.With("received", from.WithZone("").String())
	if symmetric {
		via.Params = via.Params.With("rport", strconv.Itoa(int(src.Remote.Port())))
		// RFC 3261 §18.2.2: a stream that is gone is opened again to the port
		// of sent-by; the one it came from belonged to the old connection.
		if src.Transport == UDP {
			src.reply = src.Remote
		}
	}
	setTopVia(&req.Header, via)
}

// setTopVia replaces the topmost Via value.
func setTopVia(h *sipmsg.Header, via sipmsg.Via) {
	for i := range h.Fields {
		f := &h.Fields[i]
		if f.Name != "Via" {
			continue
		}
		value := via.String()
		if strings.Contains(f.Value, ",") {
			one := sipmsg.Header{Fields: []sipmsg.Field{*f}}
			rest := one.Values("Via")
			value = strings.Join(append([]string{value}, rest[min(1, len(rest)):]...), ", ")
		}
		f.Value = value
		return
	}
}

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

// putVia writes transport and sent-by of a flow into the top Via of a request.
func (l *Layer) putVia(req *sipmsg.Request, transport string, local netip.Addr, remote netip.Addr) error {
	via, err := req.Header.Via()
	if err != nil {
		return err
	}
	by, err := l.sentBy(transport, local, remote)
	if err != nil {
		return err
	}
	l.issued.add(by)
	via.Transport, via.Host, via.Port = strings.ToUpper(transport), by.host, by.port
	// RFC 3581 §3: the response comes back through the NAT. [COM-21]
	if _, ok := via.Params.Lookup("rport"); !ok && transport == UDP {
		via.Params = append(via.Params[:len(via.Params):len(via.Params)], sipmsg.Param{Name: "rport", Flag: true})
	}
	setTopVia(&req.Header, via)
	return nil
}

// sentBy is what Via shows for a flow from local (if known) to remote.
func (l *Layer) sentBy(transport string, local, remote netip.Addr) (hostPort, error) {
	l.mu.Lock()
	port := l.ports[transport]
	if port == 0 {
		port = l.ports[UDP]
	}
	l.mu.Unlock()
	if host := l.cfg.Advertise; host != "" {
		if name, number, err := net.SplitHostPort(host); err == nil {
			if n, err := strconv.ParseUint(number, 10, 16); err == nil {
				host, port = name, uint16(n)
			}
		}
		return hostPort{strings.ToLower(strings.Trim(host, "[]")), port}, nil
	}
	if local.IsValid() && !local.IsUnspecified() {
		return hostPort{local.WithZone("").String(), port}, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	local, err := l.cfg.Network.LocalAddr(ctx, remote)
	if err != nil {
		return hostPort{}, err
	}
	return hostPort{local.Unmap().WithZone("").String(), port}, nil
}
