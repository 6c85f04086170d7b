package interop

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/confab-chat/confab/internal/testnet/testca"
)

// certified makes a folder with cert.pem, key.pem and the authority's own ca.pem.
func certified(tb testing.TB, ca *testca.Authority, names testca.Names) (folder string) {
	tb.Helper()
	folder = tb.TempDir()
	cert, key := ca.IssuePEM(tb, names)
	for name, text := range map[string][]byte{"cert.pem": cert, "key.pem": key, "ca.pem": ca.PEM()} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			tb.Fatal(err)
		}
	}
	return folder
}

// ours are the names of a server of ours.
func ours() testca.Names {
	return testca.Names{CommonName: "conf.example.test", IP: []string{"127.0.0.1", "::1"}, URI: []string{"sip:conf.example.test"}}
}
