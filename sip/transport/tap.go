package transport

import (
	"net/netip"

	"github.com/confab-chat/confab/redact"
)

// TapEvent is one message on its way in or out.
type TapEvent struct {
	Out           bool   // written, not read
	Transport     string // "udp", "tcp", "tls", "ws", "wss"
	Local, Remote netip.AddrPort
	// Octets of the message as on the wire but without credentials, valid during the
	// call only; see package redact.
	Octets []byte
}

// tapped is tap for a message on its way out.
func (l *Layer) tapped(f *Flow, remote netip.AddrPort, m rendered) {
	var octets []byte
	if l.cfg.Tap != nil {
		octets = m.octets()
	}
	l.tap(f, true, remote, octets)
}

// tap counts a message and shows it to Config.Tap.
func (l *Layer) tap(f *Flow, out bool, remote netip.AddrPort, octets []byte) {
	if out {
		l.count.out.Add(1)
	} else {
		l.count.in.Add(1)
	}
	if l.cfg.Tap != nil {
		l.cfg.Tap(TapEvent{Out: out, Transport: f.transport, Local: f.Local(), Remote: remote, Octets: redact.Message(nil, octets)})
	}
}
