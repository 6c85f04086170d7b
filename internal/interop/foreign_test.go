package interop

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/internal/testnet/testca"
)

const atHome = `
domain: conf.example.test
sip: {listen: ["udp://127.0.0.1:0", "tcp://127.0.0.1:0", "tls://127.0.0.1:0", "ws://127.0.0.1:0/"]}
msrp: {listen: ["tcp://127.0.0.1:0"]}
http: {listen: ""}
tls: {certificate: %q, key: %q}
auth: {local: true}
store: {path: ""}
notify: {min_interval: 50ms}
conferences:
  - uri: sip:lobby@conf.example.test
`

// foreignProgram builds the user agent that is made with the public Go library.
var foreignProgram = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "foreign")
	out, err := exec.Command("go", "build", "-C", "foreign", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// foreign returns the path of that program. It skips the test if the library
// cannot be had.
func foreign(tb testing.TB) string {
	tb.Helper()
	if testing.Short() {
		tb.Skip("interop tests are left out by -short")
	}
	path, err := foreignProgram()
	if err == nil {
		return path
	}
	if out, missing := exec.CommandContext(tb.Context(), "go", "-C", "foreign", "mod", "download").CombinedOutput(); missing != nil {
		tb.Skipf("github.com/emiago/sipgo cannot be had: %s", out)
	}
	tb.Fatal(err)
	return ""
}

// TestForeignAgent has a user agent made with another library visit a conference.
func TestForeignAgent(t *testing.T) {
	conform.Covers(t, "COM-16", "NOT-SUB-03", "NOT-SUB-14")
	program := foreign(t)
	folder := certified(t, testca.New(t), ours())
	s := serve(t, fmt.Sprintf(atHome, filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")))
	const want = "OPTIONS\nINVITE\nACK\nSUBSCRIBE\nNOTIFY active\nBYE\nNOTIFY terminated\n"
	for _, network := range []string{"udp", "tcp", "tls", "ws"} {
		t.Run(network, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), program, "call", "-transport", network,
				"-uri", "sip:lobby@conf.example.test", "-to", s.Addr["sip/"+network])
			var log notes
			cmd.Stderr = &log
			out, err := cmd.Output()
			if err != nil || string(out) != want {
				t.Errorf("%v, after\n%s%s", err, out, log.text())
			}
		})
	}
}
