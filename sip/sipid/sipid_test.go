package sipid_test

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/confab-chat/confab/internal/conform"
	"github.com/confab-chat/confab/sip/sipid"
)

func TestIdentifiersAreUnique(t *testing.T) {
	conform.Covers(t, "SEC-06")
	const n = 1_000_000
	for name, kind := range map[string]struct {
		make   func() string
		prefix string
		length int
	}{
		"tag":     {sipid.NewTag, "", 16},
		"branch":  {sipid.NewBranch, "z9hG4bK", 27},
		"Call-ID": {sipid.NewCallID, "", 26},
	} {
		seen := make(map[string]struct{}, n)
		for range n {
			id := kind.make()
			if len(id) != kind.length || !strings.HasPrefix(id, kind.prefix) {
				t.Fatalf("%s %q", name, id)
			}
			seen[id] = struct{}{}
		}
		if len(seen) != n {
			t.Errorf("%d of %d values of %s occur twice", n-len(seen), n, name)
		}
	}
}

func TestOnlyRandomSourceIsTheSystems(t *testing.T) {
	conform.Covers(t, "SEC-06")
	f, err := parser.ParseFile(token.NewFileSet(), "sipid.go", nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Imports) != 1 || f.Imports[0].Path.Value != `"crypto/rand"` {
		t.Errorf("sipid.go has other imports than crypto/rand")
	}
}
