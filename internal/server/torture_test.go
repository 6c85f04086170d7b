package server

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet"
	"github.com/confab-chat/confab/sip/sipmsg"
	"github.com/confab-chat/confab/sip/sipmsg/torture"
)

// TestTortureLive sends the 49 messages of RFC 4475 to a server, each with an OPTIONS
// behind it, which is answered as well.
func TestTortureLive(t *testing.T) {
	conform.Covers(t, "COM-02", "COM-08", "SEC-05")
	datagrams, streams := serve(t, nil), serve(t, nil)
	for i, v := range torture.Vectors() {
		t.Run("udp/"+v.Section+" "+v.Name, func(t *testing.T) {
			// Without rport the answer goes to the port that Via names.
			port := "5060"
			if v.Name == "quotbal" {
				port = "5050"
			}
			// Addresses of this run alone, in case there is another one.
			local := fmt.Sprintf("127.44.%d.%d:%s", os.Getpid()%256, i+1, port)
			p := testnet.DialSIPFrom(t, "udp", local, datagrams.address("sip", "udp"))
			p.Lenient = true
			p.Write(string(v.Octets()))
			judge(t, v, v.UAS, behind(p, len(v.UAS) > 0))
		})
		t.Run("tcp/"+v.Section+" "+v.Name, func(t *testing.T) {
			p := testnet.DialSIP(t, "tcp", streams.address("sip", "tcp"))
			p.Lenient = true
			p.Write(string(v.Octets()))
			switch v.Name {
			case "ncl", "mcl01", "inv2543":
				// No framing without a Content-Length: 400 and close. [COM-03]
				judge(t, v, []int{400}, p.Response())
				p.Closed()
				return
			case "clerr":
				// On a stream more octets may follow, here they do.
				body := string(v.Octets())
				_, body, _ = strings.Cut(body, "\r\n\r\n")
				p.Write(strings.Repeat(" ", 9999-len(body)))
				judge(t, v, []int{404}, behind(p, true))
				return
			case "baddn":
				p.Write("\r\n") // the archive has it without the empty line
			case "dblreq":
				// What is too much in a datagram is the next request of a stream:
				// an INVITE without Contact whose Content-Length is wrong.
				judge(t, v, []int{405}, p.Response())
				judge(t, v, []int{400}, p.Response())
				return
			}
			judge(t, v, v.UAS, behind(p, len(v.UAS) > 0))
		})
	}
	datagrams.vacant()
	streams.vacant()
}

// behind sends an OPTIONS and returns the one response that comes besides its own, nil if
// there is none. One that is wanted is waited for: those of different calls may overtake
// each other.
func behind(p *testnet.SIPPeer, wanted bool) (other *sipmsg.Response) {
	probe := p.Dialog("sip:probe@example.test", "sip:conf.localhost").Request(sipmsg.OPTIONS)
	p.Send(probe)
	for answered := false; !answered || wanted && other == nil; {
		resp := p.Response()
		switch {
		case resp.Header.CallID() == probe.Header.CallID():
			answered = true
		case other == nil:
			other = resp
		}
	}
	return other
}

func judge(t *testing.T, v torture.Vector, want []int, resp *sipmsg.Response) {
	t.Helper()
	switch {
	case len(want) == 0 && resp != nil:
		t.Errorf("%s was answered:\n%s", v.Title, resp.Append(nil))
	case len(want) > 0 && resp == nil:
		t.Errorf("%s was not answered, want %v", v.Title, want)
	case len(want) > 0 && !slices.Contains(want, resp.Status):
		t.Errorf("%s: want %v, got\n%s", v.Title, want, resp.Append(nil))
	}
}
