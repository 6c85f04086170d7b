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
	addr  netip.AddrPort
	once  sync.Once
}

func newDatagram(l *Layer, conn PacketConn) *datagram {
	d := &datagram{layer: l, conn: conn, addr: addrPort(conn.LocalAddr())}
	d.flow = &Flow{transport: UDP, link: d, gone: make(chan struct{})}
	return d
}

func (d *datagram) local() netip.AddrPort { return d.addr }

func (d *datagram) write(octets []byte, to netip.AddrPort, done func(error)) {
	_, err := d.conn.WriteToUDPAddrPort(octets, to)
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
		n, from, err := d.conn.ReadFromUDPAddrPort(buf)
		if err == nil {
			d.receive(buf[:n], unmap(from))
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

func (d *datagram) receive(octets []byte, from netip.AddrPort) {
	// Keep-alives of clients behind NAT: line ends, or a few zero octets.
	if len(bytes.Trim(octets, "\r\n\x00")) == 0 {
		return
	}
	l := d.layer
	l.tap(d.flow, false, from, octets)
	src := Source{Flow: d.flow, Transport: UDP, Remote: from, Local: d.addr}
	m, err := sipmsg.ParseDatagram(octets, l.cfg.Limits)
	if err != nil {
		l.malformed(m, err, src)
		return
	}
	l.deliver(m, src)
}
