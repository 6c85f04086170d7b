package archtest

import (
	"slices"
	"strconv"
	"strings"
)

// harmless lists the files that draw what nobody gains from guessing: waiting
// times, the number of a session description, and the weather of a network for tests.
func harmless() []string {
	return []string{"internal/chat/retry.go", "participant/call.go", "sip/invite/glare.go", "sip/transport/transporttest/odds.go"}
}

// Random checks that outside tests only crypto/rand is a source of randomness:
// tags, branches, Call-IDs, session and conference URIs must not be guessable.
func Random(t *Tree) []Fault {
	var faults []Fault
	for _, f := range t.files {
		if f.test || slices.Contains(harmless(), f.name) {
			continue
		}
		for _, spec := range f.syntax.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err == nil && (name == "math/rand" || strings.HasPrefix(name, "math/rand/")) {
				faults = append(faults, t.fault(spec, "%s imports %s: what it draws can be guessed", f.folder, name))
			}
		}
	}
	return sorted(faults)
}
