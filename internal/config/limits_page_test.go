package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestLimitsPage: docs/limits.md names each key of limits, and no key that is not
// there.
func TestLimitsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	known := make(map[string]bool)
	names(keys(Default()), "", known)
	named := make(map[string]bool)
	for line := range strings.SplitSeq(string(page), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) < 5 {
			continue
		}
		for _, m := range regexp.MustCompile("`([a-z_.]+)`").FindAllStringSubmatch(cells[3], -1) {
			if named[m[1]] = true; !known[m[1]] {
				t.Errorf("docs/limits.md names %s, which is no key", m[1])
			}
		}
	}
	for key := range known {
		if strings.HasPrefix(key, "limits.") && !named[key] {
			t.Errorf("docs/limits.md does not name %s", key)
		}
	}
}

// names collects the keys of a section.
func names(s section, prefix string, into map[string]bool) {
	for _, e := range s {
		if inner, ok := e.setting.(section); ok {
			names(inner, prefix+e.name+".", into)
			continue
		}
		into[prefix+e.name] = true
	}
}
