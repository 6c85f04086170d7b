package archtest_test

import (
	"os"
	"testing"

	"github.com/confab-chat/confab/internal/archtest"
	"github.com/confab-chat/confab/internal/conform"
)

// root is the repository, seen from this package's folder.
const root = "../.."

func TestRepositoryKeepsItsRules(t *testing.T) {
	t.Parallel()
	conform.Covers(t, "SEC-06")
	tree, err := archtest.Load(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	rules := []struct {
		name  string
		check func(*archtest.Tree) []archtest.Fault
	}{
		{"imports go down the floors", archtest.Imports},
		{"the wire floor has no machinery", archtest.Wire},
		{"every package says what it is", archtest.Docs},
		{"nothing can be guessed", archtest.Random},
	}
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			for _, fault := range rule.check(tree) {
				t.Error(fault)
			}
		})
	}
}

func TestRepositoryNamesNoMachine(t *testing.T) {
	t.Parallel()
	faults, err := archtest.Paths(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range faults {
		t.Error(fault)
	}
}
