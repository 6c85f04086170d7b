package transport

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/confab-chat/confab/sip/sipmsg"
)

// maxDatagram is what a UDP packet can hold at most. [COM-11]
const maxDatagram = 65535

// A datagram is a UDP socket. One goroutine reads it; writes go out at once.
type datagram struct {
	layer *Layer
	flow  *Flow
	conn  PacketConn
	path  pathConn // conn, if that tells local addresses
	addr  netip.AddrPort
	once  sync.Once
}

func newDatagram(l *Layer, conn PacketConn) *datagram {
	d := &datagram{layer: l, conn: conn, addr: addrPort(conn.LocalAddr())}
	d.path, _ = conn.(pathConn)
	d.flow = &Flow{transport: UDP, link: d, gone: make(chan struct{})}
	return d
}

func (d *datagram) local() netip.AddrPort { return d.addr }

func (d *datagram) write(m rendered, at netip.Addr, to netip.AddrPort, done func(error)) {
	octets := m.octets()
	var err error
	if d.path != nil {
		err = d.path.writePath(octets, at, to)
	} else {
		_, err = d.conn.WriteToUDPAddrPort(octets, to)
	}
	if done != nil {
		done(err)
	}
}

func (d *datagram) settle() {}

func (d *datagram) end(error) {
	d.once.Do(func() {
		close(d.flow.gone)
		_ = d.conn.Close()
	})
}

// read serves the socket until it is closed. Other errors do not end it.
func (d *datagram) read() {
	buf := make([]byte, maxDatagram)
	for {
		n, from, at, err := d.next(buf)
		if err == nil {
			d.receive(buf[:n], unmap(from), at)
			continue
		}
		if errors.Is(err, net.ErrClosed) {
			return
		}
		d.layer.cfg.Log.Warn("read failed", "transport", UDP, "local", d.addr, "error", err)
		wait := time.NewTimer(minAcceptPause)
		select {
		case <-wait.C:
		case <-d.layer.closing:
			wait.Stop()
			return
		}
	}
}

// next reads a packet: where it came from, and to which of our addresses.
func (d *datagram) next(buf []byte) (n int, from, at netip.AddrPort, err error) {
	at = d.addr
	if d.path == nil {
		n, from, err = d.conn.ReadFromUDPAddrPort(buf)
		return n, from, at, err
	}
	n, from, to, err := d.path.readPath(buf)
	if to.IsValid() {
		at = netip.AddrPortFrom(to, at.Port())
	}
	return n, from, at, err
}

func (d *datagram) receive(octets []byte, from, at netip.AddrPort) {
	// Keep-alives of clients behind NAT: line ends, or a few zero octets.
	if len(bytes.Trim(octets, "\r\n\x00")) == 0 {
		return
	}
	l := d.layer
	l.tap(d.flow, false, from, octets)
	src := Source{Flow: d.flow, Transport: UDP, Remote: from, Local: at}
	m, err := sipmsg.ParseDatagram(octets, l.cfg.Limits)
	if err != nil {
		l.malformed(m, err, src)
		return
	}
	l.deliver(m, src)
}
