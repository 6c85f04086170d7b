package config

import "fmt"

// later reports keys that were set to something this version cannot do, so that
// nobody relies on what is not there. A feature that comes takes its line away.
func later(c *Config, r *reader) {
	for i, p := range c.SIP.Trust {
		if p.Name != "" {
			complain(r, fmt.Sprintf("sip.trust[%d]", i), "not supported yet: this version knows peers by address only")
		}
	}
}
