package interop

import (
	"bytes"
	"fmt"
	"os/exec"
	"testing"

	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
)

// BenchmarkParseBeside reads and writes a message, and reports what that takes the
// public Go library. Of us it is asked what the library has parsed of its own accord.
func BenchmarkParseBeside(b *testing.B) {
	program := foreign(b)
	for name, text := range map[string]string{"invite": inviteText() + string(description(1)), "ok": okText()} {
		octets := []byte(text)
		cmd := exec.CommandContext(b.Context(), program, "parse")
		cmd.Stdin = bytes.NewReader(octets)
		out, err := cmd.Output()
		if err != nil {
			b.Fatal(err)
		}
		var read, readAllocs, written, writtenAllocs float64
		if _, err = fmt.Sscan(string(out), &read, &readAllocs, &written, &writtenAllocs); err != nil {
			b.Fatal(err)
		}
		b.Run(name+"/parse", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := understand(octets); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(read, "sipgo-ns/op")
			b.ReportMetric(readAllocs, "sipgo-allocs/op")
		})
		b.Run(name+"/write", func(b *testing.B) {
			m, err := sipmsg.ParseDatagram(octets, sipmsg.Limits{})
			if err != nil {
				b.Fatal(err)
			}
			buf := make([]byte, 0, 4096)
			b.ReportAllocs()
			for b.Loop() {
				buf = m.Append(buf[:0])
			}
			b.ReportMetric(written, "sipgo-ns/op")
			b.ReportMetric(writtenAllocs, "sipgo-allocs/op")
		})
	}
}

// understand parses a message with the fields that every element looks at.
func understand(octets []byte) error {
	m, err := sipmsg.ParseDatagram(octets, sipmsg.Limits{})
	if err != nil {
		return err
	}
	h := m.Head()
	if _, err = h.Via(); err != nil {
		return err
	}
	if _, err = h.From(); err != nil {
		return err
	}
	if _, err = h.To(); err != nil {
		return err
	}
	if _, err = h.CSeq(); err != nil {
		return err
	}
	_, err = h.Contacts()
	return err
}

func inviteText() string {
	return testnet.Lines(
		"INVITE sip:factory@conf.example.test SIP/2.0",
		"Via: SIP/2.0/TCP proxy.example.test:5060;branch=z9hG4bK431h23.1",
		"Via: SIP/2.0/TCP 192.0.2.7:1357;branch=z9hG4bKnashds7;rport=1357",
		"Max-Forwards: 68",
		"Record-Route: <sip:proxy.example.test;lr>",
		`P-Asserted-Identity: "John Doe" <sip:john@example.test>`,
		"From: <sip:john@example.test>;tag=171828",
		"To: <sip:factory@conf.example.test>",
		"Call-ID: cb03a0s09a2sdfglkj490333",
		"CSeq: 127 INVITE",
		"Supported: 100rel,timer",
		"Contact: <sip:john@192.0.2.7:1357;transport=tcp>",
		"Allow: INVITE, ACK, CANCEL, BYE, PRACK, UPDATE, REFER, MESSAGE",
		"Content-Type: application/sdp",
		fmt.Sprintf("Content-Length: %d", len(description(1))),
		"",
	)
}

func okText() string {
	return testnet.Lines(
		"SIP/2.0 200 OK",
		"Via: SIP/2.0/TCP 192.0.2.7:1357;branch=z9hG4bKnashds7;rport=1357",
		"From: <sip:john@example.test>;tag=171828",
		"To: <sip:factory@conf.example.test>;tag=314159",
		"Call-ID: cb03a0s09a2sdfglkj490333",
		"CSeq: 127 INVITE",
		"Contact: <sip:conference1@conf.example.test>;isfocus",
		"Content-Length: 0",
		"",
	)
}
