//go:build unix

package testnet

import (
	"net/netip"
	"syscall"
	"testing"
)

// hold takes the TCP port that has the number of a UDP port, without listening on it,
// until the test ends. What is too large for a datagram is tried over TCP first, and
// must be refused there: another program that happens to listen would take it. It
// reports false if there is one already.
func hold(tb testing.TB, at netip.AddrPort) bool {
	tb.Helper()
	family, address := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: int(at.Port()), Addr: at.Addr().As16()})
	if ip := at.Addr().Unmap(); ip.Is4() {
		family, address = syscall.AF_INET, &syscall.SockaddrInet4{Port: int(at.Port()), Addr: ip.As4()}
	}
	syscall.ForkLock.RLock()
	socket, err := syscall.Socket(family, syscall.SOCK_STREAM, 0)
	if err == nil {
		syscall.CloseOnExec(socket)
	}
	syscall.ForkLock.RUnlock()
	if err != nil {
		tb.Fatal(err)
	}
	if err := syscall.Bind(socket, address); err != nil {
		_ = syscall.Close(socket)
		return false
	}
	tb.Cleanup(func() { _ = syscall.Close(socket) })
	return true
}
