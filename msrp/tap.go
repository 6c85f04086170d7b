package msrp

import (
	"net"
	"net/netip"

	"github.com/confab-chat/confab/redact"
)

// tapMax bounds what a tap sees of one message.
const tapMax = 64 << 10

// TapEvent is one message, or chunk of one, on its way in or out.
type TapEvent struct {
	Out           bool
	Transport     string // "tcp", "tls", "ws"
	Local, Remote netip.AddrPort
	// Octets of the message as on the wire but without credentials, valid during the
	// call only; see package redact. Of a message above 64 KiB they are the
	// beginning.
	Octets []byte
}

func (c *conn) tap(out bool, octets []byte) {
	transport := "tcp"
	switch {
	case c.web != nil:
		transport = "ws"
	case c.isTLS():
		transport = "tls"
	}
	c.ep.cfg.Tap(TapEvent{
		Out: out, Transport: transport, Local: addrPort(c.nc.LocalAddr()), Remote: addrPort(c.nc.RemoteAddr()),
		Octets: redact.Message(nil, octets),
	})
}

// addrPort is the zero value for what is no TCP address.
func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return t.AddrPort()
}

// tapIn shows what has been read: p belongs to the message at hand, and is its
// end if last.
func (c *conn) tapIn(p []byte, last bool) {
	r := &c.in
	r.spied = appendUpTo(r.spied, p)
	if last {
		c.tap(false, r.spied)
		r.spied = r.spied[:0]
	}
}

// tapOut shows the messages that are complete with b.
func (c *conn) tapOut(b *block) {
	at := 0
	for _, end := range b.cuts {
		c.spied = appendUpTo(c.spied, c.out.unwrap(b.buf[at:end]))
		c.tap(true, c.spied)
		c.spied, at = c.spied[:0], end
	}
	c.spied = appendUpTo(c.spied, b.buf[at:])
}

func appendUpTo(dst, p []byte) []byte {
	return append(dst, p[:min(len(p), tapMax-len(dst))]...)
}
