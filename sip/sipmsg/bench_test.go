package sipmsg_test

import (
	"strings"
	"testing"

	"github.com/confab-chat/confab/sip/sipmsg"
)

const inviteWire = "INVITE sip:conference-factory1@mrfc1.home1.net SIP/2.0\r\n" +
	"Via: SIP/2.0/TCP pcscf1.visited1.net:5060;branch=z9hG4bK431h23.1,SIP/2.0/TCP [5555::aaa:bbb:ccc:ddd]:1357;comp=sigcomp;branch=z9hG4bKnashds7\r\n" +
	"Max-Forwards: 68\r\n" +
	"Record-Route: <sip:pcscf1.visited1.net;lr>\r\n" +
	"P-Asserted-Identity: \"John Doe\" <sip:user1_public1@home1.net>\r\n" +
	"P-Charging-Vector: icid-value=\"AyretyU0dm+6O2IrT5tAFrbHLso=023551024\";orig-ioi=home1.net\r\n" +
	"Privacy: none\r\n" +
	"From: <sip:user1_public1@home1.net>;tag=171828\r\n" +
	"To: <sip:conference-factory1@mrfc1.home1.net>\r\n" +
	"Call-ID: cb03a0s09a2sdfglkj490333\r\n" +
	"CSeq: 127 INVITE\r\n" +
	"Supported: 100rel,timer\r\n" +
	"Contact: <sip:[5555::aaa:bbb:ccc:ddd]:1357;comp=sigcomp>\r\n" +
	"Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, REFER, MESSAGE\r\n" +
	"Content-Type: application/sdp\r\n" +
	"Content-Length: 202\r\n\r\n" +
	"v=0\r\no=- 2987933615 2987933615 IN IP6 5555::aaa:bbb:ccc:ddd\r\ns=-\r\nc=IN IP6 5555::aaa:bbb:ccc:ddd\r\nt=0 0\r\n" +
	"m=message 2855 TCP/MSRP *\r\na=accept-types:message/cpim\r\na=path:msrp://[5555::aaa]:2855/s1;tcp\r\n\r\n"

const okWire = "SIP/2.0 200 OK\r\n" +
	"Via: SIP/2.0/TCP pcscf1.visited1.net:5060;branch=z9hG4bK431h23.1;received=192.0.2.7\r\n" +
	"From: <sip:user1_public1@home1.net>;tag=171828\r\n" +
	"To: <sip:conference-factory1@mrfc1.home1.net>;tag=314159\r\n" +
	"Call-ID: cb03a0s09a2sdfglkj490333\r\n" +
	"CSeq: 127 INVITE\r\n" +
	"Contact: <sip:conference1@mrfc1.home1.net>;isfocus\r\n" +
	"Content-Length: 0\r\n\r\n"

const byeWire = "BYE sip:conference1@mrfc1.home1.net SIP/2.0\r\n" +
	"Via: SIP/2.0/TCP [5555::aaa:bbb:ccc:ddd]:1357;branch=z9hG4bKnashds8\r\n" +
	"Max-Forwards: 70\r\n" +
	"Route: <sip:pcscf1.visited1.net;lr>\r\n" +
	"From: <sip:user1_public1@home1.net>;tag=171828\r\n" +
	"To: <sip:conference-factory1@mrfc1.home1.net>;tag=314159\r\n" +
	"Call-ID: cb03a0s09a2sdfglkj490333\r\n" +
	"CSeq: 153 BYE\r\n" +
	"Content-Length: 0\r\n\r\n"

func corpus() map[string]string {
	return map[string]string{"invite": inviteWire, "ok": okWire, "bye": byeWire}
}

func BenchmarkParse(b *testing.B) {
	for name, wire := range corpus() {
		b.Run(name, func(b *testing.B) {
			octets := []byte(wire)
			b.SetBytes(int64(len(octets)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := sipmsg.ParseDatagram(octets, sipmsg.Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	for name, wire := range corpus() {
		b.Run(name, func(b *testing.B) {
			m, err := sipmsg.ParseDatagram([]byte(wire), sipmsg.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, 0, 4096)
			b.SetBytes(int64(len(wire)))
			b.ReportAllocs()
			for b.Loop() {
				buf = m.Append(buf[:0])
			}
		})
	}
}

// BenchmarkParseFolded shows that a hostile message costs no more than its length.
func BenchmarkParseFolded(b *testing.B) {
	octets := []byte(strings.Replace(byeWire, "Max-Forwards", "X: "+strings.Repeat(" \r\n ,", 8000)+"\r\nMax-Forwards", 1))
	b.SetBytes(int64(len(octets)))
	for b.Loop() {
		_, _ = sipmsg.ParseDatagram(octets, sipmsg.Limits{HeaderLine: 1 << 20})
	}
}
