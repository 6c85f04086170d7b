package testnet

import (
	"net/netip"
	"testing"
	"time"

	"github.com/confab-chat/confab/sip/dialog"
	"github.com/confab-chat/confab/sip/locate"
	"github.com/confab-chat/confab/sip/transaction"
	"github.com/confab-chat/confab/sip/transport"
	"github.com/confab-chat/confab/wheel"
)

// Stack is SIP up to the dialog layer, on a network in memory (transporttest).
type Stack struct {
	Dialog *dialog.Layer
	Addr   netip.AddrPort // of its UDP socket

	transport *transport.Layer
	wheel     *wheel.Wheel
}

// NewStack opens a socket at port 5060 of a host. Without a resolver, URIs hold
// addresses. Who uses the dialog layer registers before the first message comes,
// and calls Close in the end.
func NewStack(tb testing.TB, host transport.Network, cfg dialog.Config, r dialog.Resolver) *Stack {
	tb.Helper()
	s := &Stack{Dialog: dialog.New(cfg), wheel: wheel.New(10 * time.Millisecond)}
	tl := transaction.New(transaction.Config{Wheel: s.wheel}, s.Dialog)
	s.transport = transport.New(transport.Config{Network: host}, tl)
	tl.Bind(s.transport)
	if r == nil {
		r = locate.New(locate.Config{})
	}
	s.Dialog.Bind(tl, r)
	var err error
	if s.Addr, err = s.transport.Listen(tb.Context(), "udp", "0.0.0.0:5060"); err != nil {
		tb.Fatal(err)
	}
	return s
}

// Close ends all dialogs and closes the socket.
func (s *Stack) Close() {
	s.Dialog.Close()
	_ = s.transport.Close()
	s.wheel.Close()
}

// Dialogs fails the test unless there are n dialogs.
func (s *Stack) Dialogs(tb testing.TB, n int) {
	tb.Helper()
	if got := s.Dialog.Dialogs(); got != n {
		tb.Errorf("%d dialogs, want %d", got, n)
	}
}
