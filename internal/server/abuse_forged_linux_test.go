package server

import (
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"unsafe"

	"github.com/confab-chat/confab/internal/config"
	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// forger sends datagrams from whatever loopback address it likes.
type forger struct {
	conn *net.UDPConn
	to   netip.AddrPort
	oob  []byte
}

func forge(t *testing.T, to string) *forger {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &forger{conn: conn, to: netip.MustParseAddrPort(to), oob: make([]byte, syscall.CmsgSpace(syscall.SizeofInet4Pktinfo))}
}

// send writes a datagram whose source is the n-th address.
func (f *forger) send(n int, text string) error {
	h := (*syscall.Cmsghdr)(unsafe.Pointer(&f.oob[0])) // see cmsg(3)
	h.Level, h.Type = syscall.IPPROTO_IP, syscall.IP_PKTINFO
	h.SetLen(syscall.CmsgLen(syscall.SizeofInet4Pktinfo))
	info := (*syscall.Inet4Pktinfo)(unsafe.Pointer(&f.oob[syscall.CmsgLen(0)])) // see cmsg(3)
	info.Spec_dst = [4]byte{127, byte(10 + n>>16), byte(n >> 8), byte(n)}
	_, _, err := f.conn.WriteMsgUDPAddrPort([]byte(text), f.oob, f.to)
	return err
}

// TestForgedSources gets requests from 100,000 addresses, of which each comes once:
// more than there is room for. Those who have a connection, or a session, do not
// notice.
func TestForgedSources(t *testing.T) {
	conform.Covers(t, "SEC-02", "SEC-04")
	const n, room = 100_000 / fold, 60_000 / fold
	s := besiege(t, func(c *config.Config) { c.Limits.Transactions = room })
	f := forge(t, s.address("sip", "udp"))
	before := s.read()
	for i := range n {
		id := fmt.Sprintf("forged-%d", i)
		method := []sipmsg.Method{sipmsg.OPTIONS, sipmsg.SUBSCRIBE, sipmsg.BYE, sipmsg.CANCEL}[i%4]
		if i%8 == 2 {
			method = sipmsg.OPTIONS
		}
		if err := f.send(i, plain(method, "sip:conf.localhost", "UDP 127.0.0.1:9;rport", id)); err != nil {
			t.Fatal(err)
		}
		s.keepPace(before + i)
		if i == n/2 {
			s.goesBy("amid forged sources", "tcp")
		}
	}
	s.goesBy("after forged sources", "tcp")
	s.bob.leave() // by UDP
	s.refusals("transactions", 1)
	if open := s.stack.Transaction.Open(); open > room*3/4+100 || open < room/2 {
		t.Errorf("%d transactions open", open)
	}
	s.holds("after forged sources", room*3/4*(3<<10)+4<<20)
}
