package config

import (
	"slices"
	"strings"
)

// UnknownVariables returns the names among environ, which is as os.Environ has it, that
// look as if they overrode a key and do not, in alphabetical order. They are no faults:
// others set some, such as CONFAB_SERVICE_HOST where a cluster has a service of that
// name.
func UnknownVariables(environ []string) []string {
	known := map[string]bool{Variable("api"): true, Variable("token"): true, Variable("password"): true} // of other commands
	keys(Default()).walk("", func(key string, _ *entry) { known[Variable(key)] = true })
	var unknown []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, Variable("")) && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}
