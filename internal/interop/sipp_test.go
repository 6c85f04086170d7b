package interop

import (
	"os/exec"
	"strconv"
	"testing"
)

const sippConfig = `
domain: conf.example.test
sip: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0"]}
msrp: {listen: ["tcp://127.0.0.1:0"]}
http: {listen: "127.0.0.1:0"}
auth: {local: true}
store: {path: ""}
conferences:
  - uri: sip:lobby@conf.example.test
`

// TestSIPpCalls has SIPp place 10,000 calls to a conference over UDP and over
// TCP: INVITE, 200, ACK, BYE, 200, each from a user of its own. None may fail.
func TestSIPpCalls(t *testing.T) {
	sipp := peer(t, "sipp", "sip-tester")
	for name, mode := range map[string]string{"udp": "u1", "tcp": "t1"} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, sippConfig)
			const calls = 10_000
			cmd := exec.CommandContext(timeout(t), sipp,
				s.Addr["sip/"+name], "-sf", "testdata/sipp/call.xml", "-t", mode,
				"-i", "127.0.0.1", "-m", strconv.Itoa(calls), "-r", "1000", "-l", "400",
				"-nostdin", "-trace_err", "-error_file", "/dev/stderr")
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("sipp: %v\n%s", err, tail(out))
			}
			if got := successful(t, out); got != calls {
				t.Errorf("%d of %d calls succeeded\n%s", got, calls, tail(out))
			}
		})
	}
}
